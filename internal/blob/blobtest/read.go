package blobtest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"dpp/internal/blob"
)

func testRead(t *testing.T, h Harness) {
	for _, size := range sizes {
		t.Run(fmt.Sprintf("ranges of %d bytes", size), func(t *testing.T) { testRanges(t, h.open(t), size) })
	}
	t.Run("what is not there", func(t *testing.T) {
		s := h.open(t)
		mustPut(t, s, object("a/b", 1))
		for _, key := range []string{"a", "b", "a/b/c", "a/B", "a/bb"} {
			_, err := s.Head(t.Context(), key)
			wantErr(t, "Head of "+key, err, blob.ErrNotFound)
			_, _, err = s.Get(t.Context(), key, 0, -1)
			wantErr(t, "Get of "+key, err, blob.ErrNotFound)
		}
	})
	t.Run("a bad key", func(t *testing.T) {
		s := h.open(t)
		for _, key := range badKeys {
			_, err := s.Head(t.Context(), key)
			wantErr(t, fmt.Sprintf("Head of %.20q", key), err, blob.ErrInvalidKey)
			_, _, err = s.Get(t.Context(), key, 0, -1)
			wantErr(t, fmt.Sprintf("Get of %.20q", key), err, blob.ErrInvalidKey)
		}
	})
}

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: error %v, want %v", what, got, want)
	}
}

func testRanges(t *testing.T, s blob.Store, size int) {
	o := object("a/key", size)
	mustPut(t, s, o)
	end := int64(size)
	for _, r := range []struct{ offset, length int64 }{
		{0, -1}, {0, 0}, {0, 1}, {0, end}, {0, end + 1}, {1, 3}, {end / 2, end / 4}, {end - 1, 5}, {end, -1}, {end, 5}, {end + 10, -1}, {end + 10, 10},
	} {
		if r.offset < 0 {
			continue
		}
		from := min(r.offset, end)
		want := o.Content[from:]
		if r.length >= 0 {
			want = want[:min(r.length, end-from)]
		}
		got, info := read(t, s, o.Key, r.offset, r.length)
		if !bytes.Equal(got, want) {
			t.Errorf("Get from %d, %d bytes: %d bytes, not the %d there", r.offset, r.length, len(got), len(want))
		}
		wantInfo(t, info, o) // of the whole object
	}
}

func testList(t *testing.T, h Harness) {
	s := h.open(t)
	keys := []string{
		"Aa", "a-b/c", "a.b", "a/b", "a/b0", "a/c/1", "a/c/10", "a/c/2", "a0", "aB", "run_1/x", "run_10/x", "run_1_/x", "z",
	}
	slices.Sort(keys)
	var objects []blob.Object
	for i, key := range keys {
		objects = append(objects, object(key, i))
	}
	mustPut(t, s, slices.Concat(objects[5:], objects[:5])...)

	tests := []struct {
		prefix, after string
		limit         int
	}{
		{"", "", 100},
		{"", "", 3},
		{"", "a/c/10", 4},
		{"a", "", 100},
		{"a/", "", 100},
		{"a/c/1", "", 100},
		{"run_1/", "", 100},
		{"run_1", "run_10", 100},
		{"a/", "a/b", 2},
		{"a/", "a/zzz", 9},
		{"a/", "z", 9},
		{"nothing/", "", 9},
		{"%", "", 9},
		{"a_", "", 9},
		{"a/c/", "0", 1},
		{"z", "z", 1},
		{"", "", 0},
	}
	for _, test := range tests {
		name := fmt.Sprintf("prefix %q after %q limit %d", test.prefix, test.after, test.limit)
		t.Run(name, func(t *testing.T) {
			infos, err := s.List(t.Context(), test.prefix, test.after, test.limit)
			if err != nil {
				t.Fatal(err)
			}
			wantList(t, infos, listed(objects, test.prefix, test.after, test.limit))
		})
	}
	t.Run("pages hold everything once", func(t *testing.T) {
		var infos []blob.Info
		after := ""
		for {
			page, err := s.List(t.Context(), "", after, 3)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			infos, after = append(infos, page...), page[len(page)-1].Key
		}
		wantList(t, infos, objects)
	})
}

// wantList checks what every adapter knows without asking for each object.
func wantList(t *testing.T, got []blob.Info, want []blob.Object) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("listed %d objects, want %d: %+v", len(got), len(want), got)
	}
	for i, info := range got {
		if info.Key != want[i].Key || info.Size != int64(len(want[i].Content)) || info.StoredAt.IsZero() {
			t.Errorf("listed %+v, want %q of %d bytes", info, want[i].Key, len(want[i].Content))
		}
	}
}
