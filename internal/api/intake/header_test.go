package intake

import (
	"strings"
	"testing"
)

func TestPreferredWait(t *testing.T) {
	for header, want := range map[string]int64{
		"wait=10": 10, "wait": 30, "WAIT = 7": 7, `wait="5"`: 5, `wait=""`: 30, "wait=": 30, "wait=0": 0, "wait=56": 55, "wait=99999999999999999999": 55,
		"respond-async, wait=3; a=b, wait=4": 3, "handling=lenient,wait=1": 1,
		"": -1, "waiting=3": -1, "wait=-1": -1, "wait=soon": -1, "wait=1.5": -1, "wait=1e1": -1, "respond-async": -1,
	} {
		got, ok := PreferredWait([]string{header})
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %d, want %d", header, got, want)
		}
	}
	if got, ok := PreferredWait([]string{"respond-async", "wait=8"}); !ok || got != 8 {
		t.Errorf("two headers: %d %t", got, ok)
	}
}

func TestIdempotencyKey(t *testing.T) {
	for value, want := range map[string]string{
		"12345678": "12345678", `"12345678"`: "12345678", strings.Repeat("k", 64): strings.Repeat("k", 64), `"` + strings.Repeat("k", 64) + `"`: strings.Repeat("k", 64),
		`!"#$%&'()~`: `!"#$%&'()~`,
		"":           "", "1234567": "", `"1234567"`: "", strings.Repeat("k", 65): "", "1234 5678": "", "12345678é": "", "1234567\x7f": "", `"`: "",
	} {
		got, err := IdempotencyKey([]string{value})
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q %v", value, got, err)
		}
	}
	if _, err := IdempotencyKey([]string{"12345678", "12345678"}); err == nil {
		t.Error("two headers were accepted")
	}
}

func TestTraceparent(t *testing.T) {
	const trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	for header, want := range map[string]string{
		"00-" + trace + "-" + span + "-01": trace, "cc-" + trace + "-" + span + "-01-more": trace,
		"00-" + trace + "-" + span + "-01-more":               "",
		"ff-" + trace + "-" + span + "-01":                    "",
		"00-" + strings.ToUpper(trace) + "-" + span + "-01":   "",
		"00-" + strings.Repeat("0", 32) + "-" + span + "-01":  "",
		"00-" + trace + "-" + strings.Repeat("0", 16) + "-01": "",
		"00-" + trace + "-" + span:                            "",
		"00-" + trace[1:] + "-" + span + "-01":                "",
		"":                                                    "",
		"00-zq7xzq7xzq7xzq7xzq7xzq7xzq7xzq7x-" + span + "-01": "",
	} {
		got, parent := FromTraceparent([]string{header})
		if got != want || (parent == span) != (want != "") {
			t.Errorf("%q: %q of %q, want %q", header, parent, got, want)
		}
	}
	if id := NewTrace(); !ValidTrace(id) || len(id) != 32 || id == NewTrace() {
		t.Errorf("%q", id)
	}
}

func FuzzHeaders(f *testing.F) {
	f.Add(`wait=10, W/"3"; gzip;q=0.5`)
	f.Add(`"`)
	f.Add(`W/"`)
	f.Fuzz(func(t *testing.T, value string) {
		values := []string{value}
		if wait, ok := PreferredWait(values); ok && (wait < 0 || wait > MaxWait) {
			t.Errorf("wait %d", wait)
		}
		if key, err := IdempotencyKey(values); err == nil && (len(key) < 8 || len(key) > 64 || !visible(key)) {
			t.Errorf("key %q", key)
		}
		if trace, span := FromTraceparent(values); trace != "" && !ValidTrace(trace) || (trace == "") != (span == "") {
			t.Errorf("trace %q", trace)
		}
		if e := ParseETags(values); e.Latest() < 0 {
			t.Errorf("version %d", e.Latest())
		}
		if secret, err := Bearer(values); err == nil && strings.HasPrefix(string(secret), " ") {
			t.Errorf("secret with a space")
		}
	})
}
