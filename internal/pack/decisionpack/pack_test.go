package decisionpack

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/pack"
	"dpp/internal/pack/packtest"
)

// TestEstimateIsWhatRunTakes: the work is known before, to the unit.
func TestEstimateIsWhatRunTakes(t *testing.T) {
	for _, draws := range []int{0, 1, 250, 10_000} {
		inputs := tzengHuang().inputs(t, map[string]any{"draws": draws})
		estimate, err := New().Estimate(inputs)
		if err != nil {
			t.Fatal(err)
		}
		meter := newMeter(ample)
		outcome, err := New().Run(t.Context(), pack.Job{Inputs: inputs, Meter: meter})
		if err != nil || outcome.Stopped != "" || outcome.Remaining != nil {
			t.Fatalf("%d draws: %+v, %v", draws, outcome, err)
		}
		var used []pack.Quantity
		for _, line := range meter.Usage() {
			used = append(used, pack.Quantity{Unit: line.Unit, Quantity: line.Quantity})
		}
		if !slices.Equal(used, estimate.All) || !slices.Equal(used, estimate.High) || !slices.Equal(used, estimate.Low) {
			t.Errorf("%d draws took %v, the estimate said %v", draws, used, estimate.All)
		}
		if !slices.Equal(estimate.Minimum, estimate.All[:1]) {
			t.Errorf("the minimum is %v", estimate.Minimum)
		}
		if progress := meter.Progress(); draws > 0 && (progress.Done != int64(draws) || progress.Total != int64(draws)) {
			t.Errorf("progress %+v after %d draws", progress, draws)
		}
	}
}

// TestSmallDecisionsAreCheap: the smallest reservation pays the ranking, and a
// small decision with the usual draws costs little more.
func TestSmallDecisionsAreCheap(t *testing.T) {
	meter := newMeter(ample)
	if _, err := New().Run(t.Context(), pack.Job{Inputs: tzengHuang().inputs(t, nil), Meter: meter}); err != nil {
		t.Fatal(err)
	}
	if want := 5_600 * dpp.Money(1); meter.Total() != want {
		t.Errorf("4 x 3 x 10,000 costs %s, want %s", meter.Total(), want)
	}
}

// TestCostLimit: the ranking stands, the draws end where the money does, those
// done are the first of those asked for, and the inputs remain.
func TestCostLimit(t *testing.T) {
	inputs := tzengHuang().inputs(t, nil)
	for _, c := range []struct {
		limit dpp.Money
		draws int
	}{{5_000, 0}, {5_100, 1_500}, {5_400, 6_500}} {
		meter := newMeter(c.limit)
		outcome, err := New().Run(t.Context(), pack.Job{Inputs: inputs, Meter: meter})
		if err != nil {
			t.Fatal(err)
		}
		found := outcome.Data.(*data)
		if outcome.Stopped != dpp.StopCostLimit || found.Stability.Draws != c.draws || found.Stability.Requested != 10_000 {
			t.Errorf("limit %s: stopped %q, %+v", c.limit, outcome.Stopped, found.Stability)
		}
		if remaining, ok := outcome.Remaining.(jsontext.Value); !ok || string(remaining) != string(inputs) {
			t.Errorf("limit %s: remaining %v", c.limit, outcome.Remaining)
		}
		if meter.Total() > c.limit {
			t.Errorf("limit %s: cost %s", c.limit, meter.Total())
		}
		if found.Winner != "C" {
			t.Errorf("limit %s: winner %s", c.limit, found.Winner)
		}
		fewer, _ := run(t, tzengHuang().inputs(t, map[string]any{"draws": c.draws}))
		fewer.Stability.Requested, fewer.Rationale = 10_000, found.Rationale
		if a, b := packtest.JSON(t, found), packtest.JSON(t, fewer); string(a) != string(b) {
			t.Errorf("limit %s: the draws done are others than the first:\n%s\n%s", c.limit, a, b)
		}
	}
}

