package fileblob

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Large objects lie in sixteen folders below files/, each under a random name.
const shards = "0123456789abcdef"

// openFiles opens files/ below dir, and makes both and the shards where they are
// missing. All of it is on the disk when it returns: nothing else syncs the shards.
func openFiles(dir string) (*os.Root, error) {
	if err := os.MkdirAll(filepath.Join(dir, "files"), 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(filepath.Join(dir, "files"))
	if err != nil {
		return nil, err
	}
	for i := range len(shards) {
		if err := root.Mkdir(shards[i:i+1], 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, errors.Join(err, root.Close())
		}
	}
	for _, folder := range []string{filepath.Join(dir, "files"), dir, filepath.Dir(dir)} {
		if err := syncFolder(os.Open(folder)); err != nil { //nolint:gosec // the operator's own folder
			return nil, errors.Join(err, root.Close())
		}
	}
	return root, nil
}

// syncFolder makes the names in an opened folder durable, and closes it.
func syncFolder(folder *os.File, err error) error {
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// shard picks a folder for the files of one Put, which then syncs only that.
func shard() string {
	var b [1]byte
	_, _ = rand.Read(b[:]) // never fails
	return shards[b[0]&15 : b[0]&15+1]
}

func randomName(shard string) string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return shard + "/" + hex.EncodeToString(b[:])
}

// writeFile makes a file and syncs it. Its name is not durable before the shard is.
func (s *Store) writeFile(ctx context.Context, name string, content []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	file, err := s.files.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// removeFiles deletes files that no row points at. What cannot be deleted now is left
// to [Store.Sweep].
func (s *Store) removeFiles(names []string) error {
	var errs []error
	for _, name := range names {
		if err := s.files.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// loadSecret reads the key of the signatures, and makes it where there is none. Of
// several processes that make it at once, one wins and all read the same.
func loadSecret(path string) ([]byte, error) {
	secret, err := os.ReadFile(path) //nolint:gosec // the operator's own folder
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeSecret(path); err != nil {
			return nil, err
		}
		secret, err = os.ReadFile(path) //nolint:gosec // the operator's own folder
	}
	if err == nil && len(secret) != secretSize {
		err = fmt.Errorf("url.key has %d bytes, not %d: remove it, and URLs signed so far end", len(secret), secretSize)
	}
	return secret, err
}

func makeSecret(path string) error {
	dir := filepath.Dir(path)
	file, err := os.CreateTemp(dir, "url.key.*") // readable by its owner alone
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) //nolint:errcheck // it has its other name by now, or the whole failed
	secret := make([]byte, secretSize)
	_, _ = rand.Read(secret) // never fails
	_, err = file.Write(secret)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Link(file.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(os.Open(dir)) //nolint:gosec // the operator's own folder
}
