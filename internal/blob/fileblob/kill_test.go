package fileblob_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"dpp/internal/blob"
	"dpp/internal/blob/fileblob"
)

// childFolder names the folder in which this binary, started by a test, puts objects
// until it is killed.
const childFolder = "FILEBLOB_TEST_CHILD_FOLDER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		fmt.Fprintln(os.Stderr, putForEver(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// killBatch is what the child puts in its i-th batch: rows and a file.
func killBatch(i int) []blob.Object {
	return []blob.Object{envelope(3*i, []byte("small")), envelope(3*i+1, make([]byte, large+i)), envelope(3*i+2, nil)}
}

// putForEver tells the number of each batch once it is stored.
func putForEver(dir string) error {
	s, err := fileblob.Open(dir, fileblob.Options{})
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		if _, err := s.Put(context.Background(), killBatch(i)); err != nil {
			return err
		}
		if _, err := fmt.Println(i); err != nil {
			return err
		}
	}
}

// A process that is killed at any moment leaves every object whole or not at all, all
// of those that it reported, and files that a sweep can tell from the others.
func TestKilled(t *testing.T) {
	for _, after := range []int{0, 1, 7, 20} {
		t.Run(fmt.Sprintf("after %d batches", after), func(t *testing.T) {
			dir := t.TempDir()
			reported := killChild(t, dir, after)

			s := open(t, dir, fileblob.Options{OrphanAge: 1})
			defer closeStore(t, s)
			if _, err := s.Sweep(t.Context()); err != nil {
				t.Error(err)
			}
			infos, err := s.List(t.Context(), "", "", 1000)
			if err != nil || len(infos)%3 != 0 || len(infos) < 3*reported || len(infos) > 3*(reported+1) {
				t.Errorf("%d objects, %v, after %d batches of 3 were reported", len(infos), err, reported)
			}
			if files := filesIn(t, dir); len(files) != len(infos)/3 {
				t.Errorf("%d files for %d batches", len(files), len(infos)/3)
			}
			for i := range len(infos) / 3 {
				for _, o := range killBatch(i) {
					wantWhole(t, s, o)
				}
			}
		})
	}
}

// killChild kills the child once it has reported some batches, and returns how many it
// reported in the end.
func killChild(t *testing.T, dir string, batches int) (reported int) {
	t.Helper()
	self, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), self)
	child.Env = append(os.Environ(), childFolder+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for reported <= batches && lines.Scan() {
		reported++
	}
	if err := child.Process.Kill(); err != nil {
		t.Error(err)
	}
	for lines.Scan() { // what it had reported before it died
		reported++
	}
	if err := child.Wait(); err == nil {
		t.Error("the child ended by itself")
	}
	return reported
}

func wantWhole(t *testing.T, s *fileblob.Store, o blob.Object) {
	t.Helper()
	body, info, err := s.Get(t.Context(), o.Key, 0, -1)
	if err != nil {
		t.Error(err)
		return
	}
	if info.Size != int64(len(o.Content)) {
		t.Errorf("%s has %d bytes, want %d", o.Key, info.Size, len(o.Content))
	}
	if err := body.Close(); err != nil {
		t.Error(err)
	}
}
