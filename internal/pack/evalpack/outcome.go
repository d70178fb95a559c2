package evalpack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/pack"
)

// conclude makes the outcome of what was judged.
func (r *run) conclude(ctx context.Context, ends limits) (*pack.Outcome, error) {
	r.intervals = &bootstrap{samples: r.plan.samples(), seed: r.plan.seed(), confidence: r.plan.confidence()}
	results := r.results(r.intervals)
	early, cancel := bounded(ctx, ends.intervals)
	r.intervals.draw(early)
	cancel()
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil, ctx.Err()
	}
	for _, m := range results {
		m.settle(r.plan.confidence())
	}
	out := &pack.Outcome{Stopped: r.stopped, Discarded: r.discarded()}
	if out.Stopped == "" && r.intervals.least < r.intervals.samples {
		out.Stopped = dpp.StopTimebox
	}
	out.Reliability, out.Reasons = r.reliability(results)
	d := r.data(results, out.Stopped != "")
	if err := r.addArtifacts(out, d); err != nil {
		return nil, err
	}
	out.Data = d
	if out.Stopped != "" {
		out.Remaining = r.remaining()
	}
	return out, nil
}

func (r *run) data(results []*result, stopped bool) *data {
	d := &data{
		Metrics: results, Assertions: []verdict{}, Worst: []worstRow{}, File: r.file,
		Failed: append([]failure{}, r.failures...),
		Rows: rowCounts{
			Read: r.read, Skipped: r.plan.skip(), Failed: r.faulty, FailedFraction: *shown(float64(r.faulty)/float64(r.read), true),
			MaxFailed: valueOr(r.plan.MaxFailed, 0), Failures: r.found,
		},
		Bootstrap: bootstrapFacts{Samples: r.intervals.samples, Drawn: r.intervals.least, Seed: r.intervals.seed, Confidence: r.plan.confidence()},
	}
	d.Rows.FailuresListed = len(d.Failed)
	for i, list := range r.worst {
		for _, row := range list.rows {
			row.Metric = r.plan.metrics[i].label
			d.Worst = append(d.Worst, row)
		}
	}
	for _, a := range r.plan.Assertions {
		d.Assertions = append(d.Assertions, a.judge(results))
	}
	d.gate(stopped)
	return d
}

// remaining is the rest of the work. Rows that were judged are left out of it; where all
// were and only samples are missing, it is the whole.
func (r *run) remaining() *request {
	rest := *r.plan.request
	switch {
	case r.stopped == "":
	case rest.File != nil:
		skip := float64(r.plan.skip() + r.read)
		rest.SkipRows = &skip
	default:
		rest.Rows = rest.Rows[r.read:]
	}
	return &rest
}

// discarded is evidence of what was left out.
func (r *run) discarded() []pack.Discard {
	var lines []pack.Discard
	if names := r.ignored; len(names) > 0 {
		shown := names[:min(len(names), maxIgnoredShown)]
		lines = append(lines, pack.Discard{
			Item: strings.Join(shown, ", "), Reason: "COLUMNS_NOT_USED", Detail: fmt.Sprintf("Nothing is read from %d columns of the file.", len(names)),
		})
	}
	if r.groups.left > 0 {
		lines = append(lines, pack.Discard{
			Item: "groups", Reason: "TOO_MANY_GROUPS", Detail: fmt.Sprintf("The first %d groups have slices; %d rows are in others, too.", maxGroups, r.groups.left),
		})
	}
	if more := r.found - len(r.failures); more > 0 {
		lines = append(lines, pack.Discard{
			Item: "rows_failed", Reason: "LISTED_ELSEWHERE", Detail: fmt.Sprintf("%d more failures are in the artifact %s alone.", more, artifactRows),
		})
	}
	return lines
}

// nothingJudged is how a run ends no row of which any metric could judge.
func (r *run) nothingJudged() *pack.Failure {
	order := make([]string, len(r.reasons))
	for i, reason := range r.reasons {
		order[i] = fmt.Sprintf("%s %d", reason.code, reason.count)
	}
	detail := "There are no rows."
	if r.read > 0 {
		detail = fmt.Sprintf("No metric could judge any of the %d rows: %s.", r.read, strings.Join(order[:min(len(order), 10)], ", "))
	}
	f := reject(detail, "Give rows of the form that the metrics need, see the pack's page; where cells of a table are numbers or lists, set cell_values to json.")
	for _, failed := range r.failures[:min(len(r.failures), maxEvidence)] {
		f.Discarded = append(f.Discarded, pack.Discard{Item: fmt.Sprintf("row %d", failed.Row), Reason: failed.Reason, Detail: failed.Detail})
	}
	return f
}

// The artifacts.
const (
	artifactRows    = "rows.jsonl"
	artifactReport  = "report.md"
	artifactChart   = "metrics.svg"
	artifactCompare = "comparison.svg"
)

func (r *run) addArtifacts(out *pack.Outcome, d *data) error {
	if r.log.err != nil {
		return r.log.err
	}
	for i, w := range r.systems {
		detail, err := w.detail()
		if err != nil {
			return err
		}
		out.Artifacts = append(out.Artifacts, d.Metrics[i].setDetail(i, detail)...)
	}
	charts := d.charts()
	out.Artifacts = append(out.Artifacts, charts...)
	report := writeReport(d, out, slices.Collect(chartNames(charts)))
	out.Artifacts = append(out.Artifacts,
		pack.Artifact{Name: artifactRows, MediaType: "application/x-ndjson", Content: r.log.text.Bytes()},
		pack.Artifact{Name: artifactReport, MediaType: "text/markdown; charset=utf-8", Content: report})
	return nil
}

// setDetail puts a detail into the result, or where it is large into an artifact.
func (m *result) setDetail(i int, detail jsontext.Value) []pack.Artifact {
	if len(detail) <= maxDetailInline {
		m.Detail = detail
		return nil
	}
	m.DetailArtifact = fmt.Sprintf("detail-%d-%s.json", i, m.Name)
	return []pack.Artifact{{Name: m.DetailArtifact, MediaType: "application/json", Content: detail}}
}
