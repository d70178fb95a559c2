// Package metric has the metrics of the pack `eval`: what each sees of a row, and how the
// value of a sample is made of it. A metric reads every row once, into a few numbers, and
// makes values of those alone: so intervals are drawn, and slices taken, without reading
// texts again.
package metric

import (
	"context"

	"github.com/go-json-experiment/json/jsontext"
)

// Row is one prediction and what is right.
type Row struct {
	// Prediction is what a system gave: text, number, label, list, object; each metric
	// says what it takes.
	Prediction jsontext.Value
	// References are the right answers, one at least, unless the metric needs none.
	References []jsontext.Value
}

// RowError tells why a metric cannot judge a row. No text of it repeats the row.
type RowError struct {
	// Code is UPPER_SNAKE, such as NOT_TEXT or NO_REFERENCE.
	Code   string
	Detail string
}

func (e *RowError) Error() string { return e.Code + ": " + e.Detail }

// Info describes a metric with its parameters.
type Info struct {
	// Name is the one under which it was asked for, such as "bleu".
	Name string
	// Signature names everything that changes the value: parameters, tokenizer, version.
	Signature string
	// Low and High bound the value; infinite where nothing does.
	Low, High float64
	// HigherIsBetter says which direction is better.
	HigherIsBetter bool
	// Unit of the scale, for people: "fraction", "percent", "rating", …
	Unit string
}

// Metric is one metric with its parameters. [Metric.Observe] is called for one row after
// the other; Value may be called from several goroutines once all rows were observed.
type Metric interface {
	Info() Info
	// Width is how many numbers are kept of a row: the same for all rows.
	Width() int
	// Observe reads a row into Width numbers. The error is a [*RowError], or ctx's, or what
	// ended the work as a whole.
	Observe(ctx context.Context, row Row, into []float64) error
	// Value is the metric of a sample; false where it has none, as of an empty sample, or a
	// ranking metric where only one class is there.
	Value(Sample) (float64, bool)
}

// Sample is a choice of observed rows, each taken any number of times.
type Sample struct {
	// Data are the numbers of all observed rows, Width for each.
	Data  []float64
	Width int
	// Times is how often each row is taken; nil: once.
	Times []int32
}

// Additive is a metric whose value is made of the sum of what was observed, which is
// quicker than going through all rows for each draw.
type Additive interface {
	Metric
	FromSum(sum []float64, rows int) (float64, bool)
}

// Scorer is a metric that gives a single row a value, so that the worst can be shown.
type Scorer interface {
	Metric
	RowValue(observed []float64) (float64, bool)
}

// Detailer is a metric that has more to say of the whole than one number: scores per
// class, a confusion matrix, ratings. What it returns is marshalled with sorted keys.
type Detailer interface {
	Metric
	Detail(Sample) any
}
