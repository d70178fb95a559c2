package fileblob_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"dpp/internal/blob"
	"dpp/internal/blob/fileblob"
)

const large = 70 << 10

// filesIn are the names below files/, without the folders.
func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	root := filepath.Join(dir, "files")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			path, err = filepath.Rel(root, path)
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// age makes a file look as old as given.
func age(t *testing.T, dir, name string, d time.Duration) {
	t.Helper()
	when := time.Now().Add(-d)
	if err := os.Chtimes(filepath.Join(dir, "files", name), when, when); err != nil {
		t.Fatal(err)
	}
}

// Names of files come from nothing that a caller says.
func TestKeysNeverBecomePaths(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, fileblob.Options{})
	defer closeStore(t, s)
	put(t, s, blob.Object{Key: "url.key", Content: make([]byte, large)}, blob.Object{Key: "files/0/x", Content: make([]byte, large)})
	if _, err := s.Put(t.Context(), []blob.Object{{Key: "../../evil", Content: make([]byte, large)}}); err != nil {
		t.Fatal(err)
	}
	names := filesIn(t, dir)
	if len(names) != 2 {
		t.Errorf("files %v, want 2", names)
	}
	for _, name := range names {
		if !regexp.MustCompile(`^[0-9a-f]/[0-9a-f]{32}$`).MatchString(name) {
			t.Errorf("file %q", name)
		}
	}
}

func TestFilesGoWithTheirRows(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, fileblob.Options{})
	defer closeStore(t, s)
	put(t, s, envelope(1, make([]byte, large)), envelope(2, make([]byte, large)), envelope(3, nil))
	before := filesIn(t, dir)
	outcomes, err := s.Put(t.Context(), []blob.Object{envelope(1, make([]byte, large+1))})
	if err != nil || !outcomes[0].Existed {
		t.Fatalf("%+v, %v", outcomes, err)
	}
	if after := filesIn(t, dir); len(before) != 2 || !slices.Equal(after, before) {
		t.Errorf("files %v after a lost put, %v before", after, before)
	}
	if err := s.DeletePrefix(t.Context(), "dpp/"); err != nil {
		t.Fatal(err)
	}
	if after := filesIn(t, dir); len(after) != 0 {
		t.Errorf("files %v after all objects went", after)
	}
}

func TestSweep(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, fileblob.Options{OrphanAge: time.Hour})
	defer closeStore(t, s)
	put(t, s, envelope(1, make([]byte, large)))
	kept := filesIn(t, dir)
	age(t, dir, kept[0], 48*time.Hour)
	for name, old := range map[string]time.Duration{"0/00": 2 * time.Hour, "f/00": time.Hour + time.Minute, "3/young": time.Minute} {
		if err := os.WriteFile(filepath.Join(dir, "files", name), []byte("left by a crash"), 0o600); err != nil {
			t.Fatal(err)
		}
		age(t, dir, name, old)
	}
	for _, want := range []int{2, 0} {
		if removed, err := s.Sweep(t.Context()); err != nil || removed != want {
			t.Errorf("removed %d, %v; want %d", removed, err, want)
		}
	}
	want := append(kept, "3/young")
	slices.Sort(want)
	if got := filesIn(t, dir); !slices.Equal(got, want) {
		t.Errorf("files %v, want %v", got, want)
	}
	if _, err := s.Head(t.Context(), envelope(1, nil).Key); err != nil {
		t.Error(err)
	}
}

func TestSweepOfManyOrphans(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, fileblob.Options{OrphanAge: time.Nanosecond})
	defer closeStore(t, s)
	const orphans = 1203
	for i := range orphans {
		if err := os.WriteFile(filepath.Join(dir, "files", "7", envelopeName(i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if removed, err := s.Sweep(t.Context()); err != nil || removed != orphans {
		t.Errorf("removed %d, %v; want %d", removed, err, orphans)
	}
}

// A damaged folder is not an object that is not there: retention and recovery act on
// the latter.
func TestADamagedFolderIsNoAnswer(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"a file is missing": os.Remove,
		"a file is shorter": func(path string) error { return os.Truncate(path, 10) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, fileblob.Options{})
			defer closeStore(t, s)
			o := envelope(1, make([]byte, large))
			put(t, s, o)
			if err := damage(filepath.Join(dir, "files", filesIn(t, dir)[0])); err != nil {
				t.Fatal(err)
			}
			if _, _, err := s.Get(t.Context(), o.Key, 0, -1); err == nil || errors.Is(err, blob.ErrNotFound) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// A file that cannot be written fails the whole Put and leaves nothing behind.
func TestAPutThatFailsLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, fileblob.Options{})
	defer closeStore(t, s)
	for i := range 16 { // whichever shard the Put picks
		if err := os.Remove(filepath.Join(dir, "files", string("0123456789abcdef"[i]))); err != nil {
			t.Fatal(err)
		}
	}
	if outcomes, err := s.Put(t.Context(), []blob.Object{envelope(1, nil), envelope(2, make([]byte, large))}); err == nil {
		t.Errorf("outcomes %+v", outcomes)
	}
	if infos, err := s.List(t.Context(), "", "", 9); err != nil || len(infos) != 0 {
		t.Errorf("stored %v, %v", infos, err)
	}
}
