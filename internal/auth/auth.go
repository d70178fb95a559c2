// Package auth tells whose an API key is. What it learns it remembers for a few
// seconds, so that a busy key costs no look-up and a revoked one soon stops
// working.
package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"dpp"
	"dpp/internal/batch"
)

// ErrInvalid: the key is malformed, unknown or revoked; which is not told.
var ErrInvalid = errors.New("auth: key not valid")

// Lookup returns those of the keys that exist; [store.Tenants] does.
type Lookup interface {
	KeysByHash(ctx context.Context, hashes []dpp.KeyHash) ([]dpp.Key, error)
}

// Observer hears of the keyring's batches, for metrics.
type Observer interface {
	// Batched hears the size of every batch of look-ups.
	Batched(name string, size int)
	// BatchWaited hears how long the first of a batch had waited when it set out.
	BatchWaited(name string, waited time.Duration)
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
	// lookupsAtOnce lets a slow look-up hold few others up.
	lookupsAtOnce = 2
)

// Keyring verifies keys. It is safe for concurrent use.
type Keyring struct {
	lookups *batch.Group[dpp.KeyHash, *dpp.Key] // nil: there is no such key
	landed  chan struct{}                       // closed

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

const batchName = "key"

// New makes a keyring over a store's keys. Keys that are to be looked up at the same
// time are looked up together.
func New(lookup Lookup, log *slog.Logger, observe Observer) *Keyring {
	k := &Keyring{
		lookups: batch.New(batchName, find(lookup), batch.Options[dpp.KeyHash]{
			Flights: lookupsAtOnce, Timeout: lookupTimeout,
			Observe:     func(n int) { observe.Batched(batchName, n) },
			Waited:      func(d time.Duration) { observe.BatchWaited(batchName, d) },
			Unreachable: func(error) bool { return true }, // no failure is one key's own
			Panicked: func(p *batch.PanicError) {
				log.Error("a look-up of keys panicked", "kind", fmt.Sprintf("%T", p.Value), "stack", string(p.Stack))
			},
		}),
		landed: make(chan struct{}),
		good:   newMemory(capacity), bad: newMemory(capacity), flights: make(map[dpp.KeyHash]*flight),
	}
	close(k.landed)
	return k
}

// Close waits for the look-ups that are under way. Keys are not verified any more.
func (k *Keyring) Close() { k.lookups.Close() }

func find(lookup Lookup) func(context.Context, []dpp.KeyHash) ([]*dpp.Key, error) {
	return func(ctx context.Context, hashes []dpp.KeyHash) ([]*dpp.Key, error) {
		known, err := lookup.KeysByHash(ctx, hashes)
		if err != nil {
			return nil, err
		}
		byHash := make(map[dpp.KeyHash]*dpp.Key, len(known))
		for i := range known {
			byHash[known[i].Hash] = &known[i]
		}
		found := make([]*dpp.Key, len(hashes))
		for i, hash := range hashes {
			found[i] = byHash[hash]
		}
		return found, nil
	}
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
		f, first = &flight{done: make(chan struct{})}, true
		k.flights[hash] = f
	}
	return f, first
}

func (k *Keyring) fly(ctx context.Context, hash dpp.KeyHash, f *flight) {
	asked := time.Now()
	defer func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.flights, hash)
		close(f.done)
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookupTimeout)
	defer cancel()
	key, err := k.lookups.Do(ctx, hash)
	switch {
	case err != nil:
		f.err = fmt.Errorf("auth: %w", err)
	case key != nil && key.RevokedAt.IsZero():
		f.key = *key
		k.keep(k.good, hash, *key, asked)
	default:
		f.err = ErrInvalid
		k.keep(k.bad, hash, dpp.Key{}, asked)
	}
}

func (k *Keyring) keep(m *memory, hash dpp.KeyHash, key dpp.Key, asked time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	m.put(hash, key, asked.Add(remember), time.Now())
}