// TestHeavyDraws: where a draw is much work, fewer are made between two looks at the
// context and the limit; what is drawn is the same.
func TestHeavyDraws(t *testing.T) {
	b := randomTable(150, 30)
	b.rule = newRule(promethee2, "")
	p := b.problem(t, map[string]any{"draws": 30, "uncertainty": map[string]any{"values": .1}})
	for j := range p.rule.prefer {
		p.rule.prefer[j] = preference{Function: gaussian, S: 20}
	}
	s := newSampler(p, judge(p, p.rule), nil)
	if n := s.batch(); n < 1 || n > 3 {
		t.Errorf("%d draws of %d comparisons between two looks", n, 30*150*150)
	}
	if n := newSampler(tzengHuang().problem(t, nil), judge(p, p.rule), nil).batch(); n != drawsPerStream {
		t.Errorf("%d small draws between two looks", n)
	}
	meter := newMeter(ample)
	if stopped, err := s.run(t.Context(), meter); stopped != "" || err != nil || s.done != 30 {
		t.Fatalf("%d draws, %q, %v", s.done, stopped, err)
	}
	other := newSampler(p, judge(p, p.rule), nil)
	other.advance(30)
	if !slices.Equal(s.counts, other.counts) {
		t.Error("in parts the draws are others")
	}
}

// TestNothingAffordable: without the ranking there is no result.
func TestNothingAffordable(t *testing.T) {
	outcome, err := New().Run(t.Context(), pack.Job{Inputs: tzengHuang().inputs(t, nil), Meter: newMeter(4_900)})
	if outcome != nil || !errors.Is(err, pack.ErrCostLimit) {
		t.Errorf("%+v, %v", outcome, err)
	}
}

// meterUntil calls reached once that many draws are done.
func meterUntil(draws int64, reached func()) *pack.Meter {
	var meter *pack.Meter
	meter = pack.NewMeter(newManifest().Prices, ample, func() {
		if meter.Progress().Done == draws {
			reached()
		}
	})
	return meter
}

// TestTimebox: the deadline ends the draws, not the result.
func TestTimebox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		meter := meterUntil(750, func() { <-ctx.Done() })
		outcome, err := New().Run(ctx, pack.Job{Inputs: tzengHuang().inputs(t, nil), Meter: meter})
		if err != nil {
			t.Fatal(err)
		}
		found := outcome.Data.(*data)
		if outcome.Stopped != dpp.StopTimebox || outcome.Remaining == nil || found.Stability.Draws < 750 || found.Stability.Draws > 1000 {
			t.Errorf("stopped %q after %d draws", outcome.Stopped, found.Stability.Draws)
		}
	})
}

// TestCancel: a cancelled run gives nothing, however far it was.
func TestCancel(t *testing.T) {
	for _, draws := range []int64{0, 750} {
		ctx, cancel := context.WithCancel(t.Context())
		meter := meterUntil(draws, cancel)
		if draws == 0 {
			cancel()
		}
		outcome, err := New().Run(ctx, pack.Job{Inputs: tzengHuang().inputs(t, nil), Meter: meter})
		if outcome != nil || !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled after %d draws: %+v, %v", draws, outcome, err)
		}
		if progress := meter.Progress(); progress.Done > draws+drawsPerStream {
			t.Errorf("cancelled after %d draws, went on to %d", draws, progress.Done)
		}
		cancel()
	}
}

// TestExpired: a deadline that has passed before the ranking leaves nothing.
func TestExpired(t *testing.T) {
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	meter := newMeter(ample)
	outcome, err := New().Run(ctx, pack.Job{Inputs: tzengHuang().inputs(t, nil), Meter: meter})
	if outcome != nil || !errors.Is(err, context.DeadlineExceeded) || meter.Total() != 0 {
		t.Errorf("%+v, %v, cost %s", outcome, err, meter.Total())
	}
}

// TestRunRefusesWhatEstimateRefuses: inputs that never passed are an error, not a panic.
func TestRunRefusesWhatEstimateRefuses(t *testing.T) {
	for _, inputs := range []string{``, `{}`, `[]`, `{"criteria":[]}`, `{"alternatives":[],"criteria":[{"name":"c"}]}`} {
		outcome, err := New().Run(t.Context(), pack.Job{Inputs: jsontext.Value(inputs), Meter: newMeter(ample)})
		var wrong *pack.InputError
		if outcome != nil || !errors.As(err, &wrong) {
			t.Errorf("%s: %+v, %v", inputs, outcome, err)
		}
	}
}
