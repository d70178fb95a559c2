package decisionpack

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/llm"
	"dpp/internal/number"
	"dpp/internal/pack"
)

// The bounds of what a language model is asked.
const (
	maxProposedOptions  = 20
	maxProposedCriteria = 6  // of its own
	maxScoredCriteria   = 20 // where the caller names them
	proposals           = 3  // how often it is asked for numbers

	leastScore, mostScore = 1.0, 10.0
)

// Trust in what a model proposes, see the manifest's reliability.
const (
	proposedTrust = 0.7
	loneSpread    = 0.5
)

// Proposing returns the pack with a language model that proposes criteria and scores
// where a question comes with options alone. Without a model it is [New].
func Proposing(model *llm.Client) pack.Pack {
	p := &Pack{manifest: newManifest(), model: model}
	if model == nil {
		return p
	}
	m := p.manifest
	m.Prices = append(m.Prices, model.Prices()...)
	maps.Copy(m.Units, llm.Units())
	maps.Copy(m.Limits, map[string]int64{
		"max_proposed_options": maxProposedOptions, "max_proposed_criteria": maxProposedCriteria, "max_scored_criteria": maxScoredCriteria, "proposals": proposals,
	})
	m.Reliability += " Where a language model proposed the scores all this is multiplied by 0.7 x (1 - spread). Spread is the standard deviation of the " +
		"proposals for one option and criterion, divided by 4.5, the largest that there can be; its mean over the options, and by weight over the criteria. " +
		"Of a single proposal it is taken as 0.5."
	return p
}

// bare tells whether inputs name options and nothing by which they could be ranked.
func (in *inputs) bare() bool {
	return len(in.Options) > 0 && !in.Scores.given && in.Alternatives == nil
}

// proposes tells whether the model is to fill in what the inputs lack.
func (p *Pack) proposes(in *inputs) bool {
	return p.model != nil && in.bare() && in.Question != "" && len(in.Options) > 1 && len(in.Options) <= maxProposedOptions && len(in.Criteria) <= maxScoredCriteria
}

// standIn is a problem of the same size as one with proposals, or tells what else is
// wrong with the inputs.
func (in *inputs) standIn() (*problem, error) {
	var found findings
	for pointer, given := range map[string]bool{
		"/constraints": in.Constraints != nil, "/scenarios": in.Scenarios != nil, "/pairwise/alternatives": in.Pairwise.Alternatives != nil,
	} {
		if given {
			found.add(pointer, "conflict", "This is about values, which are only proposed: give scores, or leave it out.")
		}
	}
	if err := found.err(); err != nil {
		return nil, err
	}
	filled := *in
	if len(filled.Criteria) == 0 {
		for k := range maxProposedCriteria {
			filled.Criteria = append(filled.Criteria, criterion{Name: "criterion " + strconv.Itoa(k+1)})
		}
	}
	row := make([]*cell, len(filled.Criteria))
	for j := range row {
		row[j] = &cell{spread: spread{mid: mostScore}}
	}
	filled.Scores = scores{given: true, matrix: slices.Repeat([][]*cell{row}, len(in.Options))}
	return filled.problem()
}

// quantities are the tokens of all that the model is asked, at their worst or as they
// probably are, and of the least with which there is one proposal.
func (p *Pack) quantities(in *inputs) (least, likely, most []pack.Quantity) {
	asked := []llm.Request{in.scoreRequest(standInNames(in), 0)} // with weights: at least as long
	asked = slices.Repeat(asked, proposals)
	if len(in.Criteria) == 0 {
		asked = append([]llm.Request{in.criteriaRequest()}, asked...)
	}
	var bound, worst, few, some int64
	for i, r := range asked {
		size := p.model.Bound(r)
		bound, worst, some = bound+size, worst+r.MaxTokens, some+r.LeastTokens
		if i <= len(asked)-proposals {
			few += r.LeastTokens
		}
	}
	first := bound - (proposals-1)*p.model.Bound(asked[len(asked)-1])
	tokens := func(input, output int64) []pack.Quantity {
		return []pack.Quantity{{Unit: llm.UnitInput, Quantity: input}, {Unit: llm.UnitOutput, Quantity: output}}
	}
	return tokens(first, few), tokens(bound/3, some), tokens(bound, worst)
}

func standInNames(in *inputs) []criterion {
	if len(in.Criteria) > 0 {
		return in.Criteria
	}
	return slices.Repeat([]criterion{{Name: "a criterion of the model's own, so long."}}, maxProposedCriteria)
}

