package runs

import (
	"context"
	"sync"
	"time"

	"dpp"
	"dpp/internal/gate"
)

const tellTimeout = time.Second

// teller passes the ledger's words on to the gate without holding anybody up: of
// each account the newest, all that gathered in one call. A gate that does not hear
// a word asks the ledger for more than it had to, and no harm is done.
type teller struct {
	loop
	gate    gate.Gate
	mu      sync.Mutex
	waiting map[dpp.AccountID]gate.Word
	signal  chan struct{}
}

func newTeller(g gate.Gate) *teller {
	t := &teller{gate: g, waiting: make(map[dpp.AccountID]gate.Word), signal: make(chan struct{}, 1)}
	t.loop = startLoop(t.run)
	return t
}

// tell never blocks.
func (t *teller) tell(words []gate.Word) {
	if len(words) == 0 {
		return
	}
	t.mu.Lock()
	for _, word := range words {
		if known, ok := t.waiting[word.Account]; !ok || known.Version <= word.Version {
			t.waiting[word.Account] = word
		}
	}
	t.mu.Unlock()
	select {
	case t.signal <- struct{}{}:
	default:
	}
}

func (t *teller) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.signal:
		}
		t.mu.Lock()
		words := make([]gate.Word, 0, len(t.waiting))
		for _, word := range t.waiting {
			words = append(words, word)
		}
		clear(t.waiting)
		t.mu.Unlock()
		if len(words) > 0 {
			bounded, cancel := context.WithTimeout(ctx, tellTimeout)
			_ = t.gate.Word(bounded, words) // the gate itself tells of its failures
			cancel()
		}
	}
}
