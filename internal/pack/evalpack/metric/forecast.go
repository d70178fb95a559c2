package metric

import (
	"context"
	"math"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

var (
	errNotProbability = &RowError{Code: "NOT_PROBABILITY", Detail: "The prediction is neither a number from 0 to 1 nor an object of labels and such numbers."}
	errNotSumOne      = &RowError{Code: "NOT_SUM_ONE", Detail: "The probabilities of the labels do not add up to 1."}
)

// forecast is what a row says of probabilities: one number for the positive label, or one
// for each label.
type forecast struct {
	// probability is the number, or that of the right label; right is whether the positive
	// label is right.
	probability, right float64
	// each are the probabilities of all labels, sorted by label; nil for a number.
	each []float64
	// top is the highest of them, and hit whether its label is right; of several as high
	// the first by name counts.
	top, hit float64
}

// sumTolerance is how far probabilities may be from adding up to 1.
const sumTolerance = 1e-6

func readForecast(row Row, b binary) (forecast, error) {
	if row.Prediction.Kind() != jsontext.KindBeginObject {
		p, err := finite(row.Prediction)
		if err != nil || p < 0 || p > 1 {
			return forecast{}, errNotProbability
		}
		right, err := b.read(row)
		return forecast{probability: p, right: right, top: p, hit: right}, err
	}
	var probabilities map[string]jsontext.Value
	if err := json.Unmarshal(row.Prediction, &probabilities); err != nil || len(probabilities) > maxLabels {
		return forecast{}, errNotProbability
	}
	reference, err := only(row)
	if err != nil {
		return forecast{}, err
	}
	right, err := label(reference)
	if err != nil {
		return forecast{}, err
	}
	return spread(probabilities, right)
}

func spread(probabilities map[string]jsontext.Value, right string) (forecast, error) {
	names := make([]string, 0, len(probabilities))
	for name := range probabilities {
		names = append(names, name)
	}
	slices.Sort(names)
	f := forecast{right: 1, top: -1}
	sum := 0.0
	for _, name := range names {
		p, err := finite(probabilities[name])
		if err != nil || p < 0 || p > 1 {
			return forecast{}, errNotProbability
		}
		f.each = append(f.each, p)
		sum += p
		if name == right {
			f.probability = p
		}
		if p > f.top {
			f.top, f.hit = p, zeroOne(name == right)
		}
	}
	if math.Abs(sum-1) > sumTolerance {
		return forecast{}, errNotSumOne
	}
	return f, nil
}

// newForecast makes the mean of what each row's probabilities score.
func newForecast(info Info, b binary, score func(forecast) float64) Metric {
	return &mean{info: info, score: func(_ context.Context, row Row) (float64, error) {
		f, err := readForecast(row, b)
		if err != nil {
			return 0, err
		}
		return score(f), nil
	}}
}

// newBrier makes the score of Brier (Verification of forecasts expressed in terms of
// probability, 1950): of a number, the square of its distance from 0 or 1; of an object, the
// sum of such squares over its labels, from 0 to 2, or half of it.
func newBrier(params jsontext.Value) (Metric, error) {
	var p struct {
		Positive jsontext.Value `json:"positive"`
		Half     bool           `json:"half"`
	}
	if err := decode(params, &p); err != nil {
		return nil, err
	}
	b, err := newBinary(p.Positive)
	if err != nil {
		return nil, err
	}
	info := Info{
		Name: "brier", Signature: "brier|positive:" + b.String() + "|objects:" + map[bool]string{false: "sum", true: "half"}[p.Half] + "|version:" + version,
		Low: 0, High: 2, HigherIsBetter: false, Unit: "squared error",
	}
	if p.Half {
		info.High = 1
	}
	return newForecast(info, b, func(f forecast) float64 { return f.brier(p.Half) }), nil
}

func (f forecast) brier(half bool) float64 {
	if f.each == nil {
		return float64((f.probability - f.right) * (f.probability - f.right))
	}
	sum := float64((1 - f.probability) * (1 - f.probability))
	sum -= float64(f.probability * f.probability)
	for _, p := range f.each {
		sum += float64(p * p)
	}
	if half {
		return max(0, sum/2)
	}
	return max(0, sum)
}

// newLogLoss makes the mean of the negative natural logarithm of the probability of the
// right label, which is kept away from 0 and 1 by clip, as scikit-learn does.
func newLogLoss(params jsontext.Value) (Metric, error) {
	p := struct {
		Positive jsontext.Value `json:"positive"`
		Clip     float64        `json:"clip"`
	}{Clip: 0x1p-52}
	if err := decode(params, &p); err != nil {
		return nil, err
	}
	b, err := newBinary(p.Positive)
	if err != nil {
		return nil, err
	}
	info := Info{
		Name: "log_loss", Signature: "log_loss|positive:" + b.String() + "|clip:" + decimal(p.Clip) + "|log:natural|version:" + version,
		Low: -math.Log1p(-p.Clip), High: -math.Log(p.Clip), HigherIsBetter: false, Unit: "nats",
	}
	return newForecast(info, b, func(f forecast) float64 {
		probability := f.probability
		if f.right == 0 {
			probability = 1 - probability
		}
		return -math.Log(max(p.Clip, min(1-p.Clip, probability)))
	}), nil
}
