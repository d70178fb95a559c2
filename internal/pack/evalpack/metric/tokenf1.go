package metric

import (
	"context"

	"github.com/go-json-experiment/json/jsontext"
)

// bag compares two answers as bags of words, as the evaluation scripts of SQuAD do.
type bag struct {
	squad      *squad
	vocabulary vocabulary
	counts     []int32
	// emptiesMatch says whether two answers without words are right, as version 2.0 of
	// the script has it, or wrong, as version 1.1.
	emptiesMatch bool
}

// overlap gives precision and recall of the words: those that both have, each as often
// as in the one that has it less, by the number of words.
func (b *bag) overlap(prediction, reference string) (precision, recall float64) {
	b.vocabulary.reset()
	b.counts = b.counts[:0]
	wanted := b.squad.tokens(reference)
	for _, word := range wanted {
		if id := int(b.vocabulary.id(word)); id == len(b.counts) {
			b.counts = append(b.counts, 1)
		} else {
			b.counts[id]++
		}
	}
	n := len(wanted)
	found := b.squad.tokens(prediction)
	common := 0
	for _, word := range found {
		if id, ok := b.vocabulary.ids[word]; ok && b.counts[id] > 0 {
			b.counts[id]--
			common++
		}
	}
	if common == 0 {
		return b.nothing(n == 0 && len(found) == 0)
	}
	return float64(common) / float64(len(found)), float64(common) / float64(n)
}

func (b *bag) nothing(empty bool) (precision, recall float64) {
	if empty && b.emptiesMatch {
		return 1, 1
	}
	return 0, 0
}

// harmonic is the harmonic mean of precision and recall, F1; 0 where both are.
func harmonic(precision, recall float64) float64 {
	if precision+recall == 0 {
		return 0
	}
	return 2 * precision * recall / (precision + recall)
}

// measured picks one of precision, recall and F1 by its name.
func measured(measure string, precision, recall float64) float64 {
	switch measure {
	case "precision":
		return precision
	case "recall":
		return recall
	default:
		return harmonic(precision, recall)
	}
}

func newTokenF1(params jsontext.Value) (Metric, error) {
	p := struct {
		Measure string `json:"measure"`
		Squad   string `json:"squad"`
	}{Measure: "f1", Squad: "1.1"}
	if err := decode(params, &p); err != nil {
		return nil, err
	}
	b := &bag{squad: newSquad(), emptiesMatch: p.Squad == "2.0"}
	score := judge(func(_ context.Context, prediction, reference string) (float64, error) {
		precision, recall := b.overlap(prediction, reference)
		return measured(p.Measure, precision, recall), nil
	})
	return &mean{
		info:  fraction("token_f1", "token_f1|norm:squad|squad:"+p.Squad+"|measure:"+p.Measure+"|refs:max|version:"+version),
		score: score.best,
	}, nil
}
