package judge

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"dpp/internal/llm"
	"dpp/internal/pack"
	"dpp/internal/pack/evalpack"
	"dpp/internal/pack/evalpack/metric"
)

// What is said of rows that the model did not judge.
var (
	errNoPrediction = &metric.RowError{Code: "NO_PREDICTION", Detail: "The row has no prediction."}
	errTooLong      = &metric.RowError{Code: "TOO_LONG", Detail: "The row is longer than a language model is asked about."}
	errUseless      = &metric.RowError{Code: "JUDGEMENT_UNUSABLE", Detail: "The language model gave no number of the scale, twice."}
	errDeclined     = &metric.RowError{Code: "JUDGEMENT_DECLINED", Detail: "The language model declined to judge the row."}
	errAway         = &metric.RowError{Code: "JUDGE_UNAVAILABLE", Detail: "The language model did not answer, after several tries."}
)

const (
	// atOnce is how many rows are judged at a time.
	atOnce = 8
	// hopeless is how many rows, or all where there are fewer, find nobody to judge them
	// before the run ends that nobody has ever answered.
	hopeless = 8
	// shareOfTime is how much of what is left of the time may be spent on judging, so that
	// what was judged arrives.
	shareOfTime = 0.85
)

var _ evalpack.Batcher = (*judge)(nil)

// Observe implements [metric.Metric].
func (j *judge) Observe(ctx context.Context, row metric.Row, into []float64) error {
	errs, stopped := j.ObserveAll(ctx, []metric.Row{row}, into)
	if stopped != nil {
		return stopped
	}
	return errs[0]
}

// judged is a row that was judged, or was not.
type judged struct {
	row int
	err error
}

// ObserveAll implements [evalpack.Batcher]. Rows are paid for in their order, each at its
// worst before it is asked about; where there is no money for the next one, those under
// way are waited for, as most of them take less.
func (j *judge) ObserveAll(ctx context.Context, rows []metric.Row, into []float64) (errs []error, stopped error) {
	within, cancel := inTime(ctx)
	defer cancel()
	b := &batch{ended: make(chan judged, atOnce), errs: make([]error, len(rows)), end: len(rows), from: j.from, hopeless: min(hopeless, len(rows))}
	for next := 0; next < len(rows) && b.stopped == nil; {
		if b.flying == atOnce {
			b.wait()
			continue
		}
		calls, err := j.prepare(&rows[next])
		switch {
		case errors.Is(err, pack.ErrCostLimit) && b.flying > 0:
			b.wait()
			continue
		case err == nil && within.Err() != nil:
			err = context.Cause(within)
			drop(calls)
			fallthrough
		case err != nil:
			b.take(judged{next, err})
		default:
			b.flying++
			row, seen := next, into[next*j.Width():(next+1)*j.Width()]
			go func() { b.ended <- judged{row, j.ask(within, &rows[row], calls, seen)} }() // the batch waits for it
		}
		next++
	}
	for b.flying > 0 {
		b.wait()
	}
	return b.errs[:b.end], b.stopped
}

// inTime ends before ctx does.
func inTime(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ends := ctx.Deadline()
	if !ends {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Duration(shareOfTime*float64(time.Until(end))))
}

// batch gathers what became of rows.
type batch struct {
	ended   chan judged
	flying  int
	errs    []error
	away    int // of the rows that ended last, how many found nobody
	end     int // the first row that was not judged
	stopped error

	from     *answerers
	hopeless int
}

func (b *batch) wait() {
	one := <-b.ended
	b.flying--
	b.take(one)
}

// take notes the end of a row. What ends the work as a whole ends it at the earliest row
// that it met.
func (b *batch) take(one judged) {
	var fault *llm.Error
	var bad *metric.RowError
	err := one.err
	if errors.As(err, &fault) {
		err = rowError(fault)
	}
	b.away++
	if !errors.Is(err, errAway) {
		b.away = 0
	}
	if b.away >= b.hopeless && len(b.from.list()) == 0 {
		err = fault.Failure()
	}
	if err == nil || errors.As(err, &bad) {
		b.errs[one.row] = err
		return
	}
	if one.row < b.end || b.stopped == nil {
		b.end, b.stopped = min(b.end, one.row), err
	}
}

// rowError is what a call without an answer means for its row, or for the run as a whole.
func rowError(fault *llm.Error) error {
	switch {
	case fault.Kind == llm.Oversized:
		return errTooLong
	case fault.Kind == llm.Declined:
		return errDeclined
	case fault.Spoiled():
		return errUseless
	case fault.Transient():
		return errAway
	default:
		return fault.Failure()
	}
}

// prepare holds money for all judgements of a row, or for none.
func (j *judge) prepare(row *metric.Row) ([]*llm.Call, error) {
	if len(row.Prediction) == 0 {
		return nil, errNoPrediction
	}
	var calls []*llm.Call
	for k := range j.Judgements {
		call, err := j.model.Prepare(j.meter, j.request(row, k))
		if err != nil {
			drop(calls)
			return nil, err
		}
		calls = append(calls, call)
	}
	return calls, nil
}

func drop(calls []*llm.Call) {
	for _, call := range calls {
		call.Drop()
	}
}

// ask has a row judged. A judgement that is of no use is asked for once more.
func (j *judge) ask(ctx context.Context, row *metric.Row, calls []*llm.Call, into []float64) error {
	defer drop(calls)
	sum := 0.0
	for k, call := range calls {
		score, err := j.score(call.Do(ctx))
		var fault *llm.Error
		if errors.As(err, &fault) && fault.Spoiled() {
			again := j.request(row, k)
			again.Seed += 1000 // another draw
			score, err = j.score(j.model.Ask(ctx, j.meter, again))
		}
		if err != nil {
			return err
		}
		into[1+k] = score
		sum += score
	}
	into[0] = sum / float64(len(calls))
	return nil
}

// score reads a judgement, which has its form.
func (j *judge) score(answer llm.Answer, err error) (float64, error) {
	if err != nil {
		return 0, err
	}
	var given struct {
		Score float64 `json:"score"`
	}
	if err := json.Unmarshal(answer.Document, &given); err != nil {
		return 0, &llm.Error{Kind: llm.Malformed}
	}
	j.from.add(answer.Model)
	return given.Score, nil
}

// answerers are the models that answered, by the names that their server gave them.
type answerers struct {
	mu    sync.Mutex
	names []string
}

// maxAnswerers is how many names are kept: a server that has more has no name for them.
const maxAnswerers = 5

func (a *answerers) add(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if i, known := slices.BinarySearch(a.names, name); !known && len(a.names) < maxAnswerers {
		a.names = slices.Insert(a.names, i, name)
	}
}

func (a *answerers) list() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.names)
}
