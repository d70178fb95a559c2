package blobtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"dpp/internal/blob"
)

// calls are all methods that ask the store for something.
func calls(s blob.Store) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Put": func(ctx context.Context) error {
			_, err := s.Put(ctx, []blob.Object{object("a/small", 1), object("a/big", 70<<10)})
			return err
		},
		"Head": func(ctx context.Context) error { _, err := s.Head(ctx, "a/b"); return err },
		"Get": func(ctx context.Context) error {
			_, _, err := readAll(ctx, s, "a/b", 0, -1)
			return err
		},
		"List":         func(ctx context.Context) error { _, err := s.List(ctx, "a/", "", 10); return err },
		"DeletePrefix": func(ctx context.Context) error { return s.DeletePrefix(ctx, "a/") },
		"Ping":         s.Ping,
	}
}

func testFailure(t *testing.T, h Harness) {
	t.Run("a live store answers", func(t *testing.T) {
		s := h.open(t)
		if err := s.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("a caller that has left", func(t *testing.T) {
		s := h.open(t)
		o := object("a/b", 1)
		mustPut(t, s, o)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for name, call := range calls(s) {
			wantErr(t, name, call(ctx), context.Canceled)
		}
		wantStored(t, s, o)
	})
	t.Run("a store that cannot answer knows nothing", func(t *testing.T) {
		if h.Broken == nil {
			return
		}
		s := h.Broken(t)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		for name, call := range calls(s) {
			if err := call(ctx); err == nil || errors.Is(err, blob.ErrNotFound) || errors.Is(err, blob.ErrInvalidKey) {
				t.Errorf("%s: error %v", name, err)
			}
		}
	})
}
