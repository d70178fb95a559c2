package sqlitestore

import (
	"testing"
	"time"

	"dpp/internal/store"
	"dpp/internal/store/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, storetest.Harness{
		New: func(t testing.TB, now func() time.Time) func() store.Store {
			path := newDatabase(t)
			return func() store.Store { return open(t, path, now) }
		},
	})
}
