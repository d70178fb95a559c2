package metric

import (
	"math"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// newKappa makes Cohen's kappa (A coefficient of agreement for nominal scales, 1960), with
// weights that grow with the distance of labels in their order, or with its square
// (Weighted kappa, 1968).
func newKappa(params jsontext.Value) (Metric, error) {
	p := struct {
		Weights string           `json:"weights"`
		Labels  []jsontext.Value `json:"labels"`
	}{Weights: "none"}
	if err := decode(params, &p); err != nil {
		return nil, err
	}
	r := &report{reportParams: reportParams{Labels: p.Labels}}
	if err := r.number(); err != nil {
		return nil, err
	}
	k := &kappa{report: r, weights: p.Weights}
	r.detail = func(s Sample) any { return r.classes(s) }
	order := "sorted"
	if len(p.Labels) > 0 {
		order = digest(r.labels.names...)
	}
	r.info = Info{
		Name: "cohen_kappa", Signature: strings.Join([]string{"cohen_kappa", "weights:" + p.Weights, "order:" + order, "version:" + version}, "|"),
		Low: -1, High: 1, HigherIsBetter: true, Unit: "agreement",
	}
	return k, nil
}

type kappa struct {
	*report
	weights string
}

// Value is one less the disagreement by that expected of two raters who know nothing of
// each other; none where none is expected, as both always give the same label.
func (k *kappa) Value(s Sample) (float64, bool) {
	c := newConfusion(s, len(k.labels.names))
	observed, expected := c.rows-c.agreed(), float64(c.rows*c.rows)-dot(c.predicted, c.right)
	if k.weights != "none" {
		place := k.places()
		observed = 0
		for row, times := range s.all() {
			observed += float64(float64(times) * k.weight(place[int(row[0])]-place[int(row[1])]))
		}
		expected = k.expected(ordered(c.predicted, place), ordered(c.right, place))
	}
	if expected == 0 {
		return 0, false
	}
	return 1 - float64(observed*c.rows)/expected, true
}

// ordered are counts by place.
func ordered(counts []float64, place []int) []float64 {
	byPlace := make([]float64, len(counts))
	for id, n := range counts {
		byPlace[place[id]] = n
	}
	return byPlace
}

// expected sums the weights of all pairs of labels, each as often as the one is predicted
// times the other is right.
func (k *kappa) expected(predicted, right []float64) float64 {
	n, m := total(predicted), total(right)
	sum := 0.0
	if k.weights == "linear" { // a distance is the number of gaps between two places
		below, belowRight := 0.0, 0.0
		for i := range predicted {
			below, belowRight = below+predicted[i], belowRight+right[i]
			sum += float64(below*(m-belowRight)) + float64(belowRight*(n-below))
		}
		return sum
	}
	middle := float64(len(predicted)) / 2
	first, firstRight := 0.0, 0.0
	for i := range predicted {
		at := float64(i) - middle
		first += float64(predicted[i] * at)
		firstRight += float64(right[i] * at)
		sum += float64(float64(m*predicted[i])*at*at) + float64(float64(n*right[i])*at*at)
	}
	return sum - 2*float64(first*firstRight)
}

// places are where labels stand in their order: as given, and then sorted.
func (k *kappa) places() []int {
	places := make([]int, len(k.labels.names))
	next := 0
	for _, id := range k.counted {
		places[id] = next
		next++
	}
	for _, id := range k.labels.sorted() {
		if !slices.Contains(k.counted, id) {
			places[id] = next
			next++
		}
	}
	return places
}

func (k *kappa) weight(apart int) float64 {
	if k.weights == "linear" {
		return math.Abs(float64(apart))
	}
	return float64(apart * apart)
}
