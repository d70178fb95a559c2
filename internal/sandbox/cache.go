package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// maxCache bounds what a cache holds when it is opened: one build needs a tenth of it,
// and each new version of a parser leaves the old one's behind.
const maxCache = 256 << 20

// UserCache makes the folder below this user's cache folder in which pools keep what
// children prepare, and empties it where it has grown beyond 256 MiB. Children run
// what they find there, so nobody else may write to it. The error says why it cannot
// be had; a pool goes on without.
func UserCache() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(base, "dpp", "sandbox")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	if err := checkPrivate(dir); err != nil {
		return "", err
	}
	return dir, trim(dir, maxCache)
}

var errNotPrivate = errors.New("the cache folder belongs to somebody else, or others may write to it")

func checkPrivate(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || int64(owner.Uid) != int64(os.Geteuid()) || info.Mode().Perm()&0o022 != 0 {
		return errNotPrivate
	}
	return nil
}

// trim empties a folder that holds more than limit bytes.
func trim(dir string, limit int64) error {
	var size int64
	err := filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			size += info.Size()
		}
		return nil // it may have gone meanwhile
	})
	if err != nil || size <= limit {
		return err
	}
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, entry.Name())))
	}
	return err
}

// openCache returns the cache of this pool's children, and empty where there is none.
func (p *Pool) openCache() string {
	if p.opts.Cache != "" {
		return p.opts.Cache
	}
	dir, err := os.MkdirTemp("", "dpp-sandbox-*")
	if err != nil {
		p.opts.Log.Warn("sandbox children have no folder for what they prepare: each prepares for itself, which takes seconds", "error", err)
		return ""
	}
	p.temporary = dir
	return dir
}

// removeCache removes what openCache made.
func (p *Pool) removeCache() error {
	if p.temporary == "" {
		return nil
	}
	if err := os.RemoveAll(p.temporary); err != nil {
		return fmt.Errorf("sandbox: the temporary folder of children: %w", err)
	}
	return nil
}
