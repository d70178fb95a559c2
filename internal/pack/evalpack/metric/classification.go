package metric

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// classified is a metric of labels. Of a row it keeps the numbers of the label predicted
// and of the right one.
type classified struct {
	info   Info
	labels labels
	value  func(*confusion) (float64, bool)
	detail func(Sample) any
}

func (c *classified) Info() Info { return c.info }

func (c *classified) Width() int { return 2 }

func (c *classified) Observe(_ context.Context, row Row, into []float64) error {
	predicted, right, err := c.labels.read(row)
	if err != nil {
		return err
	}
	into[0], into[1] = float64(predicted), float64(right)
	return nil
}

func (c *classified) Value(s Sample) (float64, bool) {
	return c.value(newConfusion(s, len(c.labels.names)))
}

// RowValue is 1 for a right label and 0 for a wrong one.
func (c *classified) RowValue(observed []float64) (float64, bool) {
	return zeroOne(observed[0] == observed[1]), true
}

// Detail is the report per label and the confusion matrix.
func (c *classified) Detail(s Sample) any { return c.detail(s) }

// report is a classification report: precision, recall and F1 of each label, and their
// averages, as scikit-learn computes them.
type report struct {
	classified
	reportParams
	// counted are the labels that averages go over; none: those of the sample.
	counted []int
}

type reportParams struct {
	Measure      string           `json:"measure"`
	Average      string           `json:"average"`
	Positive     jsontext.Value   `json:"positive"`
	Labels       []jsontext.Value `json:"labels"`
	ZeroDivision float64          `json:"zero_division"`
}

func newClassification(params jsontext.Value) (Metric, error) {
	r := &report{reportParams: reportParams{Measure: "accuracy", Average: "macro"}}
	if err := decode(params, &r.reportParams); err != nil {
		return nil, err
	}
	if err := r.number(); err != nil {
		return nil, err
	}
	r.value = r.measured
	r.detail = func(s Sample) any { return r.classes(s) }
	signature := "classification|measure:" + r.Measure
	if r.Measure != "accuracy" {
		signature += "|average:" + r.Average + "|zero_division:" + decimal(r.ZeroDivision)
	}
	if n := len(r.counted); n > 0 && r.Measure != "accuracy" && r.Average != "binary" {
		signature += "|labels:" + digest(r.labels.names[:n]...)
	}
	if r.Measure != "accuracy" && r.Average == "binary" {
		signature += "|positive:" + digest(r.labels.names[0])
	}
	r.info = fraction("classification", signature+"|version:"+version)
	return r, nil
}

// number gives the labels of the parameters the first numbers.
func (r *report) number() error {
	chosen := r.Labels
	if r.Average == "binary" {
		if len(r.Labels) > 0 {
			return &ParamError{Pointer: "/labels", Code: "invalid", Message: "The average binary takes positive, not labels."}
		}
		chosen = []jsontext.Value{r.Positive}
		if len(r.Positive) == 0 {
			chosen = []jsontext.Value{jsontext.Value("1")}
		}
	}
	for i, v := range chosen {
		id, err := r.labels.id(v)
		if err != nil {
			at := fmt.Sprintf("/labels/%d", i)
			if r.Average == "binary" {
				at = "/positive"
			}
			return &ParamError{Pointer: at, Code: "invalid", Message: "A label is a text of 256 bytes at most, a number or a boolean."}
		}
		if !slices.Contains(r.counted, id) {
			r.counted = append(r.counted, id)
		}
	}
	return nil
}

// over are the labels that averages go over.
func (r *report) over(c *confusion) []int {
	if len(r.counted) > 0 {
		return r.counted
	}
	var ids []int
	for id := range r.labels.names {
		if c.there(id) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (r *report) measured(c *confusion) (float64, bool) {
	if c.rows == 0 {
		return 0, false
	}
	if r.Measure == "accuracy" {
		return c.accuracy()
	}
	return r.average(c, r.Average, r.Measure), true
}

// average goes over labels: macro means them, weighted by how often each is right, and
// micro counts them together.
func (r *report) average(c *confusion, average, measure string) float64 {
	ids := r.over(c)
	if average == "micro" {
		together := &confusion{right: []float64{0}, predicted: []float64{0}, both: []float64{0}}
		for _, id := range ids {
			together.right[0] += c.right[id]
			together.predicted[0] += c.predicted[id]
			together.both[0] += c.both[id]
		}
		return r.of(together, 0, measure)
	}
	sum, weights, plain := 0.0, 0.0, 0.0
	for _, id := range ids {
		x := r.of(c, id, measure)
		sum += float64(c.right[id] * x)
		weights += c.right[id]
		plain += x
	}
	if average == "weighted" && weights > 0 {
		return sum / weights
	}
	return plain / float64(len(ids))
}

func (r *report) of(c *confusion, id int, measure string) float64 {
	switch measure {
	case "precision":
		return c.precisionOf(id, r.ZeroDivision)
	case "recall":
		return c.recallOf(id, r.ZeroDivision)
	default:
		return c.fOf(id, r.ZeroDivision)
	}
}

// newLabelled makes a metric that is a function of labels alone, without parameters.
func newLabelled(name string, low float64, unit string, value func(*confusion) (float64, bool)) builder {
	return func(jsontext.Value) (Metric, error) {
		r := &report{}
		r.value = value
		r.detail = func(s Sample) any { return r.classes(s) }
		r.info = Info{Name: name, Signature: name + "|version:" + version, Low: low, High: 1, HigherIsBetter: true, Unit: unit}
		return r, nil
	}
}

// newAccuracy makes the share of rows whose label is right.
func newAccuracy(jsontext.Value) (Metric, error) {
	return &mean{info: fraction("accuracy", "accuracy|version:"+version), score: func(_ context.Context, row Row) (float64, error) {
		reference, err := only(row)
		if err != nil {
			return 0, err
		}
		right, err := label(reference)
		if err != nil {
			return 0, err
		}
		predicted, err := label(row.Prediction)
		return zeroOne(predicted == right), err
	}}, nil
}
