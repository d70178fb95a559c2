package fileblob_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"dpp/internal/blob"
	"dpp/internal/blob/blobtest"
	"dpp/internal/blob/fileblob"
)

// folder is a store that knows where it lies.
type folder struct {
	*fileblob.Store
	dir string
}

func open(t testing.TB, dir string, opts fileblob.Options) *fileblob.Store {
	t.Helper()
	opts.BaseURL = "http://127.0.0.1:1"
	s, err := fileblob.Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeStore(t testing.TB, s *fileblob.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func put(t testing.TB, s *fileblob.Store, objects ...blob.Object) {
	t.Helper()
	outcomes, err := s.Put(t.Context(), objects)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range outcomes {
		if o.Err != nil || o.Existed {
			t.Fatalf("outcome %+v", o)
		}
	}
}

func TestContract(t *testing.T) {
	in := func(t *testing.T, dir string) blob.Store { return folder{open(t, dir, fileblob.Options{}), dir} }
	blobtest.Run(t, blobtest.Harness{
		Open: func(t *testing.T) blob.Store { return in(t, t.TempDir()) },
		Reopen: func(t *testing.T, s blob.Store) blob.Store {
			closeStore(t, s.(folder).Store)
			return in(t, s.(folder).dir)
		},
		Broken: func(t *testing.T) blob.Store {
			s := in(t, t.TempDir())
			closeStore(t, s.(folder).Store)
			return s
		},
		Fetch: func(_ *testing.T, s blob.Store, r *http.Request) *http.Response {
			return serve(s.(folder).Store, r)
		},
		SignatureParam: "sig",
		ExpiresParam:   "expires",
		OwnSecret:      true,
		Bubble:         true,
	})
}

func TestOpenInAnyFolder(t *testing.T) {
	for _, name := range []string{"new/deep", "with space", "100%25", "what?", "a#b", "a&_pragma=x;y", "ü"} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			s := open(t, filepath.Join(root, name), fileblob.Options{})
			put(t, s, blob.Object{Key: "a/b", Content: []byte("x")})
			closeStore(t, s)
			if _, err := os.Stat(filepath.Join(root, name, "objects.db")); err != nil {
				t.Error(err)
			}
		})
	}
}

// What an object holds is for the owner of the folder alone.
func TestPermissions(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "blobs")
	s := open(t, dir, fileblob.Options{})
	defer closeStore(t, s)
	put(t, s, blob.Object{Key: "a/b", Content: make([]byte, 100<<10)})
	for path, want := range map[string]os.FileMode{dir: 0o700, dir + "/files": 0o700, dir + "/url.key": 0o600} {
		stat, err := os.Stat(path)
		if err != nil || stat.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", path, stat.Mode().Perm(), err, want)
		}
	}
	for _, name := range filesIn(t, dir) {
		stat, err := os.Stat(filepath.Join(dir, "files", name))
		if err != nil || stat.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, stat.Mode().Perm(), err)
		}
	}
}

func TestTheSecret(t *testing.T) {
	t.Run("is made once, whoever opens first, and kept", func(t *testing.T) {
		dir := t.TempDir()
		stores := make([]*fileblob.Store, 8)
		var opening sync.WaitGroup
		for i := range stores {
			opening.Go(func() { stores[i] = open(t, dir, fileblob.Options{}) })
		}
		opening.Wait()
		u := signed(t, stores[0], 1<<40)
		for _, s := range stores {
			if _, err := s.Verify(u, now()); err != nil {
				t.Error(err)
			}
			closeStore(t, s)
		}
		s := open(t, dir, fileblob.Options{})
		defer closeStore(t, s)
		if _, err := s.Verify(u, now()); err != nil {
			t.Error(err)
		}
		left, err := filepath.Glob(filepath.Join(dir, "url.key*"))
		if err != nil || len(left) != 1 {
			t.Errorf("left %v, %v", left, err)
		}
	})
	t.Run("damaged, stops the start", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "url.key"), []byte("short"), 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := fileblob.Open(dir, fileblob.Options{}); err == nil {
			t.Errorf("opened %v", s)
		}
	})
}

func TestAFolderOfANewerProgramIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, fileblob.Options{})
	closeStore(t, s)
	raw := openRaw(t, dir)
	if _, err := raw.ExecContext(t.Context(), `PRAGMA user_version = 99`); err != nil {
		t.Fatal(err)
	}
	if s, err := fileblob.Open(dir, fileblob.Options{}); err == nil {
		t.Errorf("opened %v", s)
	}
}

// Two stores in one folder, as of two processes, write at once and read each other.
func TestTwoStoresInOneFolder(t *testing.T) {
	dir := t.TempDir()
	stores := []*fileblob.Store{open(t, dir, fileblob.Options{}), open(t, dir, fileblob.Options{})}
	const each = 40
	var writing sync.WaitGroup
	for i, s := range stores {
		writing.Go(func() {
			for j := range each {
				put(t, s, envelope(i*each+j, bytes.Repeat([]byte{byte(j)}, 100)))
			}
		})
	}
	writing.Wait()
	for _, s := range stores {
		infos, err := s.List(t.Context(), "", "", 3*each)
		if err != nil || len(infos) != 2*each {
			t.Errorf("%d objects, %v", len(infos), err)
		}
		if !slices.IsSortedFunc(infos, func(a, b blob.Info) int { return bytes.Compare([]byte(a.Key), []byte(b.Key)) }) {
			t.Error("not in order")
		}
		closeStore(t, s)
	}
}

// The port leaves open whether a key may be a folder of another. Here it may.
func TestAnObjectBesideAFolderOfItsName(t *testing.T) {
	s := open(t, t.TempDir(), fileblob.Options{})
	defer closeStore(t, s)
	put(t, s, blob.Object{Key: "a/b/c", Content: []byte("1")}, blob.Object{Key: "a/b", Content: []byte("2")}, blob.Object{Key: "a", Content: []byte("3")})
	if err := s.DeletePrefix(t.Context(), "a/b/"); err != nil {
		t.Fatal(err)
	}
	infos, err := s.List(t.Context(), "", "", 9)
	if err != nil || len(infos) != 2 || infos[0].Key != "a" || infos[1].Key != "a/b" {
		t.Errorf("left %+v, %v", infos, err)
	}
}
