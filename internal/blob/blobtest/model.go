package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"dpp/internal/blob"
)

// model is what a store must look like: a map of objects below one root.
type model struct {
	ctx    context.Context //nolint:containedctx // of the one test that it lives for
	store  blob.Store
	root   string
	stored map[string]blob.Object
}

// testModel runs random sequences against a store and a map, and compares.
func testModel(t *testing.T, h Harness) {
	s := h.open(t)
	var sequence atomic.Int64
	rapid.Check(t, func(t *rapid.T) {
		m := &model{
			ctx: t.Context(), store: s, stored: map[string]blob.Object{},
			root: fmt.Sprintf("model/%d/", sequence.Add(1)),
		}
		t.Repeat(map[string]func(*rapid.T){
			"put":    m.put,
			"head":   m.head,
			"get":    m.get,
			"list":   m.list,
			"delete": m.delete,
		})
	})
}

// key draws from few keys, so that they meet.
func (m *model) key(t *rapid.T) string {
	return m.root + rapid.StringMatching(`(run_1|run_10|run_2)/([12]/[ab]|c)`).Draw(t, "key")
}

func (m *model) put(t *rapid.T) {
	batch := make([]blob.Object, rapid.IntRange(1, 5).Draw(t, "objects"))
	for i := range batch {
		size := rapid.OneOf(rapid.IntRange(0, 100), rapid.IntRange(64<<10-1, 64<<10+2)).Draw(t, "size")
		batch[i] = object(m.key(t), size)
		if rapid.IntRange(0, 9).Draw(t, "bad") == 0 {
			batch[i].Key += "//"
		}
	}
	outcomes, err := m.store.Put(m.ctx, batch)
	if err != nil {
		t.Fatalf("Put: %v", err)
	}
	for i, o := range batch {
		existing, existed := m.stored[o.Key]
		switch outcome := outcomes[i]; {
		case !blob.ValidKey(o.Key):
			if !errors.Is(outcome.Err, blob.ErrInvalidKey) {
				t.Fatalf("Put of %q: %+v", o.Key, outcome)
			}
		case outcome.Err != nil || outcome.Existed != existed:
			t.Fatalf("Put of %q: %+v, existed %v", o.Key, outcome, existed)
		case existed:
			if err := describes(outcome.Existing, existing); err != nil {
				t.Fatal(err)
			}
		default:
			m.stored[o.Key] = o
		}
	}
}

func (m *model) head(t *rapid.T) {
	key := m.key(t)
	info, err := m.store.Head(m.ctx, key)
	m.check(t, key, info, err)
}

// check compares an answer about a key, and tells whether it is there.
func (m *model) check(t *rapid.T, key string, info blob.Info, err error) bool {
	want, there := m.stored[key]
	if !there {
		if !errors.Is(err, blob.ErrNotFound) {
			t.Fatalf("%q: error %v, want not found", key, err)
		}
		return false
	}
	if err == nil {
		err = describes(info, want)
	}
	if err != nil {
		t.Fatalf("%q: %v", key, err)
	}
	return true
}

func (m *model) get(t *rapid.T) {
	key := m.key(t)
	offset, length := rapid.Int64Range(0, 70<<10).Draw(t, "offset"), rapid.Int64Range(-1, 70<<10).Draw(t, "length")
	content, info, err := readAll(m.ctx, m.store, key, offset, length)
	if !m.check(t, key, info, err) {
		return
	}
	want := m.stored[key].Content
	want = want[min(offset, int64(len(want))):]
	if length >= 0 {
		want = want[:min(length, int64(len(want)))]
	}
	if !bytes.Equal(content, want) {
		t.Fatalf("Get of %q from %d, %d bytes: %d bytes, not the %d there", key, offset, length, len(content), len(want))
	}
}

func (m *model) list(t *rapid.T) {
	prefix, after, limit := m.key(t), m.key(t), rapid.IntRange(1, 8).Draw(t, "limit")
	prefix = prefix[:rapid.IntRange(len(m.root), len(prefix)).Draw(t, "cut")]
	infos, err := m.store.List(m.ctx, prefix, after, limit)
	if err != nil {
		t.Fatalf("List: %v", err)
	}
	want := listed(slices.Collect(maps.Values(m.stored)), prefix, after, limit)
	equal := func(info blob.Info, o blob.Object) bool {
		return info.Key == o.Key && info.Size == int64(len(o.Content))
	}
	if !slices.EqualFunc(infos, want, equal) {
		t.Fatalf("List of %q after %q: %+v, want %d objects", prefix, after, infos, len(want))
	}
}

func (m *model) delete(t *rapid.T) {
	prefix := m.root + rapid.SampledFrom([]string{"run_1/", "run_10/", "run_2/", "run_1/1/", "run_3/"}).Draw(t, "prefix")
	if err := m.store.DeletePrefix(m.ctx, prefix); err != nil {
		t.Fatalf("DeletePrefix: %v", err)
	}
	maps.DeleteFunc(m.stored, func(key string, _ blob.Object) bool { return strings.HasPrefix(key, prefix) })
}

// listed is what a list of objects must hold.
func listed(objects []blob.Object, prefix, after string, limit int) []blob.Object {
	var hits []blob.Object
	for _, o := range objects {
		if strings.HasPrefix(o.Key, prefix) && o.Key > after {
			hits = append(hits, o)
		}
	}
	slices.SortFunc(hits, func(a, b blob.Object) int { return strings.Compare(a.Key, b.Key) })
	return hits[:min(limit, len(hits))]
}
