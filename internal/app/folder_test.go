package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dpp"
	"dpp/internal/config"
	"dpp/internal/ledger"
	"dpp/internal/store"
	"dpp/internal/store/sqlitestore"
	"dpp/internal/tenants"
)

// interrupted is a store one of whose writes is done and answered with an error all
// the same, as if the process had ended there or the answer had been lost.
type interrupted struct {
	tenants.Store
	left int // writes up to that one, which is the one that makes it 0
	err  error
}

func (i *interrupted) answer(err error) error {
	if i.left--; i.left == 0 && err == nil {
		return i.err
	}
	return err
}

func (i *interrupted) CreateTenant(ctx context.Context, tenant dpp.Tenant) error {
	return i.answer(i.Store.CreateTenant(ctx, tenant))
}

func (i *interrupted) CreateKey(ctx context.Context, key dpp.Key) error {
	return i.answer(i.Store.CreateKey(ctx, key))
}

func (i *interrupted) Post(ctx context.Context, transfers []ledger.Transfer) ([]store.Posted, error) {
	posted, err := i.Store.Post(ctx, transfers)
	return posted, i.answer(err)
}

// firstWrites is how many writes a first start makes: operator's key, tenant,
// credit and the tenant's key.
const firstWrites = 4

func newFolder(t *testing.T) (*sqlitestore.Store, config.Config) {
	t.Helper()
	cfg := config.Config{Data: t.TempDir()}
	if err := sqlitestore.Migrate(t.Context(), cfg.DatabasePath()); err != nil {
		t.Fatal(err)
	}
	s, err := sqlitestore.Open(t.Context(), cfg.DatabasePath(), sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, cfg
}

// wantFirstStart checks that all of the first start is there, and once.
func wantFirstStart(t *testing.T, s *sqlitestore.Store, cfg config.Config) {
	t.Helper()
	known, err := s.ListTenants(t.Context())
	if err != nil || len(known) != 1 || known[0].Name != firstTenant {
		t.Fatalf("tenants %+v, %v", known, err)
	}
	accounts, err := s.Accounts(t.Context(), []dpp.AccountID{dpp.AccountOf(known[0].ID, true)})
	if err != nil || len(accounts) != 1 || accounts[0].Available != firstCredit || accounts[0].Seq != 1 {
		t.Errorf("accounts %+v, %v; want one credit of %s", accounts, err, firstCredit)
	}
	for path, want := range map[string]dpp.Key{
		cfg.OperatorKeyPath(): {Scopes: []dpp.Scope{dpp.ScopeOperator}},
		cfg.DevKeyPath():      {Tenant: known[0].ID, Scopes: []dpp.Scope{dpp.ScopeRuns}},
	} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		keys, err := s.KeysByHash(t.Context(), []dpp.KeyHash{dpp.Secret(strings.TrimSpace(string(text))).Hash()})
		if err != nil || len(keys) != 1 {
			t.Fatalf("the key in %s: %+v, %v", filepath.Base(path), keys, err)
		}
		if key := keys[0]; key.Tenant != want.Tenant || !key.Live || !key.Permits(want.Scopes[0]) || !key.RevokedAt.IsZero() {
			t.Errorf("the key in %s is %+v", filepath.Base(path), key)
		}
	}
}

func TestAFirstStartThatWasCutOffIsTakenUp(t *testing.T) {
	errCut := errors.New("cut off")
	for n := 1; n <= firstWrites; n++ {
		s, cfg := newFolder(t)
		if err := firstStart(t.Context(), &interrupted{Store: s, left: n, err: errCut}, cfg); !errors.Is(err, errCut) {
			t.Fatalf("cut off after write %d: %v", n, err)
		}
		for range 2 { // the second changes nothing any more
			if err := firstStart(t.Context(), s, cfg); err != nil {
				t.Fatal(err)
			}
			wantFirstStart(t, s, cfg)
		}
	}
}

func TestAFirstStartRepeatsWhatIsInDoubt(t *testing.T) {
	for n := 1; n <= firstWrites; n++ {
		s, cfg := newFolder(t)
		if err := firstStart(t.Context(), &interrupted{Store: s, left: n, err: store.ErrInDoubt}, cfg); err != nil {
			t.Fatalf("write %d in doubt: %v", n, err)
		}
		wantFirstStart(t, s, cfg)
	}
}
