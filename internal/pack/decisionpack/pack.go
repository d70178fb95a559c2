// Package decisionpack is the pack `decision`: it ranks alternatives by weighted
// criteria and tells how far the ranking can be relied on: under which changes
// of weights and values it holds, what flips it, and which criterion makes it.
//
// Everything is computed from the inputs and the seed alone, in one goroutine
// and in a fixed order, so the same inputs give the same data. Products are
// converted explicitly before they are added: that keeps compilers from fusing
// the two into one differently rounded step on some machines.
package decisionpack

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/llm"
	"dpp/internal/pack"
)

// Pack ranks alternatives by criteria.
type Pack struct {
	manifest *pack.Manifest
	model    *llm.Client // proposes what is missing; nil: nothing is proposed
}

// New returns the pack.
func New() pack.Pack { return &Pack{manifest: newManifest()} }

// Manifest implements [pack.Pack].
func (p *Pack) Manifest() *pack.Manifest { return p.manifest }

// Estimate implements [pack.Pack]. The work is known exactly: one decision, and, where
// alternatives are ranked, one evaluation for each alternative, criterion and draw.
func (p *Pack) Estimate(raw jsontext.Value) (pack.Estimate, error) {
	base := []pack.Quantity{{Unit: unitDecision, Quantity: 1}}
	all := base
	in, err := decode(raw)
	if err != nil {
		return pack.Estimate{}, err
	}
	if in.Table != nil {
		if _, err := in.ruled(); err != nil {
			return pack.Estimate{}, err
		}
		return pack.Estimate{Minimum: base, All: all, Low: all, Likely: all, High: all}, nil
	}
	if p.proposes(in) {
		return p.estimateProposed(in)
	}
	problem, err := in.problem()
	if err != nil {
		return pack.Estimate{}, err
	}
	if problem.draws > 0 {
		all = []pack.Quantity{base[0], {Unit: unitEvaluation, Quantity: problem.evaluations(problem.draws)}}
	}
	return pack.Estimate{Minimum: base, All: all, Low: all, Likely: all, High: all}, nil
}

// Run implements [pack.Pack]. All but the draws is one unit of work; where a
// limit stops the draws, the data says how many there were, and what remains is
// the inputs as they were.
func (p *Pack) Run(ctx context.Context, job pack.Job) (*pack.Outcome, error) {
	in, err := decode(job.Inputs)
	if err != nil {
		return nil, fmt.Errorf("inputs that passed the estimate: %w", err)
	}
	if in.Table != nil {
		return runTable(ctx, job, in)
	}
	return p.rank(ctx, job, in)
}

// rank ranks alternatives, whose values are proposed where there are none.
func (p *Pack) rank(ctx context.Context, job pack.Job, in *inputs) (*pack.Outcome, error) {
	if err := begin(ctx, job); err != nil {
		return nil, err
	}
	var filled *proposal
	if p.proposes(in) {
		var err error
		if filled, err = p.propose(ctx, job.Meter, in); err != nil {
			return nil, err
		}
	}
	problem, err := in.problem()
	if err != nil {
		return nil, fmt.Errorf("inputs that passed the estimate: %w", err)
	}
	found, err := find(ctx, problem)
	if err != nil {
		return nil, err
	}
	stopped, err := found.drawn.run(ctx, job.Meter)
	if err != nil {
		return nil, err
	}
	data := report(problem, found)
	outcome := &pack.Outcome{Data: data, Stopped: stopped, Discarded: discards(problem), Artifacts: charts(problem, found, data)}
	outcome.Reliability, outcome.Reasons = reliability(problem, found.drawn)
	if stopped != "" {
		outcome.Remaining = job.Inputs
	}
	if filled == nil {
		return outcome, nil
	}
	return filled.mark(job, data, outcome)
}

// begin takes the unit of all but the draws.
func begin(ctx context.Context, job pack.Job) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return job.Meter.Take(unitDecision, 1)
}

// runTable applies a decision table. Nothing in it is uncertain.
func runTable(ctx context.Context, job pack.Job, in *inputs) (*pack.Outcome, error) {
	if err := begin(ctx, job); err != nil {
		return nil, err
	}
	out, err := in.ruled()
	if err != nil {
		return nil, fmt.Errorf("inputs that passed the estimate: %w", err)
	}
	return &pack.Outcome{Data: out, Reliability: dpp.FullScore}, nil
}

// finding is what is computed of a problem.
type finding struct {
	standing *standing
	flips    []flip
	drawn    *sampler
}

// find computes all but the draws, and prepares those.
func find(ctx context.Context, p *problem) (*finding, error) {
	s := judge(p, p.rule)
	var worlds []*standing
	for _, w := range p.worlds {
		worlds = append(worlds, p.judge(p.rule, w.values))
	}
	flips, err := s.flips(ctx, p.weights)
	return &finding{standing: s, flips: flips, drawn: newSampler(p, s, worlds)}, err
}

// stopReason tells which limit an error stands for; none for any other error.
func stopReason(err error) dpp.StopReason {
	switch {
	case errors.Is(err, pack.ErrCostLimit):
		return dpp.StopCostLimit
	case errors.Is(err, context.DeadlineExceeded):
		return dpp.StopTimebox
	default:
		return ""
	}
}

// discards lists the excluded alternatives as evidence.
func discards(p *problem) []pack.Discard {
	lines := make([]pack.Discard, 0, len(p.excluded))
	for _, e := range p.excluded {
		lines = append(lines, pack.Discard{
			Item: e.Name, Reason: "CONSTRAINT_VIOLATED",
			Detail: fmt.Sprintf("%d of the constraints, the first at /constraints/%d", len(e.Violated), e.Violated[0].Constraint),
		})
	}
	return lines
}
