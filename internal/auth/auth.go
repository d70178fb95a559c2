// Package auth tells whose an API key is. What it learns it remembers for a few
// seconds, so that a busy key costs no look-up and a revoked one soon stops
// working.
package auth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"dpp"
	"dpp/internal/store"
)

// ErrInvalid: the key is malformed, unknown or revoked; which is not told.
var ErrInvalid = errors.New("auth: key not valid")

// Lookup finds keys; [store.Tenants] does.
type Lookup interface {
	KeyByHash(ctx context.Context, hash dpp.KeyHash) (dpp.Key, error)
}

const (
	// remember is how long an answer is used again: with the time of a look-up it
	// stays below the 5 s after which a revocation must hold everywhere.
	remember = 4 * time.Second
	// lookupTimeout bounds one look-up. Its answer is remembered from the moment
	// that it was asked, not from when it came.
	lookupTimeout = 4 * time.Second
	// capacity bounds the valid keys that are remembered, and the others.
	capacity = 10_000
)

// Keyring verifies keys. It is safe for concurrent use.
type Keyring struct {
	lookup Lookup
	landed chan struct{} // closed

	mu      sync.Mutex
	good    *memory // keys that are valid
	bad     *memory // all others: guesses never push out a valid key
	flights map[dpp.KeyHash]*flight
}

// flight is a look-up that several callers wait for.
type flight struct {
	done chan struct{} // closed when key and err are set
	key  dpp.Key
	err  error
}

// New makes a keyring over a store's keys.
func New(lookup Lookup) *Keyring {
	k := &Keyring{
		lookup: lookup, landed: make(chan struct{}),
		good: newMemory(capacity), bad: newMemory(capacity), flights: make(map[dpp.KeyHash]*flight),
	}
	close(k.landed)
	return k
}

// Verify returns the key that a secret belongs to, or [ErrInvalid]. Any other error
// means that nobody could say. A malformed secret is refused before any look-up.
//
// Callers with the same secret share one look-up. The one that makes it stays until
// it ends, within a few seconds, whatever becomes of ctx, because others wait for
// it; those leave when their ctx ends.
func (k *Keyring) Verify(ctx context.Context, secret dpp.Secret) (dpp.Key, error) {
	if !secret.Valid() {
		return dpp.Key{}, ErrInvalid
	}
	f, first := k.board(secret.Hash())
	if first {
		k.fly(ctx, secret.Hash(), f)
	}
	select {
	case <-f.done:
		return f.key, f.err
	default:
	}
	select {
	case <-f.done:
		return f.key, f.err
	case <-ctx.Done():
		return dpp.Key{}, ctx.Err()
	}
}

// board returns the flight that tells of a key: one that has landed where the
// answer is remembered, else the one under way; first tells that the caller is to
// fly it.
func (k *Keyring) board(hash dpp.KeyHash) (f *flight, first bool) {
	now := time.Now()
	k.mu.Lock()
	defer k.mu.Unlock()
	if key, ok := k.good.get(hash, now); ok {
		return &flight{done: k.landed, key: key}, false
	}
	if _, ok := k.bad.get(hash, now); ok {
		return &flight{done: k.landed, err: ErrInvalid}, false
	}
	if f = k.flights[hash]; f == nil {
		f, first = &flight{done: make(chan struct{}), err: errLost}, true
		k.flights[hash] = f
	}
	return f, first
}

// errLost is what waiters get when a look-up panicked.
var errLost = errors.New("auth: the look-up ended without an answer")

func (k *Keyring) fly(ctx context.Context, hash dpp.KeyHash, f *flight) {
	asked := time.Now()
	defer func() { // also where the look-up panics
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.flights, hash)
		close(f.done)
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookupTimeout)
	defer cancel()
	key, err := k.lookup.KeyByHash(ctx, hash)
	switch {
	case err == nil && key.RevokedAt.IsZero():
		f.key, f.err = key, nil
		k.keep(k.good, hash, key, asked)
	case err == nil || errors.Is(err, store.ErrNotFound):
		f.err = ErrInvalid
		k.keep(k.bad, hash, dpp.Key{}, asked)
	default:
		f.err = fmt.Errorf("auth: %w", err)
	}
}

func (k *Keyring) keep(m *memory, hash dpp.KeyHash, key dpp.Key, asked time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	m.put(hash, key, asked.Add(remember), time.Now())
}
