package runs_test

import (
	"context"
	"errors"
	"testing"

	"dpp"
	"dpp/internal/pack"
	"dpp/internal/runs"
	"dpp/test/platform"
)

func TestFinishSettlesTheMeteredCost(t *testing.T) {
	p := open(t, platform.Options{})
	p.Pack.Do(func(_ context.Context, job pack.Job) (*pack.Outcome, error) {
		err := job.Meter.Take("step", 3)
		return &pack.Outcome{Data: map[string]int{"n": 3}, Reliability: 900_000, Artifacts: []pack.Artifact{{Name: "a.txt", MediaType: "text/plain", Content: []byte("hello")}}}, err
	})
	p.Submit("finish-key")
	claimed := p.Claim()
	if ended, err := p.Service.Finish(t.Context(), claimed, p.Execute(claimed)); err != nil || !ended {
		t.Fatal(ended, err)
	}
	run := p.Run(claimed.Run.ID)
	if run.Status != dpp.StatusCompleted || run.Money != dpp.MoneySettled || run.Used != 3*platform.StepPrice || run.Version != 3 {
		t.Errorf("run %s, %s, used %s, version %d", run.Status, run.Money, run.Used, run.Version)
	}
	text, err := p.Service.Envelope(t.Context(), &run)
	if err != nil || pack.SumHex(text) != run.Result.SHA256 || int64(len(text)) != run.Result.Size {
		t.Errorf("the stored envelope is not what the run says: %v", err)
	}
	if len(run.Result.Artifacts) != 1 || run.Result.Artifacts[0].SHA256 != pack.SumHex([]byte("hello")) {
		t.Errorf("artifacts %+v", run.Result.Artifacts)
	}
	info, err := p.Ports.Blob.Head(t.Context(), run.Result.Key)
	if err != nil || info.Metadata["dpp-outcome"] != "COMPLETED" || info.Metadata["dpp-cost-usd-micros"] != "30000" ||
		info.Metadata["dpp-sha256"] != run.Result.SHA256 || info.Metadata["dpp-attempt"] != "1" {
		t.Errorf("metadata %v, %v", info.Metadata, err)
	}
	p.Audit()
}

func TestALoserLeavesNoTrace(t *testing.T) {
	p := open(t, platform.Options{})
	p.Submit("loser-key")
	claimed := p.Claim()
	ending := p.Execute(claimed)
	if _, err := p.Service.Cancel(t.Context(), p.Key, claimed.Run.ID); err != nil {
		t.Fatal(err)
	}
	before, account := p.Run(claimed.Run.ID), p.Account(p.Key)
	if ended, err := p.Service.Finish(t.Context(), claimed, ending); err != nil || ended {
		t.Errorf("a finish after a cancel: happened %t, %v", ended, err)
	}
	after := p.Run(claimed.Run.ID)
	if after.Version != before.Version || after.Status != dpp.StatusCanceled || after.Result != nil || p.Account(p.Key) != account {
		t.Errorf("the loser left %+v", after)
	}
	p.Audit()
}

