package evalpack

import (
	"context"
	"errors"

	"dpp/internal/pack"
	"dpp/internal/pack/evalpack/metric"
)

// tally is what one metric saw of one system: some numbers for each row that it could judge.
type tally struct {
	metric metric.Metric
	width  int
	data   []float64
	rows   []int32 // which rows of the run, ascending
}

func newTally(m *planned, meter *pack.Meter) (*tally, error) {
	made, err := m.make(meter)
	if err != nil {
		return nil, err
	}
	return &tally{metric: made, width: made.Width()}, nil
}

// all is the sample of all judged rows.
func (t *tally) all() metric.Sample { return metric.Sample{Data: t.data, Width: t.width} }

// of are the numbers of the k-th judged row.
func (t *tally) of(k int) []float64 { return t.data[k*t.width : (k+1)*t.width] }

// only is the tally of those judged rows that are also among some, which are ascending.
func (t *tally) only(rows []int32) *tally {
	part := &tally{metric: t.metric, width: t.width}
	k := 0
	for _, row := range rows {
		for k < len(t.rows) && t.rows[k] < row {
			k++
		}
		if k < len(t.rows) && t.rows[k] == row {
			part.rows = append(part.rows, row)
			part.data = append(part.data, t.of(k)...)
		}
	}
	return part
}

// watch is a tally at work on a chunk of rows.
type watch struct {
	*tally
	index    int  // of the metric in the plan
	baseline bool // judges the other system
	rows     []metric.Row
	places   []int // which records of the chunk they are
	into     []float64
	errs     []error
	stopped  error
}

// begin takes over the rows of a chunk that concern the tally.
func (w *watch) begin(chunk []record) {
	w.rows, w.places = w.rows[:0], w.places[:0]
	for i := range chunk {
		row := chunk[i].row
		if chunk[i].fault != nil || w.baseline && chunk[i].baseline == nil {
			continue
		}
		if w.baseline {
			row.Prediction = chunk[i].baseline
		}
		w.rows, w.places = append(w.rows, row), append(w.places, i)
	}
	if need := len(w.rows) * w.width; cap(w.into) < need {
		w.into = make([]float64, need)
	}
	w.into = w.into[:len(w.rows)*w.width]
	clear(w.into)
	w.errs, w.stopped = w.errs[:0], nil
}

// look judges the rows until the work is stopped as a whole.
func (w *watch) look(ctx context.Context) {
	if b, ok := w.metric.(Batcher); ok {
		w.errs, w.stopped = b.ObserveAll(ctx, w.rows, w.into)
		return
	}
	for k, row := range w.rows {
		err := ctx.Err()
		if err == nil {
			err = w.metric.Observe(ctx, row, w.into[k*w.width:(k+1)*w.width])
		}
		var bad *metric.RowError
		if err != nil && !errors.As(err, &bad) {
			w.stopped = err
			return
		}
		w.errs = append(w.errs, err)
	}
}

// reached is how many records of a chunk were looked at for sure.
func (w *watch) reached(chunk int) int {
	if w.stopped == nil || len(w.errs) >= len(w.places) {
		return chunk
	}
	return w.places[len(w.errs)]
}

// observe has all watches look at a chunk, several at once. It tells how many records all
// of them have looked at, and what stopped one of them before the last.
func observe(ctx context.Context, watches []*watch, chunk []record) (int, error) {
	parallel(len(watches), workers(len(watches)), func(_, i int) {
		watches[i].begin(chunk)
		watches[i].look(ctx)
	})
	done := len(chunk)
	var stopped error
	for _, w := range watches {
		if reached := w.reached(len(chunk)); w.stopped != nil && (stopped == nil || reached < done) {
			done, stopped = min(done, reached), w.stopped
		}
	}
	return done, stopped
}
