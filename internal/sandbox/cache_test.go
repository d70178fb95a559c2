package sandbox

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheCacheIsPrivate(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", "")
	dir, err := UserCache()
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
	if again, err := UserCache(); err != nil || again != dir {
		t.Errorf("%s, %v", again, err)
	}
	if err := os.Chmod(dir, 0o770); err != nil {
		t.Fatal(err)
	}
	if _, err := UserCache(); err == nil {
		t.Error("a folder that others may write to was taken")
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(t.TempDir(), dir); err != nil {
		t.Fatal(err)
	}
	if _, err := UserCache(); err == nil {
		t.Error("a link to somewhere else was taken")
	}
	t.Setenv("HOME", "")
	if dir, err := UserCache(); err == nil {
		t.Errorf("without a home: %s", dir)
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"old/one", "new/two"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, make([]byte, 500), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		limit int64
		left  int
	}{{1000, 2}, {999, 0}} {
		if err := trim(dir, c.limit); err != nil {
			t.Fatal(err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != c.left {
			t.Errorf("below %d bytes: %d folders, %v", c.limit, len(left), err)
		}
	}
}
