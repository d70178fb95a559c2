package evalpack

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/pack"
	"dpp/internal/pack/evalpack/metric"
)

// chunkRows is how many rows are read, paid and judged at a time.
const chunkRows = 512

// run is one execution.
type run struct {
	plan    *plan
	meter   *pack.Meter
	systems []*watch // one for each metric
	others  []*watch // and for the baseline
	expect  int      // rows to judge

	read      int       // rows that came in, those that were skipped not counted
	faulty    int       // rows that something failed on
	failures  []failure // the first maxListed
	found     int       // failures in all
	reasons   []reasonCount
	log       rowLog
	worst     []*worstList
	groups    *groups
	stopped   dpp.StopReason
	ignored   []string
	file      *fileFacts
	intervals *bootstrap
}

// failure tells what could not be judged of a row, and why.
type failure struct {
	Row     int            `json:"row"`
	Line    int            `json:"line,omitzero"`
	ID      jsontext.Value `json:"id,omitzero"`
	Metrics []string       `json:"metrics,omitempty"` // absent: all
	System  string         `json:"system,omitzero"`
	Reason  string         `json:"reason_code"`
	Detail  string         `json:"detail"`
}

// The systems, as failures name them where it is not the one that is judged.
const systemBaseline = "baseline"

// fileFacts tell from which file the rows came.
type fileFacts struct {
	Name   string `json:"name,omitzero"`
	SHA256 string `json:"sha256"`
	Format string `json:"format"`
	Rows   int    `json:"rows"`
}

func newRun(p *plan, meter *pack.Meter) (*run, error) {
	r := &run{plan: p, meter: meter, groups: newGroups()}
	for i := range p.metrics {
		for _, baseline := range []bool{false, true} {
			t, err := newTally(&p.metrics[i], meter)
			if err != nil {
				return nil, fmt.Errorf("a metric that passed the estimate: %w", err)
			}
			w := &watch{tally: t, index: i, baseline: baseline}
			if baseline {
				r.others = append(r.others, w)
			} else {
				r.systems = append(r.systems, w)
			}
		}
		r.worst = append(r.worst, newWorstList(r.systems[i].metric, p.worst()))
	}
	return r, nil
}

// limits are the times at which parts of the work end, so that there is time for what
// comes after them: rows that were judged shall have their intervals.
type limits struct{ rows, intervals time.Time }

// The shares of the time after which rows are read no more, and samples drawn no more.
const (
	shareRows      = 0.6
	shareIntervals = 0.9
)

func limitsOf(ctx context.Context, samples int) limits {
	end, ok := ctx.Deadline()
	if !ok {
		return limits{}
	}
	left := time.Until(end)
	after := func(share float64) time.Time { return end.Add(-time.Duration((1 - share) * float64(left))) }
	if samples == 0 {
		return limits{rows: after(shareIntervals), intervals: end}
	}
	return limits{rows: after(shareRows), intervals: after(shareIntervals)}
}

// bounded is a context that ends at a time, if one is set.
func bounded(ctx context.Context, end time.Time) (context.Context, context.CancelFunc) {
	if end.IsZero() {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, end)
}

// judgeAll reads, pays and judges rows until there are no more or a limit ends it, which
// is then in r.stopped. It is an error where nothing was judged before.
func (r *run) judgeAll(ctx context.Context, rows door, until time.Time) error {
	early, cancel := bounded(ctx, until)
	defer cancel()
	q := &queue{door: rows}
	if err := q.skip(ctx, r.plan.skip()); err != nil {
		return err
	}
	r.progress()
	for {
		chunk, err := q.take(chunkRows)
		if err != nil {
			return err
		}
		if len(chunk) == 0 {
			return nil
		}
		within := early
		if r.read == 0 { // something must be finished, or there is no result
			within = ctx
		}
		done, err := r.judge(within, chunk)
		q.giveBack(chunk[done:])
		if err != nil {
			return r.stop(ctx, err)
		}
		r.progress()
	}
}

// judge pays for rows of a chunk and judges them. It tells how many it has finished;
// fewer than there are is no error.
func (r *run) judge(ctx context.Context, chunk []record) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	paid, err := r.pay(chunk)
	if err != nil {
		return 0, err
	}
	watches := append(append([]*watch{}, r.systems...), r.others...)
	done, err := observe(ctx, watches, chunk[:paid])
	if room := r.room(done); room < done {
		return 0, tooManyNumbers()
	}
	r.absorb(chunk[:done])
	return done, err
}

// pay takes the units of as many of the rows as there is money for, by halves. It is
// [pack.ErrCostLimit] where there is none for the first.
func (r *run) pay(chunk []record) (int, error) {
	for n := len(chunk); ; n = (n + 1) / 2 {
		err := r.meter.Take(unitEvaluation, r.plan.units(chunk[:n]))
		if err == nil {
			return n, nil
		}
		if !errors.Is(err, pack.ErrCostLimit) || n == 1 {
			return 0, err
		}
	}
}

// units are what judging rows takes: each metric of each system, and the same once more
// for every begun thousand of samples. Rows that could not be read take none.
func (p *plan) units(rows []record) int64 {
	var judged int64
	for i := range rows {
		if rows[i].fault == nil {
			judged += systems(&rows[i])
		}
	}
	return judged * p.unitsPerRow()
}

