package storetest

import (
	"errors"
	"slices"
	"strings"
	"time"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

var tenants = contract{
	"Create":   testCreateTenant,
	"List":     testListTenants,
	"Suspend":  testSuspend,
	"NotFound": testTenantNotFound,
}

var keys = contract{
	"CreateAndFind": testCreateKey,
	"FindSeveral":   testKeysByHash,
	"List":          testListKeys,
	"Revoke":        testRevokeKey,
	"Rotate":        testRotateKey,
	"NotFound":      testKeyNotFound,
	"SecretOnce":    testKeySecret,
}

func testCreateTenant(w *world) {
	tenant := dpp.Tenant{ID: dpp.NewTenantID(), Name: "Größe & Söhne"}
	w.must(w.store.CreateTenant(w.Context(), tenant))
	account := w.accountOf(dpp.AccountOf(tenant.ID, true))
	if account.Tenant != tenant.ID || account.Credited != 0 || account.Seq != 0 || account.Version < 1 || account.Suspended {
		w.Errorf("account %+v", account)
	}
	w.post(ledger.NewCredit(account.ID, dpp.USD, ""))
	w.must(w.store.CreateTenant(w.Context(), tenant)) // repeated in doubt
	w.same("account after the repeat", w.accountOf(account.ID).Available, dpp.USD)
}

func testListTenants(w *world) {
	w.clock.advance(time.Second)
	second := w.newTenant(0)
	w.clock.advance(time.Second)
	third := w.newTenant(0)
	w.must(w.store.SetSuspended(w.Context(), second, true))
	all, err := w.store.ListTenants(w.Context())
	w.must(err)
	now := w.clock.Now()
	w.same("tenants", all, []dpp.Tenant{
		{ID: w.tenant, Name: "a tenant", CreatedAt: now.Add(-2 * time.Second)},
		{ID: second, Name: "a tenant", CreatedAt: now.Add(-time.Second), Suspended: true},
		{ID: third, Name: "a tenant", CreatedAt: now},
	})
}

func testSuspend(w *world) {
	before := w.balance()
	w.must(w.store.SetSuspended(w.Context(), w.tenant, true))
	w.must(w.store.SetSuspended(w.Context(), w.tenant, true))
	want := before
	want.Suspended, want.Version = true, before.Version+1
	w.same("suspended", w.balance(), want)
	w.must(w.store.SetSuspended(w.Context(), w.tenant, false))
	want.Suspended, want.Version = false, before.Version+2
	w.same("resumed", w.balance(), want)
}

func testTenantNotFound(w *world) {
	if err := w.store.SetSuspended(w.Context(), "ten_unknown", true); !errors.Is(err, store.ErrNotFound) {
		w.Errorf("suspend: %v", err)
	}
}

// newKey stores a key of the world's tenant.
func (w *world) newKey(name string) dpp.Key {
	w.Helper()
	key := dpp.Key{
		ID: dpp.NewKeyID(), Tenant: w.tenant, Name: name, Live: true, Scopes: []dpp.Scope{dpp.ScopeRuns}, Hash: dpp.NewSecret(true).Hash(),
	}
	w.must(w.store.CreateKey(w.Context(), key))
	key.CreatedAt = w.clock.Now()
	return key
}

// keyByHash finds a key that is there.
func (w *world) keyByHash(hash dpp.KeyHash) dpp.Key {
	w.Helper()
	keys, err := w.store.KeysByHash(w.Context(), []dpp.KeyHash{hash})
	w.must(err)
	if len(keys) != 1 {
		w.Fatalf("%d keys of one hash", len(keys))
	}
	return keys[0]
}

func testKeysByHash(w *world) {
	first, second := w.newKey("first"), w.newKey("second")
	w.newKey("not asked for")
	w.must(w.store.RevokeKey(w.Context(), second.ID))
	second.RevokedAt = w.clock.Now()
	unknown := dpp.NewSecret(true).Hash()
	keys, err := w.store.KeysByHash(w.Context(), []dpp.KeyHash{second.Hash, unknown, first.Hash, second.Hash})
	w.must(err)
	slices.SortFunc(keys, func(a, b dpp.Key) int { return strings.Compare(a.Name, b.Name) })
	w.same("keys", keys, []dpp.Key{first, second})
	for _, hashes := range [][]dpp.KeyHash{nil, {unknown}} {
		if keys, err := w.store.KeysByHash(w.Context(), hashes); err != nil || len(keys) != 0 {
			w.Errorf("keys of nobody: %+v, %v", keys, err)
		}
	}
}

func testCreateKey(w *world) {
	key := w.newKey("ci")
	w.same("tenant's key", w.keyByHash(key.Hash), key)
	operator := dpp.Key{ID: dpp.NewKeyID(), Name: "ops", Scopes: []dpp.Scope{dpp.ScopeOperator}, Hash: dpp.NewOperatorSecret().Hash()}
	w.must(w.store.CreateKey(w.Context(), operator))
	operator.CreatedAt = w.clock.Now()
	w.same("operator's key", w.keyByHash(operator.Hash), operator)
	w.clock.advance(time.Second)
	w.must(w.store.CreateKey(w.Context(), key)) // repeated in doubt
	w.same("key after the repeat", w.keyByHash(key.Hash), key)
}

func testListKeys(w *world) {
	first := w.newKey("first")
	w.clock.advance(time.Second)
	second := w.newKey("second")
	w.clock.advance(time.Second)
	operator := dpp.Key{ID: dpp.NewKeyID(), Scopes: []dpp.Scope{dpp.ScopeOperator}, Hash: dpp.NewOperatorSecret().Hash()}
	w.must(w.store.CreateKey(w.Context(), operator))
	operator.CreatedAt = w.clock.Now()
	other := w.newTenant(0)
	for tenant, want := range map[dpp.TenantID][]dpp.Key{w.tenant: {first, second}, "": {first, second, operator}, other: nil} {
		got, err := w.store.ListKeys(w.Context(), tenant)
		w.must(err)
		w.same("keys of "+string(tenant), got, want)
	}
}

func testRevokeKey(w *world) {
	key := w.newKey("ci")
	w.clock.advance(time.Hour)
	w.must(w.store.RevokeKey(w.Context(), key.ID))
	key.RevokedAt = w.clock.Now()
	w.clock.advance(time.Hour)
	w.must(w.store.RevokeKey(w.Context(), key.ID))
	w.same("revoked key", w.keyByHash(key.Hash), key)
}

func testRotateKey(w *world) {
	old := w.newKey("ci")
	w.clock.advance(time.Hour)
	successor := dpp.Key{ID: dpp.NewKeyID(), Hash: dpp.NewSecret(true).Hash(), Tenant: "ten_other", Name: "ignored", Scopes: []dpp.Scope{dpp.ScopeOperator}}
	got, err := w.store.RotateKey(w.Context(), old.ID, successor)
	w.must(err)
	want := old
	want.ID, want.Hash, want.CreatedAt = successor.ID, successor.Hash, w.clock.Now()
	old.RevokedAt = w.clock.Now()
	w.same("successor", got, want)
	w.same("stored successor", w.keyByHash(successor.Hash), want)
	w.same("old key", w.keyByHash(old.Hash), old)

	w.clock.advance(time.Hour)
	again, err := w.store.RotateKey(w.Context(), old.ID, successor) // repeated in doubt
	w.must(err)
	w.same("repeated", again, want)
	other := dpp.Key{ID: dpp.NewKeyID(), Hash: dpp.NewSecret(true).Hash()}
	if got, err := w.store.RotateKey(w.Context(), old.ID, other); !errors.Is(err, store.ErrNotFound) {
		w.Errorf("a revoked key was rotated: %+v, %v", got, err)
	}
	if keys, err := w.store.KeysByHash(w.Context(), []dpp.KeyHash{other.Hash}); err != nil || len(keys) > 0 {
		w.Errorf("a successor of nothing is there: %+v, %v", keys, err)
	}
}

func testKeyNotFound(w *world) {
	nobody := dpp.Key{ID: dpp.NewKeyID(), Tenant: "ten_unknown", Hash: dpp.NewSecret(true).Hash()}
	_, rotated := w.store.RotateKey(w.Context(), "key_unknown", nobody)
	for what, err := range map[string]error{
		"create": w.store.CreateKey(w.Context(), nobody), "revoke": w.store.RevokeKey(w.Context(), "key_unknown"), "rotate": rotated,
	} {
		if !errors.Is(err, store.ErrNotFound) {
			w.Errorf("%s: %v", what, err)
		}
	}
}

func testKeySecret(w *world) {
	key := w.newKey("ci")
	twin := key
	twin.ID = dpp.NewKeyID()
	if err := w.store.CreateKey(w.Context(), twin); err == nil {
		w.Error("two keys have one secret")
	}
	w.same("key", w.keyByHash(key.Hash), key)
}
