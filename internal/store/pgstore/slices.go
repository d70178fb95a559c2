package pgstore

import (
	"context"
	"sync"
	"time"

	"dpp"
)

const (
	sliceRows = 20_000
	// lookFor is how long one partition is looked at before the next time goes on.
	lookFor = 10 * time.Second
)

// partRuns are the runs of a partition, in the order of their identifiers.
type partRuns struct {
	name        string
	from, until dpp.RunID
	rows        int
}

// progress remembers up to where the runs of partitions were found to hold nothing
// back. What holds nothing back never does again, and no run is made in the past, so
// that each is looked at once; a process that begins anew looks from the start.
type progress struct {
	mu   sync.Mutex
	upTo map[string]string
}

func (p *progress) of(part partRuns) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at, ok := p.upTo[part.name]; ok {
		return at
	}
	return string(part.from)
}

// note moves on; an empty place forgets the partition.
func (p *progress) note(part partRuns, at string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at == "" {
		delete(p.upTo, part.name)
		return
	}
	if p.upTo == nil {
		p.upTo = make(map[string]string)
	}
	p.upTo[part.name] = at
}

// none tells that no run of a partition is what the query looks for, which returns
// the first of a slice. It is false, too, where time was too short to see all.
func (s *Store) none(ctx context.Context, part partRuns, query string, args ...any) (bool, error) {
	at, begin := s.looked.of(part), time.Now()
	for time.Since(begin) < lookFor {
		first, err := readOne[string](ctx, s, query, append([]any{at, string(part.until), part.rows}, args...)...)
		if err != nil {
			return false, err
		}
		if first != "" {
			s.looked.note(part, first)
			return false, nil
		}
		if at, err = readOne[string](ctx, s, selectNextSlice, at, string(part.until), part.rows); err != nil {
			return false, err
		}
		s.looked.note(part, at)
		if at == "" {
			return true, nil
		}
	}
	return false, nil
}
