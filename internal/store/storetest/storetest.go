// Package storetest is the contract of package store as tests: every store passes
// them unchanged. After each test the books are checked too.
package storetest

import (
	"testing"
	"time"

	"dpp/internal/store"
)

// Harness makes the stores that are tested.
type Harness struct {
	// New makes room for an empty store, its schema ready and its clock being now,
	// and returns what opens it. Each call opens one more store on the same data, as
	// another process would, and has it closed when the test ends.
	New func(t testing.TB, now func() time.Time) (open func() store.Store)
}

// contract is a part of the suite: tests by their names.
type contract map[string]func(*world)

// Run tests a store.
func Run(t *testing.T, h Harness) {
	for name, tests := range map[string]contract{
		"Submit":      submits,
		"Idempotency": idempotency,
		"Claim":       claims,
		"Lease":       leases,
		"Transition":  transitions,
		"Fence":       fences,
		"Outbox":      outbox,
		"Uploads":     uploads,
		"Uses":        uses,
		"Post":        posts,
		"Usage":       usage,
		"List":        lists,
		"Due":         due,
		"Retention":   retention,
		"Tenants":     tenants,
		"Keys":        keys,
		"Snapshot":    snapshots,
		"Calls":       calls,
		"Crowd":       crowd,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for name, test := range tests {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					w := newWorld(t, h)
					test(w)
					w.checkBooks()
				})
			}
		})
	}
	t.Run("Model", func(t *testing.T) {
		t.Parallel()
		testModel(t, h)
	})
	t.Run("UploadModel", func(t *testing.T) {
		t.Parallel()
		testUploadModel(t, h)
	})
}