// TestEndings walks through everything that a pack can come back with.
func TestEndings(t *testing.T) {
	fee := dpp.MinimumFee(dpp.USD / 2)
	step := func(job pack.Job) { _ = job.Meter.Take("step", 1) }
	for name, c := range map[string]struct {
		do      func(context.Context, pack.Job) (*pack.Outcome, error)
		change  func(*runs.Request)
		status  dpp.Status
		reason  dpp.Reason
		used    dpp.Money
		partial bool
	}{
		"success": {do: platform.OneStep, status: dpp.StatusCompleted, used: platform.StepPrice},
		"nothing metered": {
			do:     func(context.Context, pack.Job) (*pack.Outcome, error) { return &pack.Outcome{Data: struct{}{}}, nil },
			status: dpp.StatusCompleted, used: 0,
		},
		"partial at the cost limit": {
			do: func(_ context.Context, job pack.Job) (*pack.Outcome, error) {
				step(job)
				return &pack.Outcome{Data: map[string]int{"n": 1}, Stopped: dpp.StopCostLimit, Remaining: map[string]string{"note": "rest"}}, nil
			},
			status: dpp.StatusCompleted, used: platform.StepPrice, partial: true,
		},
		"partial not allowed": {
			do: func(_ context.Context, job pack.Job) (*pack.Outcome, error) {
				step(job)
				return &pack.Outcome{Data: struct{}{}, Stopped: dpp.StopTimebox, Remaining: struct{}{}}, nil
			},
			change: func(r *runs.Request) { r.Options.AllowPartial = false },
			status: dpp.StatusFailed, reason: dpp.ReasonTimeboxExceeded, used: fee,
		},
		"cost limit before anything": {
			do:     func(context.Context, pack.Job) (*pack.Outcome, error) { return nil, pack.ErrCostLimit },
			status: dpp.StatusFailed, reason: dpp.ReasonCostLimitReached, used: fee,
		},
		"rejected inputs": {
			do: func(context.Context, pack.Job) (*pack.Outcome, error) {
				return nil, &pack.Failure{Reason: dpp.ReasonInputRejected, Detail: "Nothing to read.", Blocked: []pack.Block{{URL: "u", Reason: "private"}}}
			},
			status: dpp.StatusFailed, reason: dpp.ReasonInputRejected, used: fee,
		},
		"the pack's own error": {
			do:     func(context.Context, pack.Job) (*pack.Outcome, error) { return nil, errors.New("secret detail") },
			status: dpp.StatusFailed, reason: dpp.ReasonPackError, used: fee,
		},
		"a failure with a reason that is not a pack's": {
			do: func(context.Context, pack.Job) (*pack.Outcome, error) {
				return nil, &pack.Failure{Reason: dpp.ReasonCanceled}
			},
			status: dpp.StatusFailed, reason: dpp.ReasonPackError, used: fee,
		},
		"neither outcome nor error": {
			do:     func(context.Context, pack.Job) (*pack.Outcome, error) { return nil, nil },
			status: dpp.StatusFailed, reason: dpp.ReasonPackError, used: fee,
		},
		"not reliable enough": {
			do: func(_ context.Context, job pack.Job) (*pack.Outcome, error) {
				step(job)
				return &pack.Outcome{Data: struct{}{}, Reliability: 799_999, Reasons: []string{"too little was said"}}, nil
			},
			change: func(r *runs.Request) { r.Reservation.MinReliability = 800_000 },
			status: dpp.StatusFailed, reason: dpp.ReasonReliabilityNotMet, used: fee,
		},
		"data that cannot be written": {
			do: func(context.Context, pack.Job) (*pack.Outcome, error) {
				return &pack.Outcome{Data: make(chan int)}, nil
			},
			status: dpp.StatusFailed, reason: dpp.ReasonInternal, used: fee,
		},
		"larger than an envelope": {
			do: func(context.Context, pack.Job) (*pack.Outcome, error) {
				return &pack.Outcome{Data: map[string]string{"text": string(make([]byte, pack.MaxEnvelope))}}, nil
			},
			status: dpp.StatusFailed, reason: dpp.ReasonPackError, used: fee,
		},
	} {
		t.Run(name, func(t *testing.T) {
			// The worker ends the run, or dies before it can: both must come to the same.
			for _, dies := range []bool{false, true} {
				p := open(t, platform.Options{})
				p.Pack.Do(c.do)
				request := p.Request("ending-key")
				if c.change != nil {
					c.change(&request)
				}
				if _, err := p.Service.Submit(t.Context(), request); err != nil {
					t.Fatal(err)
				}
				claimed := p.Claim()
				ending := p.Execute(claimed)
				if dies {
					if ending.Sealed == nil {
						continue // nothing was stored, so nothing is rolled forward
					}
					dieBeforeCommit(t, p, claimed.Run, ending)
				} else if ended, err := p.Service.Finish(t.Context(), claimed, ending); err != nil || !ended {
					t.Fatal(ended, err)
				}
				run := p.Run(claimed.Run.ID)
				if run.Status != c.status || run.Used != c.used || run.Money != dpp.MoneyStateFor(c.used) || run.Attempt != 1 {
					t.Errorf("dies %t: %s at attempt %d, used %s, %s; want %s, %s", dies, run.Status, run.Attempt, run.Used, run.Money, c.status, c.used)
				}
				if c.reason != "" && (run.Error == nil || run.Error.Reason != c.reason || run.Error.Detail == "" || run.Error.Hint == "" || run.Error.Detail == "secret detail") {
					t.Errorf("dies %t: error %+v, want %s", dies, run.Error, c.reason)
				}
				if c.reason == dpp.ReasonReliabilityNotMet && (*run.Error.Reliability != 799_999 || *run.Error.Required != 800_000 || len(run.Error.Reasons) != 1) {
					t.Errorf("dies %t: error %+v", dies, run.Error)
				}
				if c.reason == "" && run.Result.Partial != c.partial {
					t.Errorf("dies %t: partial %t", dies, run.Result.Partial)
				}
				p.Audit()
			}
		})
	}
}

// dieBeforeCommit stores what a worker found, lets its lease run out without a
// transition, and has the reaper look.
func dieBeforeCommit(t *testing.T, p *platform.Platform, run dpp.Run, ending runs.Ending) {
	t.Helper()
	p.StoreOnly(run, ending)
	p.LoseLeases()
	if n, err := p.Service.Recover(t.Context()); err != nil || n != 1 {
		t.Fatalf("recover looked at %d, %v", n, err)
	}
}

func TestFinishAgainAfterItsOwnPut(t *testing.T) {
	p := open(t, platform.Options{})
	p.Submit("again-key")
	claimed := p.Claim()
	ending := p.Execute(claimed)
	p.StoreOnly(claimed.Run, ending)
	if ended, err := p.Service.Finish(t.Context(), claimed, ending); err != nil || !ended {
		t.Errorf("finish after an earlier put of the same: %t, %v", ended, err)
	}
	p.Audit()
}

func TestAForeignObjectUnderTheKeyIsNotTakenForOurs(t *testing.T) {
	p := open(t, platform.Options{})
	p.Submit("foreign-key")
	claimed := p.Claim()
	ending := p.Execute(claimed)
	other := p.Execute(claimed)
	other.Sealed.Bytes = append(other.Sealed.Bytes, ' ')
	p.StoreOnly(claimed.Run, other)
	if ended, err := p.Service.Finish(t.Context(), claimed, ending); err == nil || ended {
		t.Error("a run was pointed at an object that is not its own")
	}
	if run := p.Run(claimed.Run.ID); run.Status != dpp.StatusProcessing {
		t.Errorf("run is %s", run.Status)
	}
}
