package metric

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// ndcg is the normalised discounted cumulative gain of a ranking (Järvelin and Kekäläinen,
// Cumulated gain-based evaluation of IR techniques, 2002): gains discounted by the binary
// logarithm of one more than the rank, by those of the best order; 0 where nothing is
// relevant. The gain is the relevance, or two to its power less one (Burges et al., 2005).
type ndcg struct {
	cut
	Gain string `json:"gain"`
}

func newNDCG(params jsontext.Value) (Metric, error) {
	n := &ndcg{Gain: "linear"}
	if err := decode(params, n); err != nil {
		return nil, err
	}
	signature := "ndcg|k:" + n.String() + "|gain:" + n.Gain + "|discount:log2|ties:mean|version:" + version
	return &mean{info: fraction("ndcg", signature), score: n.score}, nil
}

// item is a gain with the score that ranks it.
type item struct{ gain, score float64 }

func (n *ndcg) score(_ context.Context, row Row) (float64, error) {
	items, ideal, err := n.read(row)
	if err != nil {
		return 0, err
	}
	slices.SortFunc(ideal, func(a, b float64) int { return cmp.Compare(b, a) })
	best := 0.0
	for i, gain := range ideal {
		best += float64(gain * n.discount(i))
	}
	if best == 0 {
		return 0, nil
	}
	return min(1, n.gained(items)/best), nil
}

// read gives the items of a row in any order, and all gains. A list of numbers beside a
// list of numbers are scores and relevances of the same items; anything else are ids.
func (n *ndcg) read(row Row) (items []item, ideal []float64, err error) {
	if len(row.References) == 1 && row.References[0].Kind() == jsontext.KindBeginArray {
		scores, okScores := floats(row.Prediction)
		relevances, okRelevances := floats(row.References[0])
		if okScores && okRelevances {
			return n.pair(scores, relevances)
		}
	}
	relevances, err := readRelevances(row.References)
	if err != nil {
		return nil, nil, err
	}
	ids, err := readIDs(row.Prediction)
	if err != nil {
		return nil, nil, err
	}
	for _, relevance := range relevances {
		ideal = append(ideal, n.gain(relevance))
	}
	for i, id := range ids {
		items = append(items, item{gain: n.gain(relevances[id]), score: -float64(i)})
		delete(relevances, id)
	}
	return items, ideal, nil
}

func (n *ndcg) pair(scores, relevances []float64) (items []item, ideal []float64, err error) {
	if len(scores) != len(relevances) {
		return nil, nil, errNotRanking
	}
	for i, relevance := range relevances {
		if relevance < 0 || relevance > maxRelevance {
			return nil, nil, errNotRelevant
		}
		items = append(items, item{gain: n.gain(relevance), score: scores[i]})
		ideal = append(ideal, n.gain(relevance))
	}
	return items, ideal, nil
}

// floats reads a list of JSON numbers; ok is false for anything else.
func floats(v jsontext.Value) (numbers []float64, ok bool) {
	values, err := list(v)
	if err != nil {
		return nil, false
	}
	for _, v := range values {
		x, err := finite(v)
		if v.Kind() != jsontext.KindNumber || err != nil {
			return nil, false
		}
		numbers = append(numbers, x)
	}
	return numbers, true
}

// maxExponent bounds relevances of exponential gain, so that sums stay finite.
const maxExponent = 512

func (n *ndcg) gain(relevance float64) float64 {
	if n.Gain == "exponential" {
		return math.Exp2(min(relevance, maxExponent)) - 1
	}
	return relevance
}

// discount is what a gain counts at a rank, which is counted from 0.
func (n *ndcg) discount(rank int) float64 {
	if n.K > 0 && rank >= n.K {
		return 0
	}
	return 1 / math.Log2(float64(rank)+2)
}

// gained sums discounted gains by score, the highest first. Items with one score have the
// mean over all their orders (McSherry and Najork, Computing information retrieval
// performance measures efficiently in the presence of tied scores, 2008).
func (n *ndcg) gained(items []item) float64 {
	slices.SortStableFunc(items, func(a, b item) int { return cmp.Compare(b.score, a.score) })
	sum := 0.0
	for from := 0; from < len(items); {
		gains, discounts, to := 0.0, 0.0, from
		for ; to < len(items) && items[to].score == items[from].score; to++ {
			gains += items[to].gain
			discounts += n.discount(to)
		}
		sum += float64(gains / float64(to-from) * discounts)
		from = to
	}
	return sum
}
