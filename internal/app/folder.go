package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"dpp"
	"dpp/internal/config"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

// ErrLocked: another server runs on the data folder.
var ErrLocked = errors.New("another dpp up runs on this data folder: stop it, or name another folder with --data")

// lockFolder takes the data folder for one server. The lock ends with the process,
// however that ends.
func lockFolder(data string) (unlock func() error, err error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, fmt.Errorf("the data folder cannot be made: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(data, "lock"), os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator names the folder
	if err != nil {
		return nil, fmt.Errorf("the data folder cannot be locked: %w", err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		err = errors.Join(err, file.Close())
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, ErrLocked
		}
		return nil, fmt.Errorf("the data folder cannot be locked: %w", err)
	}
	return file.Close, nil
}

// firstStart makes the tenant dev with its credit and key, and the operator's key,
// where the folder has none. It may be cut off anywhere: what is there already is
// taken up by the next start.
func firstStart(ctx context.Context, s store.Store, cfg config.Config) error {
	if err := makeKey(ctx, s, cfg.OperatorKeyPath(), dpp.NewOperatorSecret(), func() (dpp.Key, error) {
		return dpp.Key{Name: "operator", Live: true, Scopes: []dpp.Scope{dpp.ScopeOperator}}, nil
	}); err != nil {
		return err
	}
	return makeKey(ctx, s, cfg.DevKeyPath(), dpp.NewSecret(true), func() (dpp.Key, error) {
		tenant, err := devTenant(ctx, s)
		return dpp.Key{Name: firstTenant, Tenant: tenant, Live: true, Scopes: []dpp.Scope{dpp.ScopeRuns}}, err
	})
}

// devTenant finds or makes the first tenant. The credit's reference makes it one
// credit, however often this is repeated.
func devTenant(ctx context.Context, s store.Store) (dpp.TenantID, error) {
	tenants, err := s.ListTenants(ctx)
	if err != nil {
		return "", err
	}
	id := dpp.TenantID("")
	for _, t := range tenants {
		if t.Name == firstTenant {
			id = t.ID
		}
	}
	if id == "" {
		id = dpp.NewTenantID()
		if err := s.CreateTenant(ctx, dpp.Tenant{ID: id, Name: firstTenant, CreatedAt: time.Now()}); err != nil {
			return "", err
		}
	}
	posted, err := s.Post(ctx, []ledger.Transfer{ledger.NewCredit(dpp.AccountOf(id, true), firstCredit, "first-start")})
	if err == nil && posted[0].Reason != "" {
		err = fmt.Errorf("the first credit was refused: %s", posted[0].Reason)
	}
	return id, err
}

// makeKey writes a key to a file of its own, unless there is one: the row first,
// the file in one step after it, so that a file never holds a key that is not known.
func makeKey(ctx context.Context, s store.Store, path string, secret dpp.Secret, describe func() (dpp.Key, error)) error {
	if _, err := os.Stat(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	key, err := describe()
	if err != nil {
		return err
	}
	key.ID, key.Hash, key.CreatedAt = dpp.NewKeyID(), secret.Hash(), time.Now()
	if err := s.CreateKey(ctx, key); err != nil {
		return err
	}
	return writeFile(path, string(secret)+"\n")
}

// writeFile makes a private file that is there whole or not at all.
func writeFile(path, text string) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // 0600
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}
