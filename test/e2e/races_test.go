package e2e

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/client"
)

// Settings under which no test meets a rate limit.
const (
	fast      = "DPP_RATE_LIMIT_POST_PER_MIN=1000000"
	fastReads = "DPP_RATE_LIMIT_GET_PER_MIN=1000000"
)

// decision is a run that takes next to no time.
func decision(seed int, maxCost dpp.Money) client.Submission {
	return client.Submission{
		PackType: "decision", MaxCost: maxCost,
		Inputs: jsontext.Value(fmt.Sprintf(`{"seed":%d,"draws":100,"alternatives":[{"name":"A","values":{"c":5,"d":8}},{"name":"B","values":{"c":7,"d":6}}],
			"criteria":[{"name":"c","weight":0.4,"direction":"max"},{"name":"d","weight":0.6,"direction":"max"}]}`, seed)),
	}
}

// together calls n functions at once and returns when all are done.
func together(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

func reason(err error) dpp.Reason {
	var refused *client.Error
	if errors.As(err, &refused) {
		return refused.Problem.Reason
	}
	return ""
}

func TestIdenticalSubmitsMakeOneRun(t *testing.T) { everywhere(t, identicalSubmits) }

func identicalSubmits(t *testing.T, start starter) {
	s := start(t, fast)
	_, poor := s.tenant("poor", "0.5000")
	for name, key := range map[string]dpp.Secret{"a full account": s.key, "a balance for just one": poor} {
		t.Run(name, func(t *testing.T) {
			c := s.client(key)
			submission := decision(1, 500_000)
			submission.IdempotencyKey = "identical-for-all"
			var mu sync.Mutex
			ids, replays := map[dpp.RunID]int{}, 0
			together(50, func(int) {
				out, err := c.Submit(t.Context(), submission)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				ids[out.Run.ID]++
				if out.Replayed {
					replays++
				}
			})
			if len(ids) != 1 || replays != 49 {
				t.Fatalf("50 identical submits: %d runs, %d replays; want 1 and 49", len(ids), replays)
			}
			for id := range ids {
				run, err := c.Wait(t.Context(), id)
				if err != nil || run.Status != dpp.StatusCompleted {
					t.Fatalf("run ended %s, %v", run.Status, err)
				}
				if budget := s.idle(c, 10*time.Second); budget.Spent != run.Cost.Used {
					t.Fatalf("spent %s, the one run used %s", budget.Spent, run.Cost.Used)
				}
			}
		})
	}
	s.stop()
	s.audit()
}

// TestBalanceIsNeverOverdrawn floods an account while nothing can settle: the
// pages that the runs read hang until they are released.
func TestBalanceIsNeverOverdrawn(t *testing.T) { everywhere(t, overdraw) }

func overdraw(t *testing.T, start starter) {
	web := newPages(t)
	s := start(t, fast, "DPP_URL_ALLOW_CIDRS=127.0.0.0/8", "DPP_DRAIN_GRACE=1s")
	_, key := s.tenant("drained", "50.0000")
	c := s.client(key)
	var mu sync.Mutex
	var accepted []dpp.RunID
	refused := map[dpp.Reason]int{}
	together(200, func(i int) {
		out, err := c.Submit(t.Context(), web.read(500_000, fmt.Sprintf("/hang/page/%d", i)))
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			if reason(err) == "" {
				t.Error(err)
			}
			refused[reason(err)]++
			return
		}
		accepted = append(accepted, out.Run.ID)
	})
	if len(accepted) != 100 || refused[dpp.ReasonBudgetDrained] != 100 {
		t.Fatalf("%d accepted, refused %v; want 100 and 100 BUDGET_DRAINED", len(accepted), refused)
	}
	budget, err := c.Budget(t.Context())
	if err != nil || budget.Available != 0 || budget.Held != 50*dpp.USD {
		t.Fatalf("budget %+v, %v; want nothing available and 50.0000 held", budget, err)
	}
	together(len(accepted), func(i int) {
		if _, err := c.Cancel(t.Context(), accepted[i]); err != nil {
			t.Error(err)
		}
	})
	var used dpp.Money
	for _, id := range accepted {
		run, err := c.Get(t.Context(), id)
		if err != nil || run.Status != dpp.StatusCanceled {
			t.Fatalf("cancelled run is %s, %v", run.Status, err)
		}
		used += run.Cost.Used
	}
	if budget := s.idle(c, 10*time.Second); budget.Spent != used {
		t.Fatalf("spent %s, the runs used %s", budget.Spent, used)
	}
	s.stop()
	s.audit()
}

// TestCancelAgainstClaim cancels runs at about the time at which they are claimed
// and finished: each ends one way, with the money to match.
func TestCancelAgainstClaim(t *testing.T) { everywhere(t, cancelAgainstClaim) }

func cancelAgainstClaim(t *testing.T, start starter) {
	s := start(t, fast, fastReads)
	_, key := s.tenant("dashing", "1000.0000")
	c := s.client(key)
	n := count(100, 1000)
	var mu sync.Mutex
	var used dpp.Money
	ends := map[dpp.Status]int{}
	var wg sync.WaitGroup
	for worker := range 16 {
		wg.Go(func() {
			for i := worker; i < n; i += 16 {
				run, err := dash(t.Context(), c, i)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				ends[run.Status]++
				used += run.Cost.Used
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if ends[dpp.StatusCanceled]+ends[dpp.StatusCompleted] != n {
		t.Fatalf("runs ended %v, want %d cancelled or completed", ends, n)
	}
	if budget := s.idle(c, 10*time.Second); budget.Spent != used {
		t.Fatalf("spent %s, the runs used %s", budget.Spent, used)
	}
	t.Logf("of %d runs: %v", n, ends)
	s.stop()
	s.audit()
}

// dash submits a run and cancels it at once. The answer to the cancel, the run's
// end and its charge must agree.
func dash(ctx context.Context, c *client.Client, i int) (dpp.RunView, error) {
	out, err := c.Submit(ctx, decision(i, 100_000))
	if err != nil {
		return dpp.RunView{}, err
	}
	_, err = c.Cancel(ctx, out.Run.ID)
	late := reason(err) == dpp.ReasonRunAlreadyTerminal
	if err != nil && !late {
		return dpp.RunView{}, err
	}
	run, err := c.Wait(ctx, out.Run.ID)
	if err != nil {
		return dpp.RunView{}, err
	}
	if late == (run.Status == dpp.StatusCanceled) {
		return run, fmt.Errorf("cancel was too late: %t, the run is %s", late, run.Status)
	}
	if run.Status == dpp.StatusCanceled {
		var want dpp.Money
		if run.Attempt > 0 {
			want = run.Cost.MinimumFee
		}
		if run.Cost.Used != want || run.MoneyState != dpp.MoneyStateFor(want) {
			return run, fmt.Errorf("cancelled at attempt %d: used %s, %s", run.Attempt, run.Cost.Used, run.MoneyState)
		}
	}
	return run, nil
}
