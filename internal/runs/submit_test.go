package runs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/gate"
	"dpp/internal/runs"
	"dpp/internal/store"
	"dpp/test/platform"
)

func open(t *testing.T, opts platform.Options) *platform.Platform {
	t.Helper()
	p := platform.New(t, opts)
	t.Cleanup(p.Close)
	return p
}

func refusal(t *testing.T, err error) *runs.Refusal {
	t.Helper()
	var r *runs.Refusal
	if !errors.As(err, &r) {
		t.Fatalf("got %v, want a refusal", err)
	}
	return r
}

func TestSubmitAcceptsAndReserves(t *testing.T) {
	p := open(t, platform.Options{Credit: 10 * dpp.USD})
	receipt, err := p.Service.Submit(t.Context(), p.Request("first-key"))
	if err != nil {
		t.Fatal(err)
	}
	run := receipt.Run
	if run.Status != dpp.StatusQueued || run.Money != dpp.MoneyReserved || run.Version != 1 || run.Attempt != 0 || receipt.Replayed {
		t.Errorf("accepted as %s, %s, version %d, attempt %d, replayed %t", run.Status, run.Money, run.Version, run.Attempt, receipt.Replayed)
	}
	if run.PackVersion != "1.2.3" || !strings.HasPrefix(run.ProfileVersion, "1.2.3-") {
		t.Errorf("pack version %q, profile %q", run.PackVersion, run.ProfileVersion)
	}
	if a := p.Account(p.Key); a.Available != 10*dpp.USD-dpp.USD/2 || a.Held != dpp.USD/2 || a != receipt.Account {
		t.Errorf("account %+v, in the receipt %+v", a, receipt.Account)
	}
	p.Audit()
}

func TestIdenticalSubmitsAreOne(t *testing.T) {
	for name, credit := range map[string]dpp.Money{"rich": 100 * dpp.USD, "balance for just one": dpp.USD / 2} {
		t.Run(name, func(t *testing.T) {
			p := open(t, platform.Options{Credit: credit})
			var mu sync.Mutex
			ids, fresh := map[dpp.RunID]bool{}, 0
			var wg sync.WaitGroup
			for range 50 {
				wg.Go(func() {
					receipt, err := p.Service.Submit(t.Context(), p.Request("same-key"))
					mu.Lock()
					defer mu.Unlock()
					if err != nil {
						t.Error(err)
					}
					ids[receipt.Run.ID] = true
					if !receipt.Replayed {
						fresh++
					}
				})
			}
			wg.Wait()
			if len(ids) != 1 || fresh != 1 {
				t.Errorf("%d runs, %d of them fresh; want 1 and 1", len(ids), fresh)
			}
			if a := p.Account(p.Key); a.Held != dpp.USD/2 || a.OpenRuns != 1 {
				t.Errorf("account %+v", a)
			}
			p.Audit()
		})
	}
}

func TestSameKeyOtherPayloadIsAConflict(t *testing.T) {
	p := open(t, platform.Options{})
	first := p.Submit("the-key")
	for name, change := range map[string]func(*runs.Request){
		"inputs":        func(r *runs.Request) { r.Inputs = jsontext.Value(`{"note":"y"}`) },
		"cap":           func(r *runs.Request) { r.Reservation.MaxCost += dpp.Quantum },
		"allow_partial": func(r *runs.Request) { r.Options.AllowPartial = false },
		// A key is looked up before a refusal for schema or price.
		"unusable inputs": func(r *runs.Request) { r.Inputs = jsontext.Value(`{}`) },
		"too low a cap":   func(r *runs.Request) { r.Reservation.MaxCost = dpp.Quantum },
		"unknown pack":    func(r *runs.Request) { r.PackType = "nothing" },
	} {
		t.Run(name, func(t *testing.T) {
			request := p.Request("the-key")
			change(&request)
			_, err := p.Service.Submit(t.Context(), request)
			if r := refusal(t, err); r.Reason != dpp.ReasonIdempotencyConflict || r.RunID != first.ID {
				t.Errorf("refused with %s, run %s", r.Reason, r.RunID)
			}
		})
	}
	request := p.Request("the-key")
	request.Meta, request.Options.Inline = dpp.Meta{TraceID: "another"}, true
	if receipt, err := p.Service.Submit(t.Context(), request); err != nil || !receipt.Replayed || receipt.Run.ID != first.ID {
		t.Errorf("the same payload under other meta: replayed %t, %v", receipt.Replayed, err)
	}
}