// estimateProposed is what a question with options alone takes.
func (p *Pack) estimateProposed(in *inputs) (pack.Estimate, error) {
	problem, err := in.standIn()
	if err != nil {
		return pack.Estimate{}, err
	}
	base := []pack.Quantity{{Unit: unitDecision, Quantity: 1}}
	all := base
	if problem.draws > 0 {
		all = append(all, pack.Quantity{Unit: unitEvaluation, Quantity: problem.evaluations(problem.draws)})
	}
	least, likely, most := p.quantities(in)
	return pack.Estimate{
		Minimum: slices.Concat(base, least), All: slices.Concat(all, most),
		Low: slices.Concat(all, likely), Likely: slices.Concat(all, likely), High: slices.Concat(all, most),
	}, nil
}

// proposal is what a model proposed, as it is shown.
type proposal struct {
	Model     string      `json:"model"`
	Prompts   []string    `json:"prompts_sha256"` // of every call, in their order
	Asked     int         `json:"proposals_asked"`
	Usage     llm.Usage   `json:"usage"`
	Criteria  []weighed   `json:"criteria"` // in the form of inputs
	Scores    [][]float64 `json:"scores"`   // the means, in the form of inputs
	Spread    *float64    `json:"spread,omitzero"`
	Proposals []scoring   `json:"proposals"` // as they came

	spread float64
}

// scoring is one proposal: numbers in the order of options and criteria.
type scoring struct {
	Weights []float64   `json:"weights,omitempty"` // absent where the caller named the criteria
	Scores  [][]float64 `json:"scores"`
}

// propose has the model fill in criteria, where there are none, and scores. The numbers
// are asked for several times, the options in another order each time, and the means
// count; where money or time ends after one proposal, those that are there do.
func (p *Pack) propose(ctx context.Context, meter *pack.Meter, in *inputs) (*proposal, error) {
	out := &proposal{Asked: proposals}
	own := len(in.Criteria) == 0
	if own {
		names, err := p.proposeCriteria(ctx, meter, in, out)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			in.Criteria = append(in.Criteria, criterion{Name: name, Direction: directionMax})
		}
	}
	within, cancel := inTime(ctx)
	defer cancel()
	for k := range proposals {
		one, err := p.proposeScores(within, meter, in, own, k, out)
		if k > 0 && ctx.Err() == nil && stopReason(err) != "" {
			break
		}
		if err != nil {
			return nil, err
		}
		out.Proposals = append(out.Proposals, one)
	}
	out.settle(in, own)
	return out, nil
}

// shareOfTime is how much of what is left of the time scores may be waited for, so that
// what was proposed is decided by.
const shareOfTime = 0.85

func inTime(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ends := ctx.Deadline()
	if !ends {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Duration(shareOfTime*float64(time.Until(end))))
}

// ask asks once, and once more where the answer is of no use.
func (p *Pack) ask(ctx context.Context, meter *pack.Meter, out *proposal, r llm.Request, accept func(jsontext.Value) error) error {
	for again := false; ; again = true {
		r.Seed += 1000 // another draw than before
		answer, err := p.model.Ask(ctx, meter, r)
		var fault *llm.Error
		switch {
		case err == nil:
			out.add(answer, r.Hash())
			if accept(answer.Document) == nil {
				return nil
			}
			fault = &llm.Error{Kind: llm.Malformed}
		case !errors.As(err, &fault):
			return err
		}
		if again || !fault.Spoiled() {
			return fault.Failure()
		}
	}
}

func (out *proposal) add(answer llm.Answer, hash string) {
	out.Model = answer.Model
	out.Prompts = append(out.Prompts, hash)
	out.Usage.Input += answer.Usage.Input
	out.Usage.Output += answer.Usage.Output
	out.Usage.Estimated = out.Usage.Estimated || answer.Usage.Estimated
}

// criterionName is what a criterion of a model's own may be called: no sentence, and
// nothing that could be taken for more than a name.
var criterionName = regexp.MustCompile(`^\p{L}[\p{L}\p{M}\p{N} _-]{0,39}$`)

var errNames = errors.New("these are no names of criteria")

func (p *Pack) proposeCriteria(ctx context.Context, meter *pack.Meter, in *inputs, out *proposal) ([]string, error) {
	var answer struct {
		Criteria []string `json:"criteria"`
	}
	err := p.ask(ctx, meter, out, in.criteriaRequest(), func(document jsontext.Value) error {
		answer.Criteria = nil
		if err := json.Unmarshal(document, &answer); err != nil {
			return err
		}
		sorted := slices.Sorted(slices.Values(answer.Criteria))
		if len(slices.Compact(sorted)) != len(answer.Criteria) || slices.ContainsFunc(answer.Criteria, func(name string) bool { return !criterionName.MatchString(name) }) {
			return errNames
		}
		return nil
	})
	return answer.Criteria, err
}

