package decisionpack

import (
	"context"
	"math"
	"math/rand/v2"

	"dpp"
	"dpp/internal/number"
	"dpp/internal/pack"
)

// drawsPerChunk is how many draws share a random stream, are paid together, and
// stand between two looks at the context: far less than a second of work.
const drawsPerChunk = 250

// sampler perturbs weights and values and counts who ends on which rank. Each
// weight and each value is multiplied by a factor of its own, uniform between
// 1 - size and 1 + size. Scaling all weights alike changes no rank, so they are
// not divided by their sum again.
type sampler struct {
	p    *problem
	base *standing
	done int

	// counts[i*n+k] is how many draws alternative i ended on rank k+1; in a tie
	// each of the tied counts in equal parts on each of their ranks.
	counts []float64

	source             rand.PCG
	moved              []float64 // one perturbed column
	gain, lack         []float64 // its parts
	sumsGain, sumsLack []float64
	score              []float64
	order              []int
}

func newSampler(p *problem, base *standing) *sampler {
	n := len(p.names)
	scratch := make([]float64, 6*n)
	part := func(k int) []float64 { return scratch[k*n : (k+1)*n] }
	s := &sampler{
		p: p, base: base, counts: make([]float64, n*n), order: make([]int, n),
		moved: part(0), gain: part(1), lack: part(2), sumsGain: part(3), sumsLack: part(4), score: part(5),
	}
	copy(s.order, base.order)
	return s
}

// run makes the draws that were asked for. It returns the limit that stopped
// them, or the error of a cancelled context.
func (s *sampler) run(ctx context.Context, meter *pack.Meter) (dpp.StopReason, error) {
	for chunk := uint64(0); s.done < s.p.draws; chunk++ {
		size := min(drawsPerChunk, s.p.draws-s.done)
		err := ctx.Err()
		if err == nil {
			err = meter.Take(unitEvaluation, s.p.evaluations(size))
		}
		if err != nil {
			if stop := stopReason(err); stop != "" {
				return stop, nil
			}
			return "", err
		}
		s.chunk(chunk, size)
		meter.Advance(int64(s.done), int64(s.p.draws), "draw")
	}
	return "", nil
}

// chunk makes draws from the random stream with this number.
func (s *sampler) chunk(part uint64, draws int) {
	s.source.Seed(number.Stream(s.p.seed, part))
	for range draws {
		s.draw()
		s.count()
	}
	s.done += draws
}

// draw computes the scores under one perturbation.
func (s *sampler) draw() {
	n, rule := len(s.score), s.base.rule
	clear(s.sumsGain)
	clear(s.sumsLack)
	for j, weight := range s.p.weights {
		factor := rule.factor(weight * s.perturbation(s.p.weightSize))
		gain, lack := s.base.gain[j*n:(j+1)*n], s.base.lack[j*n:(j+1)*n]
		if s.p.valueSize > 0 {
			for i, x := range s.p.column(j) {
				s.moved[i] = x * s.perturbation(s.p.valueSize)
			}
			gain, lack = s.gain, s.lack
			rule.parts(gain, lack, s.moved, s.p.minimise[j])
		}
		accumulate(s.sumsGain, gain, factor)
		if rule.method == topsis {
			accumulate(s.sumsLack, lack, factor)
		}
	}
	rule.score(s.score, s.sumsGain, s.sumsLack)
}

// perturbation is a random factor between 1 - size and 1 + size, above zero.
func (s *sampler) perturbation(size float64) float64 {
	unit := (float64(s.source.Uint64()>>11) + 0.5) * 0x1p-53 // above 0, at most 1
	return 1 - size + float64(2*size*unit)
}

// count adds the ranks of the present scores to the counts.
func (s *sampler) count() {
	n := len(s.order)
	sortByScore(s.order, s.score)
	for start := 0; start < n; {
		end := tieEnd(s.order, s.score, start, s.base.tie)
		share := 1 / float64(end-start)
		for _, i := range s.order[start:end] {
			for k := start; k < end; k++ {
				s.counts[i*n+k] += share
			}
		}
		start = end
	}
}

// probability is the share of the draws in which alternative i had rank k+1.
func (s *sampler) probability(i, k int) float64 {
	return min(s.counts[i*len(s.order)+k]/float64(s.done), 1)
}

// standardError is that of a probability as estimated by the draws.
func (s *sampler) standardError(probability float64) float64 {
	return math.Sqrt(probability * (1 - probability) / float64(s.done))
}