func TestRefusalsLeaveNothing(t *testing.T) {
	p := open(t, platform.Options{Credit: dpp.USD})
	for name, c := range map[string]struct {
		change func(*runs.Request)
		want   dpp.Reason
	}{
		"unknown pack":    {func(r *runs.Request) { r.PackType = "nothing" }, dpp.ReasonUnknownPack},
		"missing field":   {func(r *runs.Request) { r.Inputs = jsontext.Value(`{}`) }, dpp.ReasonValidationFailed},
		"unknown field":   {func(r *runs.Request) { r.Inputs = jsontext.Value(`{"note":"x","more":1}`) }, dpp.ReasonUnknownField},
		"too low":         {func(r *runs.Request) { r.Reservation.MaxCost = platform.StepPrice - dpp.Quantum }, dpp.ReasonMaxCostTooLow},
		"too low for all": {func(r *runs.Request) { r.Options.AllowPartial, r.Reservation.MaxCost = false, platform.StepPrice }, dpp.ReasonMaxCostTooLow},
		"over balance":    {func(r *runs.Request) { r.Reservation.MaxCost = dpp.USD + dpp.Quantum }, dpp.ReasonBudgetDrained},
	} {
		t.Run(name, func(t *testing.T) {
			request := p.Request("refused-key")
			c.change(&request)
			_, err := p.Service.Submit(t.Context(), request)
			r := refusal(t, err)
			if r.Reason != c.want {
				t.Errorf("refused with %s, want %s", r.Reason, c.want)
			}
			if c.want == dpp.ReasonBudgetDrained && (r.Required == nil || *r.Required != dpp.USD+dpp.Quantum || r.Available == nil || *r.Available != dpp.USD) {
				t.Errorf("required %v, available %v", r.Required, r.Available)
			}
			if c.want == dpp.ReasonMaxCostTooLow && string(r.Remedy.Set["/reservation/max_cost_usd"]) == "" {
				t.Error("the remedy does not say what would do")
			}
		})
	}
	if a := p.Account(p.Key); a.Seq != 1 || a.Held != 0 {
		t.Errorf("refusals moved money: %+v", a)
	}
	p.Submit("refused-key") // a refusal does not use the key up
	p.Audit()
}

func TestTheSmallestThatSucceedsIsTold(t *testing.T) {
	p := open(t, platform.Options{})
	request := p.Request("low-key")
	request.Options.AllowPartial, request.Reservation.MaxCost = false, dpp.SmallestReservation
	_, err := p.Service.Submit(t.Context(), request)
	want := `"` + (2 * platform.StepPrice).String() + `"`
	if got := string(refusal(t, err).Remedy.Set["/reservation/max_cost_usd"]); got != want {
		t.Errorf("remedy %s, want %s", got, want)
	}
}

func TestSuspendedTenantsMayOnlyReplay(t *testing.T) {
	p := open(t, platform.Options{})
	first := p.Submit("before")
	if err := p.Ports.Store.SetSuspended(t.Context(), p.Key.Tenant, true); err != nil {
		t.Fatal(err)
	}
	_, err := p.Service.Submit(t.Context(), p.Request("after"))
	if r := refusal(t, err); r.Reason != dpp.ReasonTenantSuspended {
		t.Errorf("refused with %s", r.Reason)
	}
	if receipt, err := p.Service.Submit(t.Context(), p.Request("before")); err != nil || receipt.Run.ID != first.ID {
		t.Errorf("replay while suspended: %v", err)
	}
}