func (p *Pack) proposeScores(ctx context.Context, meter *pack.Meter, in *inputs, own bool, k int, out *proposal) (scoring, error) {
	r := in.scoreRequest(in.Criteria, k)
	if !own {
		r = in.scoreOnlyRequest(k)
	}
	var one scoring
	err := p.ask(ctx, meter, out, r, func(document jsontext.Value) error {
		one = scoring{}
		return json.Unmarshal(document, &one)
	})
	if err != nil {
		return one, err
	}
	for i, row := range one.Scores {
		for j := range row {
			one.Scores[i][j] = number.Round(row[j])
		}
	}
	for j := range one.Weights {
		one.Weights[j] = number.Round(one.Weights[j])
	}
	one.Scores = unrotate(one.Scores, k)
	return one, nil
}

// settle fills the inputs in with the means of all proposals.
func (out *proposal) settle(in *inputs, own bool) {
	out.Scores = make([][]float64, len(in.Options))
	in.Scores = scores{given: true, matrix: make([][]*cell, len(in.Options))}
	deviation := make([]float64, len(in.Criteria)) // by criterion, the mean over the options
	for i := range in.Options {
		for j := range in.Criteria {
			mean, sd := moments(out.Proposals, func(p scoring) float64 { return p.Scores[i][j] })
			out.Scores[i] = append(out.Scores[i], mean)
			in.Scores.matrix[i] = append(in.Scores.matrix[i], &cell{spread: spread{mid: mean}})
			deviation[j] += sd / float64(len(in.Options))
		}
	}
	for j := range in.Criteria {
		if own {
			weight, _ := moments(out.Proposals, func(p scoring) float64 { return p.Weights[j] })
			in.Criteria[j].Weight = &weight
			out.Criteria = append(out.Criteria, weighed{Name: in.Criteria[j].Name, Weight: weight, Direction: directionMax})
		}
	}
	out.deviation(deviation)
}

// deviation notes how far the proposals lie apart. Weights that are not numbers of the
// proposal count alike.
func (out *proposal) deviation(of []float64) {
	if len(out.Proposals) < 2 {
		out.spread = loneSpread
		return
	}
	total, sum := 0.0, 0.0
	for j, sd := range of {
		weight := 1.0
		if len(out.Criteria) > 0 {
			weight = out.Criteria[j].Weight
		}
		total += weight
		sum += float64(weight * sd)
	}
	out.spread = min(1, sum/total/((mostScore-leastScore)/2))
	shown := round(out.spread)
	out.Spread = &shown
}

// moments are mean and standard deviation of a number of all proposals.
func moments(of []scoring, pick func(scoring) float64) (mean, sd float64) {
	n := float64(len(of))
	for _, p := range of {
		mean += pick(p)
	}
	mean /= n
	for _, p := range of {
		off := pick(p) - mean
		sd += float64(off * off)
	}
	return round(mean), math.Sqrt(sd / n)
}

// lower is the reliability of what was computed from proposals.
func (out *proposal) lower(score dpp.Score, reasons []string) (dpp.Score, []string) {
	reasons = append(reasons, "criteria or scores were proposed by a language model, which nobody has checked")
	if out.Spread != nil {
		reasons = append(reasons, fmt.Sprintf("%d proposals lie %.4f of the largest spread apart", len(out.Proposals), out.spread))
	} else {
		reasons = append(reasons, "there is one proposal alone, so that nobody knows how far others would lie apart")
	}
	share := float64(score) / float64(dpp.FullScore)
	return scoreOf(float64(share*proposedTrust) * (1 - out.spread)), reasons
}

// mark says in an outcome that its inputs were proposed.
func (out *proposal) mark(job pack.Job, d *data, o *pack.Outcome) (*pack.Outcome, error) {
	d.Proposed, d.Proposal = true, out
	d.Rationale += " " + proposedNote
	o.Reliability, o.Reasons = out.lower(o.Reliability, o.Reasons)
	if o.Stopped == "" {
		return o, nil
	}
	rest, err := out.mended(job.Inputs) // the numbers that are paid for need not be asked for again
	o.Remaining = rest
	return o, err
}

const proposedNote = "A language model proposed what the inputs lacked; nobody has checked its numbers."

// mended are the inputs with what was proposed filled in.
func (out *proposal) mended(raw jsontext.Value) (any, error) {
	var fields map[string]jsontext.Value
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, err
	}
	for name, value := range map[string]any{"criteria": out.Criteria, "scores": out.Scores} {
		if name == "criteria" && len(out.Criteria) == 0 {
			continue
		}
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		fields[name] = text
	}
	return fields, nil
}
