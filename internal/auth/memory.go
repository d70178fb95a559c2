package auth

import (
	"time"

	"dpp"
)

// memory remembers keys for a time, at most as many as its capacity: when it is
// full the oldest goes. It is not safe for concurrent use.
type memory struct {
	capacity int
	keys     map[dpp.KeyHash]remembered
	order    []dpp.KeyHash // a ring: the oldest at head
	head     int
}

type remembered struct {
	key   dpp.Key
	until time.Time
}

func newMemory(capacity int) *memory {
	return &memory{capacity: capacity, keys: make(map[dpp.KeyHash]remembered)}
}

func (m *memory) get(hash dpp.KeyHash, now time.Time) (dpp.Key, bool) {
	r, ok := m.keys[hash]
	if !ok || !now.Before(r.until) {
		return dpp.Key{}, false
	}
	return r.key, true
}

// put remembers a key until the given time. A key that is there already keeps its
// place in the order of forgetting.
func (m *memory) put(hash dpp.KeyHash, key dpp.Key, until, now time.Time) {
	if _, ok := m.keys[hash]; !ok {
		m.makeRoom(now)
		m.order = append(m.order, hash)
	}
	m.keys[hash] = remembered{key: key, until: until}
}

// makeRoom forgets the oldest keys for as long as they are too old to be used or
// there are too many.
func (m *memory) makeRoom(now time.Time) {
	for m.head < len(m.order) {
		oldest := m.order[m.head]
		if len(m.keys) < m.capacity && now.Before(m.keys[oldest].until) {
			break
		}
		delete(m.keys, oldest)
		m.head++
	}
	if m.head > len(m.order)/2 { // the front half is spent: move the rest down
		m.order = append(m.order[:0], m.order[m.head:]...)
		m.head = 0
	}
}
