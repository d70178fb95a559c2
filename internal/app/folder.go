package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"dpp"
	"dpp/internal/config"
	"dpp/internal/tenants"
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

// firstStart makes the tenant dev with its credit and key, the operator's key and the key
// of fingerprints, where the folder has none. It may be cut off anywhere: what is there already is
// taken up by the next start.
func firstStart(ctx context.Context, s tenants.Store, cfg config.Config) error {
	service := tenants.New(s)
	if err := makeFingerprintKey(cfg); err != nil {
		return err
	}
	err := makeKey(cfg.OperatorKeyPath(), func() (tenants.NewKey, error) { return service.CreateOperatorKey(ctx, "operator") })
	if err != nil {
		return err
	}
	return makeKey(cfg.DevKeyPath(), func() (tenants.NewKey, error) {
		tenant, err := devTenant(ctx, service)
		if err != nil {
			return tenants.NewKey{}, err
		}
		return service.CreateKey(ctx, tenant, firstTenant)
	})
}

// devTenant finds or makes the first tenant. The credit's reference makes it one
// credit, however often this is repeated.
func devTenant(ctx context.Context, service *tenants.Service) (dpp.TenantID, error) {
	known, err := service.List(ctx)
	if err != nil {
		return "", err
	}
	var tenant dpp.Tenant
	if i := slices.IndexFunc(known, func(t dpp.Tenant) bool { return t.Name == firstTenant }); i >= 0 {
		tenant = known[i]
	} else if tenant, err = service.Create(ctx, firstTenant); err != nil {
		return "", err
	}
	_, err = service.Credit(ctx, tenant.ID, firstCredit, "first-start")
	return tenant.ID, err
}

// makeKey writes a key to a file of its own, unless there is one: the row first,
// the file in one step after it, so that a file never holds a key that is not known.
func makeKey(path string, create func() (tenants.NewKey, error)) error {
	if _, err := os.Stat(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	key, err := create()
	if err != nil {
		return err
	}
	return writeFile(path, string(key.Secret)+"\n")
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
