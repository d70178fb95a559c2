package gatetest_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"dpp"
	"dpp/internal/gate"
	"dpp/internal/gate/gatetest"
)

// ideal is the shortest gate that knows both rates and money. It shows that the
// contract can be kept, also by an adapter that does not exist yet.
type ideal struct {
	mu      sync.Mutex
	buckets map[string]*gate.Bucket
	words   map[dpp.AccountID]gate.Word
}

func (g *ideal) Admit(ctx context.Context, requests []gate.Request) ([]gate.Answer, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	answers := make([]gate.Answer, len(requests))
	for i, r := range requests {
		name := string(r.Account) + " " + r.Policy.Name
		if g.buckets[name] == nil {
			g.buckets[name] = &gate.Bucket{}
		}
		answers[i].Rate = g.buckets[name].Take(r.Policy, time.Now())
		if answers[i].Rate.Allowed {
			answers[i].Covered = g.spend(r)
		}
	}
	return answers, ctx.Err()
}

func (g *ideal) spend(r gate.Request) bool {
	word, known := g.words[r.Account]
	if !known {
		return true
	}
	if r.Spend > word.Available {
		return false
	}
	word.Available -= r.Spend
	g.words[r.Account] = word
	return true
}

func (g *ideal) Word(_ context.Context, words []gate.Word) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, w := range words {
		held, known := g.words[w.Account]
		if !known || w.Epoch > held.Epoch || w.Epoch == held.Epoch && w.Version >= held.Version {
			g.words[w.Account] = w
		}
	}
	return nil
}

func (g *ideal) Ping(context.Context) error { return nil }

func (g *ideal) Close() error { return nil }

func TestTheContractCanBeKept(t *testing.T) {
	gatetest.Run(t, gatetest.Harness{
		Open: func(*testing.T) gate.Gate {
			return &ideal{buckets: map[string]*gate.Bucket{}, words: map[dpp.AccountID]gate.Word{}}
		},
		Bubble: true,
		Money:  true,
	})
}
