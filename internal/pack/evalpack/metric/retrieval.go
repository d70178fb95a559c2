package metric

import (
	"bytes"
	"context"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	// maxRanking bounds how many items a row may rank.
	maxRanking = 100_000
	// maxRelevance bounds relevances, so that sums of gains stay finite.
	maxRelevance = 1e100
)

var (
	errNotRanking  = &RowError{Code: "NOT_RANKING", Detail: "The prediction is no list of at most 100000 ids, the best first, nor of numbers beside a list of as many relevances."}
	errNotRelevant = &RowError{Code: "NOT_RELEVANCES", Detail: "The reference is neither a list of relevant ids nor an object of relevances, numbers of at least 0."}
	errNoRelevant  = &RowError{Code: "NO_RELEVANT", Detail: "No item is relevant."}
)

// ranking is what a row of retrieval says: of each rank whether the item there is relevant,
// and how many are.
type ranking struct {
	hits     []bool
	relevant int
}

// readRanking takes a list of ids as the prediction; as references ids, lists of ids, or
// objects of ids and relevances, of which those above 0 are relevant. An id that comes again
// in the prediction is not relevant there.
func readRanking(row Row) (ranking, error) {
	relevances, err := readRelevances(row.References)
	if err != nil {
		return ranking{}, err
	}
	ids, err := readIDs(row.Prediction)
	if err != nil {
		return ranking{}, err
	}
	var r ranking
	for _, relevance := range relevances {
		if relevance > 0 {
			r.relevant++
		}
	}
	if r.relevant == 0 {
		return ranking{}, errNoRelevant
	}
	r.hits = make([]bool, len(ids))
	for i, id := range ids {
		r.hits[i] = relevances[id] > 0
		delete(relevances, id)
	}
	return r, nil
}

func readIDs(v jsontext.Value) ([]string, error) {
	items, err := list(v)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(items))
	for i, item := range items {
		if ids[i], err = label(item); err != nil {
			return nil, errNotRanking
		}
	}
	return ids, nil
}

func list(v jsontext.Value) ([]jsontext.Value, error) {
	if v.Kind() != jsontext.KindBeginArray || bytes.Count(v, []byte(",")) > 16*maxRanking {
		return nil, errNotRanking
	}
	var items []jsontext.Value
	if err := json.Unmarshal(v, &items); err != nil || len(items) > maxRanking {
		return nil, errNotRanking
	}
	return items, nil
}

func readRelevances(references []jsontext.Value) (map[string]float64, error) {
	if len(references) == 0 {
		return nil, errNoReference
	}
	relevances := make(map[string]float64)
	for _, r := range references {
		if err := addRelevances(relevances, r); err != nil {
			return nil, err
		}
	}
	if len(relevances) > maxRanking {
		return nil, errNotRelevant
	}
	return relevances, nil
}

func addRelevances(to map[string]float64, reference jsontext.Value) error {
	switch reference.Kind() {
	case jsontext.KindBeginObject:
		var graded map[string]jsontext.Value
		if err := json.Unmarshal(reference, &graded); err != nil {
			return errNotRelevant
		}
		for id, v := range graded {
			x, err := finite(v)
			if err != nil || x < 0 || x > maxRelevance {
				return errNotRelevant
			}
			to[id] = max(to[id], x)
		}
	case jsontext.KindBeginArray:
		ids, err := readIDs(reference)
		if err != nil {
			return errNotRelevant
		}
		for _, id := range ids {
			to[id] = max(to[id], 1)
		}
	default:
		id, err := label(reference)
		if err != nil {
			return errNotRelevant
		}
		to[id] = max(to[id], 1)
	}
	return nil
}

// cut is the parameter of metrics of the first ranks.
type cut struct {
	K int `json:"k"`
}

func (c cut) String() string {
	if c.K == 0 {
		return "all"
	}
	return fmt.Sprint(c.K)
}

// of are the first k ranks, all of them without k.
func (c cut) of(hits []bool) []bool {
	if c.K > 0 && c.K < len(hits) {
		return hits[:c.K]
	}
	return hits
}

// newRetrieval makes the mean of what each query's ranking scores.
func newRetrieval(name, more string, usual int, score func(ranking, cut) float64) builder {
	return func(params jsontext.Value) (Metric, error) {
		c := cut{K: usual}
		if err := decode(params, &c); err != nil {
			return nil, err
		}
		return &mean{
			info: fraction(name, name+"|k:"+c.String()+more+"|version:"+version),
			score: func(_ context.Context, row Row) (float64, error) {
				r, err := readRanking(row)
				if err != nil {
					return 0, err
				}
				return score(r, c), nil
			},
		}, nil
	}
}

// reciprocalRank is one by the rank of the first relevant item, 0 without one.
func reciprocalRank(r ranking, c cut) float64 {
	for i, hit := range c.of(r.hits) {
		if hit {
			return 1 / float64(i+1)
		}
	}
	return 0
}

// meanPrecision is the mean over relevant items of the precision at their rank, 0 for those
// that are not there (Manning, Raghavan and Schütze, Introduction to Information Retrieval,
// 2008, chapter 8). With k no more than k can be there, so that the mean goes over k at most.
func meanPrecision(r ranking, c cut) float64 {
	sum, found := 0.0, 0.0
	for i, hit := range c.of(r.hits) {
		if hit {
			found++
			sum += found / float64(i+1)
		}
	}
	reachable := r.relevant
	if c.K > 0 {
		reachable = min(reachable, c.K)
	}
	return sum / float64(reachable)
}

func found(hits []bool) float64 {
	n := 0.0
	for _, hit := range hits {
		n += zeroOne(hit)
	}
	return n
}

// recallAt is the share of relevant items within k ranks.
func recallAt(r ranking, c cut) float64 { return found(c.of(r.hits)) / float64(r.relevant) }

// precisionAt is the share of k ranks with a relevant item; a shorter list has none at the
// rest.
func precisionAt(r ranking, c cut) float64 { return found(c.of(r.hits)) / float64(c.K) }

// hitAt tells whether any item within k ranks is relevant.
func hitAt(r ranking, c cut) float64 { return zeroOne(found(c.of(r.hits)) > 0) }
