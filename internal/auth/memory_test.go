package auth

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"dpp"
)

func hashOf(n int) dpp.KeyHash { return dpp.KeyHash{byte(n), byte(n >> 8), byte(n >> 16)} }

func TestMemoryIsBounded(t *testing.T) {
	m, now := newMemory(100), time.Now()
	for n := range 10_000 {
		m.put(hashOf(n), dpp.Key{}, now.Add(time.Hour), now)
	}
	if len(m.keys) != 100 || len(m.order) > 200 || cap(m.order) > 1000 {
		t.Fatalf("%d keys, order %d of %d", len(m.keys), len(m.order), cap(m.order))
	}
	if _, ok := m.get(hashOf(9_999), now); !ok {
		t.Fatal("the newest is gone")
	}
	if _, ok := m.get(hashOf(0), now); ok {
		t.Fatal("the oldest is still there")
	}
}

func TestMemoryForgetsWhatIsTooOld(t *testing.T) {
	m, now := newMemory(100), time.Now()
	for n := range 50 {
		m.put(hashOf(n), dpp.Key{}, now.Add(time.Second), now)
	}
	later := now.Add(time.Second)
	if _, ok := m.get(hashOf(0), later); ok {
		t.Fatal("used past its time")
	}
	m.put(hashOf(1000), dpp.Key{}, later.Add(time.Second), later)
	if len(m.keys) != 1 {
		t.Fatalf("%d keys kept", len(m.keys))
	}
}

// The memory against a plain map: what it still knows is right, it never knows
// more than its capacity, and everything it knows has its place in the order.
func TestMemoryLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, now := newMemory(rapid.IntRange(1, 8).Draw(t, "capacity")), time.Unix(0, 0)
		until := map[dpp.KeyHash]time.Time{}
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "pause")) * time.Second)
			hash := hashOf(rapid.IntRange(0, 12).Draw(t, "key"))
			if rapid.Bool().Draw(t, "put") {
				until[hash] = now.Add(4 * time.Second)
				m.put(hash, dpp.Key{}, until[hash], now)
				if _, ok := m.get(hash, now); !ok {
					t.Fatal("not there at once")
				}
			}
			if _, ok := m.get(hash, now); ok && !now.Before(until[hash]) {
				t.Fatal("used past its time")
			}
			if len(m.keys) > m.capacity || len(m.order)-m.head != len(m.keys) {
				t.Fatalf("%d keys of %d, %d in order", len(m.keys), m.capacity, len(m.order)-m.head)
			}
		}
	})
}
