package pgstore

import (
	"testing"
	"time"

	"dpp/internal/store"
	"dpp/internal/store/storetest"
)

func TestContract(t *testing.T) {
	rooms := new(rooms)
	storetest.Run(t, storetest.Harness{
		New: func(t testing.TB, now func() time.Time) func() store.Store {
			url := rooms.empty(t)
			return func() store.Store { return open(t, url, now) }
		},
	})
}
