package main

import (
	"maps"
	"math"
	"slices"

	"dpp/internal/pack/compliancepack/precision"
)

// counted are the counts of observations, by recogniser and confidence.
func counted(all []observation) []precision.Count {
	index := map[key]precision.Count{}
	for _, o := range all {
		c := index[keyOf(o)]
		c.Recogniser, c.Said = keyOf(o).recogniser, keyOf(o).said
		if o.others {
			c.Others = c.Others.Plus(o.tally())
		} else {
			c.Own = c.Own.Plus(o.tally())
		}
		index[keyOf(o)] = c
	}
	return slices.SortedFunc(maps.Values(index), byPlace)
}

func (o *observation) tally() precision.Tally {
	if o.right {
		return precision.Tally{Fired: 1, Right: 1}
	}
	return precision.Tally{Fired: 1}
}

// strengths are those that are tried: how many cases a recogniser's own confidence is worth.
func strengths() []float64 { return []float64{1, 2, 5, 10, 20, 50, 100} }

// misses tell for each strength how badly findings are foretold in documents of which nothing
// was counted: minus the mean logarithm of the probability that was given to what is the case,
// over documents that are alike, each as heavy as the other.
func misses(all []observation) []float64 {
	groups := map[string][]observation{}
	for _, o := range all {
		if !o.others {
			groups[o.group] = append(groups[o.group], o)
		}
	}
	whole := tallies(all)
	sums := make([]float64, len(strengths()))
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		own := tallies(groups[name])
		for i, strength := range strengths() {
			miss := 0.0
			for _, o := range groups[name] {
				k := keyOf(o)
				rest := precision.Tally{Fired: whole[k].Fired - own[k].Fired, Right: whole[k].Right - own[k].Right}
				p := rest.Precision(o.confidence, strength)
				if !o.right {
					p = 1 - p
				}
				miss -= math.Log(p)
			}
			sums[i] += miss / float64(len(groups[name]))
		}
	}
	for i := range sums {
		sums[i] /= float64(len(groups))
	}
	return sums
}

type key struct {
	recogniser string
	said       int
}

func keyOf(o observation) key { return key{o.recogniser, precision.Said(o.recogniser, o.confidence)} }

func tallies(all []observation) map[key]precision.Tally {
	m := map[key]precision.Tally{}
	for _, o := range all {
		m[keyOf(o)] = m[keyOf(o)].Plus(o.tally())
	}
	return m
}

// best is the strength by which documents are foretold best.
func best(all []observation) float64 {
	m := misses(all)
	return strengths()[slices.Index(m, slices.Min(m))]
}
