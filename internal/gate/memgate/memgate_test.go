package memgate_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"dpp"
	"dpp/internal/gate"
	"dpp/internal/gate/gatetest"
	"dpp/internal/gate/memgate"
)

func TestContract(t *testing.T) {
	gatetest.Run(t, gatetest.Harness{
		Open:   func(*testing.T) gate.Gate { return memgate.New(memgate.Options{}) },
		Bubble: true,
	})
}

func ask(t testing.TB, g *memgate.Gate, account int) gate.Rate {
	t.Helper()
	answers, err := g.Admit(t.Context(), []gate.Request{{
		Account: dpp.AccountID(fmt.Sprint("account ", account)), Policy: gate.Policy{Name: "submit", Quota: 60},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return answers[0].Rate
}

func TestIdleBucketsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := memgate.New(memgate.Options{})
		for i := range 100 {
			ask(t, g, i)
		}
		if g.Len() != 100 {
			t.Errorf("%d buckets in use, want 100", g.Len())
		}
		time.Sleep(2 * time.Second) // all are full again
		for range 100 {
			ask(t, g, 1000)
		}
		if g.Len() != 1 {
			t.Errorf("%d buckets are kept for one that is in use", g.Len())
		}
	})
}

func TestMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := memgate.New(memgate.Options{Buckets: 10})
		for i := range 1000 {
			if rate := ask(t, g, i); !rate.Allowed || rate.Remaining != 59 {
				t.Fatalf("account %d: %+v", i, rate)
			}
			ask(t, g, 0)
			if g.Len() > 10 {
				t.Fatalf("%d buckets, want at most 10", g.Len())
			}
		}
		if rate := ask(t, g, 0); rate.Allowed {
			t.Error("the busiest account was forgotten")
		}
		if rate := ask(t, g, 1); rate.Remaining != 59 {
			t.Errorf("the account that asked longest ago: %+v", rate)
		}
	})
}

func BenchmarkAdmit(b *testing.B) {
	g := memgate.New(memgate.Options{})
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			ask(b, g, i%1000)
		}
	})
}
