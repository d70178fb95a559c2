package rules

import (
	"reflect"
	"testing"
	"time"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

func upload(id dpp.UploadID) dpp.Upload {
	return dpp.Upload{ID: id, Tenant: tenant, Live: true, MediaType: "text/plain", Size: 1, CreatedAt: now.Add(-time.Hour), ExpiresAt: now.Add(time.Hour)}
}

func TestAnUploadMustBeTheAccountsOwnAndNotExpired(t *testing.T) {
	for what, c := range map[string]struct {
		spoil  func(*dpp.Upload)
		usable bool
	}{
		"as it should be":        {func(*dpp.Upload) {}, true},
		"in its last moment":     {func(u *dpp.Upload) { u.ExpiresAt = now.Add(time.Millisecond) }, true},
		"expired now":            {func(u *dpp.Upload) { u.ExpiresAt = now }, false},
		"expired long ago":       {func(u *dpp.Upload) { u.ExpiresAt = now.Add(-time.Hour) }, false},
		"of somebody else":       {func(u *dpp.Upload) { u.Tenant = "ten_x" }, false},
		"of the other mode":      {func(u *dpp.Upload) { u.Live = false }, false},
		"of another's test mode": {func(u *dpp.Upload) { u.Tenant, u.Live = "ten_x", false }, false},
	} {
		b, item, u := books(t, dpp.USD), submission("run_a", dpp.USD), upload("upl_a")
		c.spoil(&u)
		item.Uploads = []dpp.UploadID{"upl_b", "upl_a", "upl_b"}
		got, err := Submit(now, []store.Submission{item}, nil, map[dpp.UploadID]dpp.Upload{"upl_a": u, "upl_b": upload("upl_b")}, b)
		if err != nil {
			t.Fatal(err)
		}
		out := got.Outcomes[0]
		switch {
		case c.usable && (out.Verdict != store.Accepted || !reflect.DeepEqual(got.New[0].Uploads, []dpp.UploadID{"upl_a", "upl_b"})):
			t.Errorf("%s: %+v, %+v", what, out, got.New)
		case !c.usable && (out.Reason != dpp.ReasonUploadUnusable || len(got.New) != 0 || !b.untouched()):
			t.Errorf("%s: %+v, %+v", what, out, got.New)
		}
	}
}

func TestAReplayLooksAtNoUpload(t *testing.T) {
	b, item := books(t, dpp.USD), submission("run_a", dpp.USD)
	item.Uploads = []dpp.UploadID{"upl_gone"}
	got, err := Submit(now, []store.Submission{item}, map[store.KeyRef]UsedKey{item.Key: {Run: "run_x", Expires: now.Add(1)}}, nil, b)
	if err != nil || got.Outcomes[0].Verdict != store.Replayed {
		t.Errorf("%+v, %v", got.Outcomes, err)
	}
}

func TestAnnouncementsAreDecidedInOrder(t *testing.T) {
	announce := func(id dpp.UploadID, tenant dpp.TenantID, live bool, most int64) store.NewUpload {
		return store.NewUpload{Upload: dpp.Upload{ID: id, Tenant: tenant, Live: live, Size: 1}, TTL: time.Hour + time.Microsecond, MaxUnused: most}
	}
	earlier := upload("upl_known")
	found := Announcing{
		Accounts: map[dpp.AccountID]ledger.Account{account: {ID: account}, "ten_s": {ID: "ten_s", Suspended: true}},
		Known:    map[dpp.UploadID]dpp.Upload{earlier.ID: earlier},
		Unused:   map[dpp.AccountID]int64{account: 1},
	}
	batch := []store.NewUpload{
		announce("upl_a", tenant, true, 2), announce("upl_b", tenant, true, 2), announce("upl_known", tenant, true, 2), announce("upl_c", tenant, true, 0),
		announce("upl_d", "ten_s", true, 0), announce("upl_e", tenant, false, 0), announce("upl_f", tenant, true, 4), announce("upl_g", tenant, true, 4),
	}
	outcomes, created := found.Decide(now, batch)
	want := []dpp.Reason{"", dpp.ReasonRateLimited, "", "", dpp.ReasonTenantSuspended, dpp.ReasonNotFound, "", dpp.ReasonRateLimited}
	for i, out := range outcomes {
		if out.Reason != want[i] || (out.Upload.ID == batch[i].Upload.ID) != (want[i] == "") {
			t.Errorf("item %d: %+v, want %q", i, out, want[i])
		}
	}
	if outcomes[2].Upload != earlier {
		t.Errorf("the known one is %+v", outcomes[2].Upload)
	}
	if len(created) != 3 || created[2].ID != "upl_f" || !created[0].CreatedAt.Equal(now) || !created[0].ExpiresAt.Equal(now.Add(time.Hour)) {
		t.Errorf("created %+v", created)
	}
}
