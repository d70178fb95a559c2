package decisionpack

import (
	"context"
	"math"
	"slices"

	"dpp"
	"dpp/internal/pack"
)

const (
	// drawsPerStream is how many draws share a random stream, and the most that are
	// paid together and stand between two looks at the context.
	drawsPerStream = 250
	// workPerLook is how many simple steps stand between two looks: far less than a
	// second.
	workPerLook = 20_000_000
	// keptDraws is of how many draws the scores are kept, for their quantiles.
	keptDraws = 2000
	// patience is how often a number is drawn again that the rule cannot take.
	patience = 100
)

// sampler perturbs weights and values and counts who ends on which rank. Each
// weight is multiplied by a factor of its own, uniform between 1 - size and 1 + size.
// So is each value, but for those that are distributions, which are drawn as given.
// Where there are scenarios, each draw is in one of them.
type sampler struct {
	p      *problem
	base   *standing
	worlds []*standing // by scenario; the base alone where there is none
	moving []bool      // by criterion: its values change from draw to draw
	done   int
	part   uint64 // of the draws, the next that has a stream of its own

	// counts[i*n+k] is how many draws alternative i ended on rank k+1; in a tie
	// each of the tied counts in equal parts on each of their ranks.
	counts []float64
	worth  []float64   // sums of what the scores are worth, by alternative
	best   float64     // sum of the largest of each draw
	kept   [][]float64 // shown scores of the first draws, by alternative

	random             stream
	moved              []float64 // one perturbed column
	gain, lack         []float64 // its parts
	sumsGain, sumsLack []float64
	score              []float64
	order              []int
}

func newSampler(p *problem, base *standing, worlds []*standing) *sampler {
	n := len(p.names)
	scratch := make([]float64, 6*n)
	part := func(k int) []float64 { return scratch[k*n : (k+1)*n] }
	s := &sampler{
		p: p, base: base, worlds: worlds, counts: make([]float64, n*n), order: slices.Clone(base.order),
		worth: make([]float64, n), kept: make([][]float64, n), moving: make([]bool, len(p.weights)),
		moved: part(0), gain: part(1), lack: part(2), sumsGain: part(3), sumsLack: part(4), score: part(5),
	}
	if len(worlds) == 0 {
		s.worlds = []*standing{base}
	}
	for j := range s.moving {
		s.moving[j] = p.valueSize > 0 || p.spreads != nil && slices.ContainsFunc(p.spreads[j*n:(j+1)*n], func(d spread) bool { return d.kind != exact })
	}
	return s
}

// run makes the draws that were asked for. It returns the limit that stopped
// them, or the error of a cancelled context.
func (s *sampler) run(ctx context.Context, meter *pack.Meter) (dpp.StopReason, error) {
	batch := s.batch()
	for s.done < s.p.draws {
		size := min(batch, drawsPerStream-s.done%drawsPerStream, s.p.draws-s.done)
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
		s.advance(size)
		meter.Advance(int64(s.done), int64(s.p.draws), "draw")
	}
	return "", nil
}

// batch is how many draws are made between two looks at the context.
func (s *sampler) batch() int {
	n := len(s.p.names)
	steps := 0
	for j, moving := range s.moving {
		steps += n
		switch {
		case !moving:
		case s.base.rule.method == promethee2 && s.base.rule.preference(j).Function == gaussian:
			steps += 20 * n * n
		default:
			steps += 50 * n
		}
	}
	return min(max(workPerLook/steps, 1), drawsPerStream)
}

// advance makes draws, all from one random stream.
func (s *sampler) advance(draws int) {
	if s.done%drawsPerStream == 0 {
		s.random.seed(s.p.seed, s.part)
		s.part++
	}
	for range draws {
		s.draw()
		s.count()
		s.keep()
	}
}

