package auth_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"dpp"
	"dpp/internal/auth"
	"dpp/internal/store"
	"dpp/internal/telemetry"
)

// keys is a store's keys, as a test changes them.
type keys struct {
	mu     sync.Mutex
	byKey  map[dpp.KeyHash]dpp.Key
	err    error
	asked  atomic.Int64  // look-ups
	hashes atomic.Int64  // in all of them
	gate   chan struct{} // where set, each look-up waits for it
}

func (k *keys) KeysByHash(ctx context.Context, hashes []dpp.KeyHash) ([]dpp.Key, error) {
	k.asked.Add(1)
	k.hashes.Add(int64(len(hashes)))
	if k.gate != nil {
		select {
		case <-k.gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err != nil {
		return nil, k.err
	}
	var found []dpp.Key
	for _, hash := range hashes {
		if key, ok := k.byKey[hash]; ok {
			found = append(found, key)
		}
	}
	return found, nil
}

func (k *keys) set(key dpp.Key) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.byKey == nil {
		k.byKey = make(map[dpp.KeyHash]dpp.Key)
	}
	k.byKey[key.Hash] = key
}

func (k *keys) wantAsked(t *testing.T, want int64) {
	t.Helper()
	if got := k.asked.Load(); got != want {
		t.Fatalf("%d look-ups, want %d", got, want)
	}
}

func newRing(t *testing.T, source auth.Lookup) *auth.Keyring {
	ring := auth.New(source, slog.New(slog.DiscardHandler), telemetry.NewMetrics())
	t.Cleanup(ring.Close)
	return ring
}

func newKey() (dpp.Secret, dpp.Key) {
	secret := dpp.NewSecret(true)
	return secret, dpp.Key{ID: dpp.NewKeyID(), Tenant: dpp.NewTenantID(), Live: true, Hash: secret.Hash(), Scopes: []dpp.Scope{dpp.ScopeRuns}}
}

func TestVerify(t *testing.T) {
	good, key := newKey()
	revokedSecret, revoked := newKey()
	revoked.RevokedAt = time.Now()
	source := &keys{}
	source.set(key)
	source.set(revoked)
	ring := newRing(t, source)
	for name, c := range map[string]struct {
		secret dpp.Secret
		want   error
	}{
		"valid":     {good, nil},
		"unknown":   {dpp.NewSecret(true), auth.ErrInvalid},
		"revoked":   {revokedSecret, auth.ErrInvalid},
		"malformed": {"dpp_live_nonsense", auth.ErrInvalid},
		"empty":     {"", auth.ErrInvalid},
	} {
		for range 2 { // asked, then remembered
			got, err := ring.Verify(t.Context(), c.secret)
			if !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
			if c.want == nil && got.ID != key.ID || c.want != nil && got.ID != "" {
				t.Errorf("%s: key %q", name, got.ID)
			}
		}
	}
	source.wantAsked(t, 3)
}

func TestAMalformedKeyIsNeverLookedUp(t *testing.T) {
	source := &keys{}
	ring := newRing(t, source)
	for _, text := range []dpp.Secret{"", "x", "dpp_live_", dpp.NewSecret(true) + "x", dpp.NewSecret(false)[1:]} {
		if _, err := ring.Verify(t.Context(), text); !errors.Is(err, auth.ErrInvalid) {
			t.Errorf("%v", err)
		}
	}
	source.wantAsked(t, 0)
}

func TestARevocationHoldsWithinFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		secret, key := newKey()
		source := &keys{}
		source.set(key)
		ring := newRing(t, source)
		if _, err := ring.Verify(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
		key.RevokedAt = time.Now()
		source.set(key)
		if _, err := ring.Verify(t.Context(), secret); err != nil {
			t.Fatalf("a remembered key was asked for again: %v", err)
		}
		<-time.After(4900 * time.Millisecond)
		if _, err := ring.Verify(t.Context(), secret); !errors.Is(err, auth.ErrInvalid) {
			t.Fatalf("4.9 s after the revocation: %v", err)
		}
	})
}

