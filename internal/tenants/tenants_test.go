package tenants_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
	"dpp/internal/store/sqlitestore"
	"dpp/internal/tenants"
)

func open(t *testing.T) *sqlitestore.Store {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dpp.db")
	if err := sqlitestore.Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	s, err := sqlitestore.Open(t.Context(), path, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func refused(t *testing.T, err error, reason dpp.Reason) {
	t.Helper()
	var r *tenants.Refusal
	if !errors.As(err, &r) || r.Reason != reason || r.Detail == "" {
		t.Errorf("got %v, want a Refusal %s", err, reason)
	}
}

const stranger = dpp.TenantID("ten_06d0e0v5xv1zfc3aa8xkm2w7vg")

func TestATenantIsCreatedSuspendedAndResumed(t *testing.T) {
	ctx, db := t.Context(), open(t)
	s := tenants.New(db)
	made, err := s.Create(ctx, "Acme & Söhne")
	if err != nil || !made.ID.Valid() {
		t.Fatalf("got %+v, %v", made, err)
	}
	suspended := func() bool {
		all, err := s.List(ctx)
		if err != nil || len(all) != 1 || all[0].ID != made.ID || all[0].Name != "Acme & Söhne" {
			t.Fatalf("list: %+v, %v", all, err)
		}
		return all[0].Suspended
	}
	for _, step := range []struct {
		do   func(context.Context, dpp.TenantID) error
		want bool
	}{{s.Suspend, true}, {s.Suspend, true}, {s.Resume, false}, {s.Resume, false}} {
		if err := step.do(ctx, made.ID); err != nil || suspended() != step.want {
			t.Errorf("%v; suspended is %t", err, suspended())
		}
		refused(t, step.do(ctx, stranger), dpp.ReasonNotFound)
	}
}

func TestNames(t *testing.T) {
	ctx := t.Context()
	s := tenants.New(open(t))
	made, err := s.Create(ctx, strings.Repeat("ü", tenants.MaxName))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", " a", "a ", "a\nb", "a\x1b[31m", "\xff", "\u202eevil", strings.Repeat("ü", tenants.MaxName+1)} {
		_, err := s.Create(ctx, name)
		refused(t, err, dpp.ReasonValidationFailed)
		_, err = s.CreateKey(ctx, made.ID, name)
		refused(t, err, dpp.ReasonValidationFailed)
		if name != "" {
			_, err = s.Credit(ctx, made.ID, dpp.USD, name)
			refused(t, err, dpp.ReasonValidationFailed)
		}
	}
}

func TestKeysLiveAndEnd(t *testing.T) {
	ctx, db := t.Context(), open(t)
	s := tenants.New(db)
	made, err := s.Create(ctx, "a")
	if err != nil {
		t.Fatal(err)
	}
	first, err := s.CreateKey(ctx, made.ID, "first")
	if err != nil || !first.Secret.Valid() || !strings.HasPrefix(string(first.Secret), "dpp_live_") {
		t.Fatalf("got %+v, %v", first.Key, err)
	}
	known := func(k tenants.NewKey) dpp.Key {
		stored, err := db.KeysByHash(ctx, []dpp.KeyHash{k.Secret.Hash()})
		if err != nil || len(stored) != 1 || stored[0].ID != k.Key.ID {
			t.Fatalf("the secret leads to %+v, %v", stored, err)
		}
		return stored[0]
	}
	if k := known(first); k.Tenant != made.ID || !k.Live || !k.Permits(dpp.ScopeRuns) || k.Permits(dpp.ScopeOperator) || !k.RevokedAt.IsZero() {
		t.Errorf("stored as %+v", k)
	}
	second, err := s.RotateKey(ctx, first.Key.ID)
	if err != nil || known(first).RevokedAt.IsZero() {
		t.Fatalf("rotated: %v, the first is %+v", err, known(first))
	}
	if k := known(second); k.Name != "first" || k.Tenant != made.ID || !k.Permits(dpp.ScopeRuns) || !k.RevokedAt.IsZero() || !strings.HasPrefix(string(second.Secret), "dpp_live_") {
		t.Errorf("the successor is %+v", k)
	}
	for range 2 {
		if err := s.RevokeKey(ctx, second.Key.ID); err != nil || known(second).RevokedAt.IsZero() {
			t.Errorf("revoke: %v", err)
		}
	}
	keys, err := s.ListKeys(ctx, made.ID)
	if err != nil || len(keys) != 2 || keys[0].ID != first.Key.ID {
		t.Errorf("list: %+v, %v", keys, err)
	}
}

func TestKeysThatCannotBe(t *testing.T) {
	ctx := t.Context()
	s := tenants.New(open(t))
	made, err := s.Create(ctx, "a")
	if err != nil {
		t.Fatal(err)
	}
	for _, tenant := range []dpp.TenantID{stranger, "", "x"} {
		_, err := s.CreateKey(ctx, tenant, "k")
		refused(t, err, dpp.ReasonNotFound)
	}
	_, err = s.ListKeys(ctx, stranger)
	refused(t, err, dpp.ReasonNotFound)
	if keys, err := s.ListKeys(ctx, made.ID); err != nil || len(keys) != 0 {
		t.Errorf("a tenant without keys: %v, %v", keys, err)
	}
	_, err = s.RotateKey(ctx, "key_x")
	refused(t, err, dpp.ReasonNotFound)
	refused(t, s.RevokeKey(ctx, "key_x"), dpp.ReasonNotFound)

	key, err := s.CreateKey(ctx, made.ID, "k")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RevokeKey(ctx, key.Key.ID); err != nil {
		t.Fatal(err)
	}
	_, err = s.RotateKey(ctx, key.Key.ID)
	refused(t, err, dpp.ReasonNotFound)
}

func TestAnOperatorsKey(t *testing.T) {
	ctx := t.Context()
	s := tenants.New(open(t))
	first, err := s.CreateOperatorKey(ctx, "operator")
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.RotateKey(ctx, first.Key.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []tenants.NewKey{first, second} {
		if k.Key.Tenant != "" || !slices.Equal(k.Key.Scopes, []dpp.Scope{dpp.ScopeOperator}) || !strings.HasPrefix(string(k.Secret), "dpp_operator_") {
			t.Errorf("got %+v", k.Key)
		}
	}
	if all, err := s.ListKeys(ctx, ""); err != nil || len(all) != 2 {
		t.Errorf("list: %+v, %v", all, err)
	}
}

func TestCredits(t *testing.T) {
	ctx := t.Context()
	s := tenants.New(open(t))
	made, err := s.Create(ctx, "a")
	if err != nil {
		t.Fatal(err)
	}
	first, err := s.Credit(ctx, made.ID, 100*dpp.USD, "invoice 7")
	if err != nil || first.Repeated || first.Entry.Amount != 100*dpp.USD || first.Entry.Reference != "invoice 7" || first.Account.Available != 100*dpp.USD {
		t.Fatalf("got %+v, %v", first, err)
	}
	again, err := s.Credit(ctx, made.ID, 100*dpp.USD, "invoice 7")
	if err != nil || !again.Repeated || again.Entry.Seq != first.Entry.Seq || again.Account.Available != 100*dpp.USD {
		t.Errorf("repeated: %+v, %v", again, err)
	}
	_, err = s.Credit(ctx, made.ID, 99*dpp.USD, "invoice 7")
	refused(t, err, dpp.ReasonIdempotencyConflict)
	for range 2 {
		if _, err = s.Credit(ctx, made.ID, dpp.Quantum, ""); err != nil {
			t.Fatal(err)
		}
	}
	last, err := s.Credit(ctx, made.ID, dpp.MaxAmount, "")
	if want := dpp.MaxAmount + 100*dpp.USD + 2*dpp.Quantum; err != nil || last.Account.Available != want {
		t.Errorf("the balance is %v, want %v; %v", last.Account.Available, want, err)
	}
	for _, amount := range []dpp.Money{0, -dpp.USD, 1, dpp.Quantum + 1, dpp.MaxAmount + dpp.Quantum} {
		_, err = s.Credit(ctx, made.ID, amount, "")
		refused(t, err, dpp.ReasonInvalidMoney)
	}
	_, err = s.Credit(ctx, stranger, dpp.USD, "")
	refused(t, err, dpp.ReasonNotFound)
}

// doubtful commits every write, and says the first few times that it does not know.
type doubtful struct {
	tenants.Store
	doubts int
}

func (d *doubtful) doubt(err error) error {
	if err == nil && d.doubts > 0 {
		d.doubts--
		return store.ErrInDoubt
	}
	return err
}

func (d *doubtful) CreateTenant(ctx context.Context, tenant dpp.Tenant) error {
	return d.doubt(d.Store.CreateTenant(ctx, tenant))
}

func (d *doubtful) CreateKey(ctx context.Context, key dpp.Key) error {
	return d.doubt(d.Store.CreateKey(ctx, key))
}

func (d *doubtful) RotateKey(ctx context.Context, old dpp.KeyID, next dpp.Key) (dpp.Key, error) {
	key, err := d.Store.RotateKey(ctx, old, next)
	return key, d.doubt(err)
}

func (d *doubtful) Post(ctx context.Context, transfers []ledger.Transfer) ([]store.Posted, error) {
	posted, err := d.Store.Post(ctx, transfers)
	if err = d.doubt(err); err != nil {
		return nil, err
	}
	return posted, nil
}

func TestACommitInDoubtIsSettledByRepeating(t *testing.T) {
	ctx := t.Context()
	db := &doubtful{Store: open(t)}
	s := tenants.New(db)
	db.doubts = 2
	made, err := s.Create(ctx, "a")
	if err != nil {
		t.Fatal(err)
	}
	db.doubts = 2
	key, err := s.CreateKey(ctx, made.ID, "k")
	if err != nil {
		t.Fatal(err)
	}
	db.doubts = 2
	next, err := s.RotateKey(ctx, key.Key.ID)
	if err != nil {
		t.Fatal(err)
	}
	if stored, err := db.KeysByHash(ctx, []dpp.KeyHash{next.Secret.Hash()}); err != nil || len(stored) != 1 || stored[0].ID != next.Key.ID || !stored[0].RevokedAt.IsZero() {
		t.Errorf("the successor's secret leads to %+v, %v", stored, err)
	}
	db.doubts = 2
	if c, err := s.Credit(ctx, made.ID, dpp.USD, "r"); err != nil || c.Account.Available != dpp.USD {
		t.Errorf("credit: %+v, %v", c, err)
	}
	if all, err := s.List(ctx); err != nil || len(all) != 1 {
		t.Errorf("%d tenants, %v", len(all), err)
	}
}

func TestACreditWithoutReferenceIsNotRepeatedInDoubt(t *testing.T) {
	ctx := t.Context()
	db := &doubtful{Store: open(t)}
	s := tenants.New(db)
	made, err := s.Create(ctx, "a")
	if err != nil {
		t.Fatal(err)
	}
	db.doubts = 1
	if _, err := s.Credit(ctx, made.ID, dpp.USD, ""); !errors.Is(err, store.ErrInDoubt) {
		t.Errorf("got %v, want ErrInDoubt", err)
	}
	accounts, err := db.Accounts(ctx, []dpp.AccountID{dpp.AccountOf(made.ID, true)})
	if err != nil || accounts[0].Available != dpp.USD {
		t.Errorf("the balance is %+v, %v", accounts, err)
	}
}