// draw computes the scores under one perturbation.
func (s *sampler) draw() {
	n, rule := len(s.score), s.base.rule
	clear(s.sumsGain)
	clear(s.sumsLack)
	k := s.world()
	var total float64
	for j, weight := range s.p.weights {
		weight *= s.perturbation(s.p.weightSize)
		total += weight
		gain, lack := s.worlds[k].gain[j*n:(j+1)*n], s.worlds[k].lack[j*n:(j+1)*n]
		if s.moving[j] {
			s.move(k, j)
			gain, lack = s.gain, s.lack
			rule.parts(gain, lack, s.moved, j, s.p.minimise[j])
		}
		rule.add(s.sumsGain, s.sumsLack, gain, lack, rule.factor(weight))
	}
	if rule.linear() { // the others do not change with the size of all weights
		divide(s.sumsGain, total)
	}
	rule.score(s.score, s.sumsGain, s.sumsLack)
}

// world picks a scenario by its probability.
func (s *sampler) world() int {
	if len(s.p.worlds) == 0 {
		return 0
	}
	u := s.random.unit()
	for k, w := range s.p.worlds {
		if u -= w.probability; u <= 0 {
			return k
		}
	}
	return len(s.p.worlds) - 1
}

// move writes the values of criterion j as they are in this draw.
func (s *sampler) move(k, j int) {
	n := len(s.moved)
	values := s.p.values
	if len(s.p.worlds) > 0 {
		values = s.p.worlds[k].values
	}
	for i, x := range values[j*n : (j+1)*n] {
		at := j*n + i
		told := len(s.p.worlds) > 0 && s.p.worlds[k].told[at]
		switch {
		case s.p.spreads != nil && s.p.spreads[at].kind != exact && !told:
			s.moved[i] = s.drawn(s.p.spreads[at], j)
		case s.p.valueSize > 0:
			s.moved[i] = x * s.perturbation(s.p.valueSize)
		default:
			s.moved[i] = x
		}
	}
}

// drawn is a number from a distribution that the rule can take.
func (s *sampler) drawn(d spread, j int) float64 {
	for range patience {
		if x := s.random.draw(d); s.base.rule.accepts(x, s.p.minimise[j]) {
			return x
		}
	}
	return d.mean()
}

// perturbation is a random factor between 1 - size and 1 + size, above zero.
func (s *sampler) perturbation(size float64) float64 {
	return 1 - size + float64(2*size*s.random.unit())
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
	s.done++
}

// keep notes the present scores.
func (s *sampler) keep() {
	most := math.Inf(-1)
	for i, score := range s.score {
		worth := s.base.rule.worth(score)
		s.worth[i] += worth
		most = max(most, worth)
		if s.done <= keptDraws {
			s.kept[i] = append(s.kept[i], worth)
		}
	}
	s.best += most
}

// probability is the share of the draws in which alternative i had rank k+1.
func (s *sampler) probability(i, k int) float64 {
	return min(s.counts[i*len(s.order)+k]/float64(s.done), 1)
}

// standardError is that of a probability as estimated by the draws.
func (s *sampler) standardError(probability float64) float64 {
	return math.Sqrt(probability * (1 - probability) / float64(s.done))
}

// information is what the draws say of knowing weights and values before choosing.
func (s *sampler) information() *information {
	means := make([]float64, len(s.worth))
	for i, total := range s.worth {
		means[i] = total / float64(s.done)
	}
	return informationOf(s.p, s.base, "draws", means, s.best/float64(s.done))
}

// interval holds the 5% and the 95% quantile of an alternative's scores in the first
// draws, and their mean over all, as they are shown.
func (s *sampler) interval(i int) (low, mean, high float64) {
	sorted := slices.Sorted(slices.Values(s.kept[i]))
	at := func(q float64) float64 { return sorted[int(math.Ceil(q*float64(len(sorted))))-1] }
	low, mean, high = at(0.05), s.worth[i]/float64(s.done), at(0.95)
	if s.base.rule.direction() == directionMin {
		return -high, -mean, -low
	}
	return low, mean, high
}