func TestANewKeyWorksWithinFiveSecondsThoughItWasAskedForBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		secret, key := newKey()
		source := &keys{}
		ring := newRing(t, source)
		for range 3 {
			if _, err := ring.Verify(t.Context(), secret); !errors.Is(err, auth.ErrInvalid) {
				t.Fatal(err)
			}
		}
		source.wantAsked(t, 1)
		source.set(key)
		<-time.After(4900 * time.Millisecond)
		if _, err := ring.Verify(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
	})
}

func TestFailuresAreNotRemembered(t *testing.T) {
	secret, key := newKey()
	source := &keys{err: fmt.Errorf("x: %w", store.ErrUnavailable)}
	source.set(key)
	ring := newRing(t, source)
	if _, err := ring.Verify(t.Context(), secret); !errors.Is(err, store.ErrUnavailable) {
		t.Fatalf("%v", err)
	}
	source.mu.Lock()
	source.err = nil
	source.mu.Unlock()
	if _, err := ring.Verify(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
}

func TestConcurrentCallersShareOneLookup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		secret, key := newKey()
		source := &keys{gate: make(chan struct{})}
		source.set(key)
		ring := newRing(t, source)
		var callers sync.WaitGroup
		for range 50 {
			callers.Go(func() {
				if got, err := ring.Verify(t.Context(), secret); err != nil || got.ID != key.ID {
					t.Errorf("%v %v", got.ID, err)
				}
			})
		}
		synctest.Wait()
		close(source.gate)
		callers.Wait()
		source.wantAsked(t, 1)
	})
}

// The first caller's leaving neither ends the look-up nor fails those behind it,
// and those who wait may leave at any time.
func TestCallersMayLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		secret, key := newKey()
		source := &keys{gate: make(chan struct{})}
		source.set(key)
		ring := newRing(t, source)
		ctx, leave := context.WithCancel(t.Context())
		var callers sync.WaitGroup
		verify := func(ctx context.Context, want error) {
			callers.Go(func() {
				if _, err := ring.Verify(ctx, secret); !errors.Is(err, want) {
					t.Errorf("%v, want %v", err, want)
				}
			})
			synctest.Wait()
		}
		verify(ctx, nil) // makes the look-up
		verify(ctx, context.Canceled)
		verify(t.Context(), nil)
		leave()
		synctest.Wait()
		close(source.gate)
		callers.Wait()
		source.wantAsked(t, 1)
	})
}

func TestALookupEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		secret, _ := newKey()
		ring := newRing(t, &keys{gate: make(chan struct{})}) // never opens
		if _, err := ring.Verify(t.Context(), secret); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("%v", err)
		}
	})
}

type panicking struct{ proceed chan struct{} }

func (p panicking) KeysByHash(context.Context, []dpp.KeyHash) ([]dpp.Key, error) {
	<-p.proceed
	panic("broken")
}

// While one look-up is under way the keys of other callers gather for the next.
func TestKeysAreLookedUpTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const others = 50
		source := &keys{gate: make(chan struct{})}
		ring := newRing(t, source)
		var callers sync.WaitGroup
		verify := func() {
			secret, key := newKey()
			source.set(key)
			callers.Go(func() {
				if got, err := ring.Verify(t.Context(), secret); err != nil || got.ID != key.ID {
					t.Errorf("%v %v", got.ID, err)
				}
			})
			synctest.Wait()
		}
		for range 2 + others { // two look-ups go at once
			verify()
		}
		source.wantAsked(t, 2)
		close(source.gate)
		callers.Wait()
		if asked, hashes := source.asked.Load(), source.hashes.Load(); asked > 4 || hashes != 2+others {
			t.Errorf("%d look-ups of %d keys", asked, hashes)
		}
	})
}

func TestAPanicAnswersThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		secret, _ := newKey()
		source := panicking{make(chan struct{})}
		ring := newRing(t, source)
		var callers sync.WaitGroup
		for range 2 {
			callers.Go(func() {
				if _, err := ring.Verify(t.Context(), secret); err == nil || errors.Is(err, auth.ErrInvalid) {
					t.Errorf("%v", err)
				}
			})
			synctest.Wait()
		}
		close(source.proceed)
		callers.Wait()
	})
}
