package main

import (
	"math"
	"slices"

	"dpp/internal/pack/ocrpack/trust"
)

// observation is what was said, and which share of it was right.
type observation struct{ said, right float64 }

// surest bounds what a curve may promise: there are no more observations than that.
const surest = 0.995

// fit returns the curve through these places that is nearest to the observations, by least
// squares, and made to rise by pooling neighbours that fall.
func fit(places []float64, all []observation) trust.Curve {
	n := len(places)
	m := make([][]float64, n) // normal equations, with their right sides
	for i := range m {
		m[i] = make([]float64, n+1)
		const pull = 1e-3 // to the places themselves, where nothing was observed
		m[i][i], m[i][n] = pull, pull*places[i]
	}
	for _, o := range all {
		weights := parts(places, o.said)
		for i, a := range weights {
			for k, b := range weights {
				m[i][k] += float64(a * b)
			}
			m[i][n] += float64(a * o.right)
		}
	}
	return rising(places, solve(m))
}

// parts are the shares of places that make a point between two of them.
func parts(places []float64, x float64) map[int]float64 {
	i, found := slices.BinarySearch(places, x)
	switch {
	case found || i == 0:
		return map[int]float64{i: 1}
	case i == len(places):
		return map[int]float64{i - 1: 1}
	}
	share := (x - places[i-1]) / (places[i] - places[i-1])
	return map[int]float64{i - 1: 1 - share, i: share}
}

// solve solves linear equations by elimination.
func solve(m [][]float64) []float64 {
	n := len(m)
	for i := range n {
		pivot := i
		for k := i; k < n; k++ {
			if math.Abs(m[k][i]) > math.Abs(m[pivot][i]) {
				pivot = k
			}
		}
		m[i], m[pivot] = m[pivot], m[i]
		for k := range n {
			if k == i {
				continue
			}
			factor := m[k][i] / m[i][i]
			for c := range m[k] {
				m[k][c] -= float64(factor * m[i][c])
			}
		}
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = m[i][n] / m[i][i]
	}
	return x
}

// rising makes a curve that does not fall: neighbours that do get their mean.
func rising(places, heights []float64) trust.Curve {
	curve := make(trust.Curve, len(places))
	for i, y := range heights {
		curve[i] = trust.Point{X: places[i], Y: min(max(y, 0), surest)}
	}
	for i := 1; i < len(curve); i++ {
		from := i
		for from > 0 && curve[from-1].Y > mean(curve[from:i+1]) {
			from--
		}
		pooled := mean(curve[from : i+1])
		for k := from; k <= i; k++ {
			curve[k].Y = pooled
		}
	}
	for i := range curve {
		curve[i].Y = math.Round(curve[i].Y*1000) / 1000
	}
	return curve
}

func mean(points trust.Curve) float64 {
	sum := 0.0
	for _, p := range points {
		sum += p.Y
	}
	return sum / float64(len(points))
}

// model is what turns an engine's word into trust.
type model struct{ words, pages trust.Curve }

// places of the curves of package trust.
func places(c trust.Curve) []float64 {
	all := make([]float64, len(c))
	for i, p := range c {
		all[i] = p.X
	}
	return all
}

// train fits words first, then pages whose ink is in words.
func train(samples []sample) model {
	var m model
	m.words = fit(places(trust.WordCurve()), wordsOfSamples(samples))
	whole := slices.Repeat([]observation{{0, 0}}, 5) // of words that are surely wrong
	for _, s := range samples {
		if len(s.Words) > 0 && s.Coverage >= 0.97 {
			whole = append(whole, observation{m.meanOf(s), s.right()})
		}
	}
	m.pages = fit(places(trust.PageCurve()), whole)
	return m
}

func wordsOfSamples(samples []sample) (all []observation) {
	for _, s := range samples {
		for _, w := range s.Words {
			right := 0.0
			if w.Right {
				right = 1
			}
			all = append(all, observation{w.Confidence, right})
		}
	}
	return all
}

// meanOf is the mean of a page's words.
func (m *model) meanOf(s sample) float64 {
	sum := 0.0
	for _, w := range s.Words {
		sum += m.words.At(w.Confidence)
	}
	return sum / float64(max(len(s.Words), 1))
}

// page is trust.Page by this model.
func (m *model) page(s sample) float64 {
	if len(s.Words) == 0 {
		return s.Coverage
	}
	return float64(m.pages.At(m.meanOf(s)) * (1 - float64(trust.CoverageWeight*(1-s.Coverage))))
}

// right is the share of a page's words that were read rightly; words too many count as wrong.
func (s *sample) right() float64 {
	n := 0
	for _, w := range s.Words {
		if w.Right {
			n++
		}
	}
	return float64(n) / float64(max(len(s.Words), s.Truth, 1))
}
