package dpp_test

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dpp"
)

// kinds are the identifiers that are made here, each as plain text.
var kinds = map[string]func() string{
	"run_": func() string { return string(dpp.NewRunID()) },
	"ten_": func() string { return string(dpp.NewTenantID()) },
	"key_": func() string { return string(dpp.NewKeyID()) },
	"evt_": func() string { return string(dpp.NewEventID()) },
}

func TestIDForm(t *testing.T) {
	for prefix, fresh := range kinds {
		form := regexp.MustCompile(`^` + prefix + `[0-9a-hjkmnp-tv-z]{26}$`)
		if id := fresh(); !form.MatchString(id) {
			t.Errorf("%s is no identifier with %s", id, prefix)
		}
	}
}

func TestIDsSortByTheTimeTheyWereMade(t *testing.T) {
	for prefix, fresh := range kinds {
		var ids []string
		for range 5_000 { // many in one millisecond
			ids = append(ids, fresh())
		}
		if !slices.IsSorted(ids) || len(slices.Compact(ids)) != 5_000 {
			t.Errorf("%s: not sorted, or some twice", prefix)
		}
	}
}

func TestIDsAreUniqueAcrossGoroutines(t *testing.T) {
	const each = 2_000
	made := make([][]dpp.RunID, 8)
	var group sync.WaitGroup
	for i := range made {
		group.Go(func() {
			for range each {
				made[i] = append(made[i], dpp.NewRunID())
			}
		})
	}
	group.Wait()
	all := slices.Concat(made...)
	slices.Sort(all)
	if len(slices.Compact(all)) != each*8 {
		t.Error("two goroutines made the same identifier")
	}
}

// The vector was computed apart from this program: the 48 bits of the
// milliseconds since 1970, 80 more bits, and two zero bits, five at a time.
func TestRunIDTime(t *testing.T) {
	for id, want := range map[dpp.RunID]time.Time{
		"run_06e17v4yfdxbs3ff04hmasw9nc": time.Date(2026, 1, 31, 12, 0, 0, 123e6, time.UTC),
		"run_00000000000000000000000000": time.Unix(0, 0),
		"run_06e17v4yfdxbs3ff04hmasw9nd": {}, // not canonical
		"run_":                           {}, "": {}, "06e17v4yfdxbs3ff04hmasw9nc": {}, "ten_06e17v4yfdxbs3ff04hmasw9nc": {},
	} {
		if got := id.Time(); !got.Equal(want) || got.Location() != time.UTC && !got.IsZero() {
			t.Errorf("%s was made at %v, want %v", id, got, want)
		}
	}
	before := time.Now().Truncate(time.Millisecond)
	at := dpp.NewRunID().Time()
	if after := time.Now(); at.Before(before) || at.After(after) {
		t.Errorf("made between %v and %v, but it says %v", before, after, at)
	}
}

func TestValidID(t *testing.T) {
	valid := map[string]func(string) bool{
		"run_": func(id string) bool { return dpp.RunID(id).Valid() },
		"ten_": func(id string) bool { return dpp.TenantID(id).Valid() },
		"key_": func(id string) bool { return dpp.KeyID(id).Valid() },
	}
	const body = "06e17v4yfdxbs3ff04hmasw9nc"
	for prefix, is := range valid {
		if !is(prefix+body) || !is(kinds[prefix]()) {
			t.Errorf("%s: a good one is refused", prefix)
		}
		for name, id := range map[string]string{
			"nothing":                 "",
			"the prefix alone":        prefix,
			"another prefix":          "evt_" + body,
			"the prefix twice":        prefix + prefix + body,
			"no prefix":               body,
			"upper case":              prefix + strings.ToUpper(body),
			"upper prefix":            strings.ToUpper(prefix) + body,
			"too short":               prefix + body[1:],
			"too long":                prefix + body + "0",
			"a letter like a digit":   prefix + "o" + body[1:],
			"another letter":          prefix + "u" + body[1:],
			"a line break inside":     prefix + body[:12] + "\n" + body[13:],
			"a line break more":       prefix + body[:12] + "\n" + body[12:],
			"padding":                 prefix + body[:25] + "=",
			"a second form of a good": prefix + body[:25] + "d", // the last two bits are not zero
			"a path":                  prefix + "../../../../../../../../../",
			"no ASCII":                prefix + strings.Repeat("é", 13),
		} {
			if is(id) {
				t.Errorf("%s: %s is accepted: %q", prefix, name, id)
			}
		}
	}
}

func TestAccountOf(t *testing.T) {
	tenant := dpp.NewTenantID()
	live, test := dpp.AccountOf(tenant, true), dpp.AccountOf(tenant, false)
	if string(live) != string(tenant) || live == test || !strings.HasPrefix(string(test), string(tenant)) {
		t.Errorf("the accounts of %s are %s and %s", tenant, live, test)
	}
	run := dpp.Run{Tenant: tenant}
	key := dpp.Key{Tenant: tenant, Live: true}
	if run.Account() != test || key.Account() != live {
		t.Errorf("a test run pays from %s, a live key from %s", run.Account(), key.Account())
	}
}