func (p *plan) unitsPerRow() int64 {
	return int64(len(p.metrics)) * int64(1+(p.samples()+999)/1000)
}

// room tells how many more rows can be kept in memory.
func (r *run) room(rows int) int {
	kept, width := 0, 0
	for i := range r.systems {
		kept += len(r.systems[i].data) + len(r.others[i].data)
		width += 2 * r.systems[i].width
	}
	if width == 0 {
		return rows
	}
	return (maxNumbers - kept) / width
}

func tooManyNumbers() error {
	return reject("The metrics keep more numbers of these rows than there is room for.", "Submit fewer rows or fewer metrics in one run.")
}

// absorb takes over what was found of rows that all metrics have looked at.
func (r *run) absorb(rows []record) {
	found := make([]rowFound, len(rows))
	for _, w := range r.systems {
		r.collect(w, rows, found)
	}
	for _, w := range r.others {
		r.collect(w, rows, found)
	}
	for i := range rows {
		r.finish(&rows[i], &found[i], int32(r.read+i)) //nolint:gosec // there are fewer rows than maxRows
	}
	r.read += len(rows)
}

// rowFound is what was found of one row.
type rowFound struct {
	values, others []labelled
	failures       []failure
}

type labelled struct {
	label string
	value float64
}

// collect appends what a watch saw to its tally.
func (r *run) collect(w *watch, rows []record, found []rowFound) {
	label := r.plan.metrics[w.index].label
	scorer, _ := w.metric.(metric.Scorer)
	for k, place := range w.places {
		if place >= len(rows) {
			return
		}
		if err := w.errs[k]; err != nil {
			found[place].fail(label, w.baseline, err)
			continue
		}
		seen := w.into[k*w.width : (k+1)*w.width]
		if w.data == nil { // once, as growing by and by would hold most of it twice
			w.data = make([]float64, 0, min(r.expect*w.width, maxNumbers))
		}
		w.data = append(w.data, seen...)
		w.tally.rows = append(w.tally.rows, int32(r.read+place)) //nolint:gosec // there are fewer rows than maxRows
		if scorer == nil {
			continue
		}
		value, ok := scorer.RowValue(seen)
		if !ok || math.IsNaN(value) || math.IsInf(value, 0) {
			continue
		}
		if w.baseline {
			found[place].others = append(found[place].others, labelled{label, value})
			continue
		}
		found[place].values = append(found[place].values, labelled{label, value})
		r.worst[w.index].offer(&rows[place], value)
	}
}

// fail notes that a metric could not judge a row. Metrics with the same reason share a line.
func (f *rowFound) fail(label string, baseline bool, err error) {
	var bad *metric.RowError
	if !errors.As(err, &bad) {
		return
	}
	system := ""
	if baseline {
		system = systemBaseline
	}
	for i := range f.failures {
		if same := &f.failures[i]; same.Reason == bad.Code && same.Detail == bad.Detail && same.System == system {
			same.Metrics = append(same.Metrics, label)
			return
		}
	}
	f.failures = append(f.failures, failure{Metrics: []string{label}, System: system, Reason: bad.Code, Detail: bad.Detail})
}

// finish notes a row in the log, among the failures and in its groups.
func (r *run) finish(row *record, found *rowFound, place int32) {
	if row.fault != nil {
		found.failures = []failure{{Reason: row.fault.Code, Detail: row.fault.Detail}}
	}
	for i := range found.failures {
		f := &found.failures[i]
		f.Row, f.Line, f.ID = row.index, row.line, row.id
	}
	if len(found.failures) > 0 {
		r.faulty++
		r.list(found.failures)
	}
	r.groups.add(row.groups, place)
	r.log.add(row, found)
}

// reasonCount is how often something failed for a reason.
type reasonCount struct {
	code  string
	count int
}

// list keeps failures while there is room, and counts all of them.
func (r *run) list(failures []failure) {
	r.found += len(failures)
	r.failures = append(r.failures, failures[:min(len(failures), maxListed-len(r.failures))]...)
	for _, f := range failures {
		i := slices.IndexFunc(r.reasons, func(known reasonCount) bool { return known.code == f.Reason })
		if i < 0 {
			i = len(r.reasons)
			r.reasons = append(r.reasons, reasonCount{code: f.Reason})
		}
		r.reasons[i].count++
	}
}

// stop says which limit ended the work. It is the error where that was none, or where
// no row was judged before.
func (r *run) stop(ctx context.Context, err error) error {
	switch {
	case errors.Is(ctx.Err(), context.Canceled), !r.anyJudged():
		return err
	case errors.Is(err, pack.ErrCostLimit):
		r.stopped = dpp.StopCostLimit
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		r.stopped = dpp.StopTimebox
		return nil
	default:
		return err
	}
}

func (r *run) anyJudged() bool {
	for _, w := range r.systems {
		if len(w.tally.rows) > 0 {
			return true
		}
	}
	return false
}

func (r *run) progress() { r.meter.Advance(int64(r.read), int64(r.expect), "row") }