func TestLargeInputsGoToTheBlobStore(t *testing.T) {
	p := open(t, platform.Options{})
	request := p.Request("large-key")
	request.Inputs = jsontext.Value(`{"note":"` + strings.Repeat("long ", 10_000) + `"}`)
	receipt, err := p.Service.Submit(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	if receipt.Run.InputsKey == "" {
		t.Error("large inputs are kept by the store")
	}
	claimed := p.Claim()
	got, err := p.Service.Inputs(t.Context(), claimed)
	if err != nil || string(got) != string(request.Inputs) {
		t.Errorf("%d bytes of inputs came back, %v; want %d", len(got), err, len(request.Inputs))
	}
}

func TestRateLimitComesFirst(t *testing.T) {
	p := open(t, platform.Options{Config: func(c *runs.Config) { c.Submits.Quota = 3 }})
	for i := range 3 {
		receipt, err := p.Service.Submit(t.Context(), p.Request("same-key"))
		if err != nil || receipt.Rate.Remaining != int64(2-i) {
			t.Fatalf("submit %d: remaining %d, %v", i, receipt.Rate.Remaining, err)
		}
	}
	for name, change := range map[string]func(*runs.Request){
		"a replay":   func(*runs.Request) {},
		"bad inputs": func(r *runs.Request) { r.Inputs = jsontext.Value(`{}`) },
		"large":      func(r *runs.Request) { r.Inputs = jsontext.Value(`{"note":"` + strings.Repeat("x", 40_000) + `"}`) },
	} {
		request := p.Request("same-key")
		change(&request)
		_, err := p.Service.Submit(t.Context(), request)
		if r := refusal(t, err); r.Reason != dpp.ReasonRateLimited || r.RetryAfter <= 0 || r.Rate == nil {
			t.Errorf("%s over the limit: %+v", name, r)
		}
	}
	if objects, err := p.Ports.Blob.List(t.Context(), "", "", 10); err != nil || len(objects) != 0 {
		t.Errorf("inputs of a refused submit were stored: %v, %v", objects, err)
	}
}

// doubtful is a gate that believes no account covers anything, or cannot say.
type doubtful struct {
	gate.Gate
	err error
}

func (d doubtful) Admit(ctx context.Context, requests []gate.Request) ([]gate.Answer, error) {
	answers, err := d.Gate.Admit(ctx, requests)
	for i := range answers {
		answers[i].Covered = false
	}
	return answers, errors.Join(err, d.err)
}

func TestAWrongGateNeverGivesAWrongAnswer(t *testing.T) {
	for name, wrong := range map[string]error{"refuses everything": nil, "is down": errors.New("down")} {
		t.Run(name, func(t *testing.T) {
			p := open(t, platform.Options{Credit: dpp.USD, Wrap: func(ports runs.Ports) runs.Ports {
				ports.Gate = doubtful{ports.Gate, wrong}
				return ports
			}})
			first := p.Submit("covered-1")
			p.Submit("covered-2")
			_, err := p.Service.Submit(t.Context(), p.Request("uncovered"))
			if r := refusal(t, err); r.Reason != dpp.ReasonBudgetDrained || *r.Available != 0 {
				t.Errorf("refused with %s, available %v", r.Reason, r.Available)
			}
			if receipt, err := p.Service.Submit(t.Context(), p.Request("covered-1")); err != nil || receipt.Run.ID != first.ID || !receipt.Replayed {
				t.Errorf("replay on a balance of nothing: %v", err)
			}
			p.Audit()
		})
	}
}

// forgetful commits and then says that it does not know, once for each call.
type forgetful struct {
	store.Store
	mu    sync.Mutex
	doubt bool
}

func (f *forgetful) once() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.doubt = !f.doubt; f.doubt {
		return fmt.Errorf("%w: the connection broke", store.ErrInDoubt)
	}
	return nil
}

func (f *forgetful) Submit(ctx context.Context, b []store.Submission) ([]store.Submitted, error) {
	out, err := f.Store.Submit(ctx, b)
	return out, errors.Join(err, f.once())
}

func (f *forgetful) Transition(ctx context.Context, b []store.Transition) ([]store.Transitioned, error) {
	out, err := f.Store.Transition(ctx, b)
	return out, errors.Join(err, f.once())
}

func (f *forgetful) Claim(ctx context.Context, slots []store.Slot) ([]*store.Claimed, error) {
	out, err := f.Store.Claim(ctx, slots)
	return out, errors.Join(err, f.once())
}

func TestACommitInDoubtIsRepeatedAndFindsItself(t *testing.T) {
	p := open(t, platform.Options{Wrap: func(ports runs.Ports) runs.Ports {
		ports.Store = &forgetful{Store: ports.Store}
		return ports
	}})
	receipt, err := p.Service.Submit(t.Context(), p.Request("doubt-key"))
	if err != nil || receipt.Replayed {
		t.Fatalf("submit: replayed %t, %v; want a fresh acceptance", receipt.Replayed, err)
	}
	claimed := p.Claim()
	if claimed.Run.ID != receipt.Run.ID || claimed.Run.Attempt != 1 {
		t.Errorf("claimed %s at attempt %d", claimed.Run.ID, claimed.Run.Attempt)
	}
	if ended, err := p.Service.Finish(t.Context(), claimed, p.Execute(claimed)); err != nil || !ended {
		t.Errorf("finish: %t, %v", ended, err)
	}
	p.Audit()
}
