package blobtest

import (
	"fmt"
	"testing"

	"dpp/internal/blob"
)

func testDelete(t *testing.T, h Harness) {
	t.Run("takes the prefix and no neighbour", func(t *testing.T) {
		s := h.open(t)
		gone := []blob.Object{object("t/run_1/1/env", 10), object("t/run_1/1/big", 70<<10), object("t/run_1/x", 0)}
		stay := []blob.Object{object("t/run_10/1/env", 10), object("t/run_1.x", 3), object("t/run_1-/x", 70<<10), object("t/run_0/x", 1), object("run_1/x", 1)}
		mustPut(t, s, append(gone, stay...)...)
		for range 2 { // what is gone is no error
			if err := s.DeletePrefix(t.Context(), "t/run_1/"); err != nil {
				t.Fatal(err)
			}
		}
		for _, o := range gone {
			_, err := s.Head(t.Context(), o.Key)
			wantErr(t, "Head of "+o.Key, err, blob.ErrNotFound)
			_, _, err = s.Get(t.Context(), o.Key, 0, -1)
			wantErr(t, "Get of "+o.Key, err, blob.ErrNotFound)
		}
		for _, o := range stay {
			wantStored(t, s, o)
		}
		mustPut(t, s, gone...) // the keys are free again
	})
	t.Run("takes many", func(t *testing.T) {
		s := h.open(t)
		var objects []blob.Object
		for i := range 1201 {
			objects = append(objects, object(fmt.Sprintf("many/%d", i), 1))
		}
		mustPut(t, s, objects...)
		if err := s.DeletePrefix(t.Context(), "many/"); err != nil {
			t.Fatal(err)
		}
		infos, err := s.List(t.Context(), "", "", 1)
		if err != nil || len(infos) != 0 {
			t.Errorf("left after the delete: %v, %v", infos, err)
		}
	})
	t.Run("refuses what is no folder", func(t *testing.T) {
		s := h.open(t)
		o := object("a/b", 1)
		mustPut(t, s, o)
		for _, prefix := range []string{"", "/", "a", "a//", "//", "./", "../", "a/../", "%/", "a/b"} {
			wantErr(t, fmt.Sprintf("DeletePrefix of %q", prefix), s.DeletePrefix(t.Context(), prefix), blob.ErrInvalidKey)
		}
		wantStored(t, s, o)
	})
}
