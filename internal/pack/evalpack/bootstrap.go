package evalpack

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"dpp/internal/number"
	"dpp/internal/pack/evalpack/metric"
)

// job is a value whose distribution over resampled rows is wanted: that of a tally, or
// with a second tally of the same rows the difference of the two.
type job struct {
	tally, minus *tally
	found        *spread
}

// spread is what resampling found.
type spread struct {
	values []float64 // of the samples that had one, ascending
	drawn  int       // samples
}

// bootstrap draws samples of rows with replacement, as many as there are rows, and takes
// the value of each: the percentile bootstrap (Efron and Tibshirani, An Introduction to
// the Bootstrap, 1993, chapter 13). Sample s of n rows is made by the s-th stream of the
// seed alone, so neither the order of the work nor the number of processors matters, and
// metrics of the same rows see the same samples.
type bootstrap struct {
	samples int
	seed    uint64
	jobs    []job
	// least is the number of samples that the job with the fewest has.
	least int
}

func (b *bootstrap) want(t, minus *tally) *spread {
	found := new(spread)
	if b.samples > 0 && len(t.rows) > 0 {
		b.jobs = append(b.jobs, job{tally: t, minus: minus, found: found})
	}
	return found
}

// jobsAtOnce bounds the distributions that are in memory.
const jobsAtOnce = 64

// draw does the jobs, those with the most rows first, until ctx ends: then some have
// fewer samples than wanted, or none.
func (b *bootstrap) draw(ctx context.Context) {
	slices.SortStableFunc(b.jobs, func(x, y job) int { return len(y.tally.rows) - len(x.tally.rows) })
	b.least = b.samples
	for start := 0; start < len(b.jobs); {
		rows, end := len(b.jobs[start].tally.rows), start+1
		for end < len(b.jobs) && end-start < jobsAtOnce && len(b.jobs[end].tally.rows) == rows {
			end++
		}
		b.least = min(b.least, b.together(ctx, rows, b.jobs[start:end]))
		start = end
	}
}

// stripe is how many samples a goroutine draws before it looks at the time again.
const stripe = 8

// together draws samples of a number of rows for several jobs. It returns how many.
func (b *bootstrap) together(ctx context.Context, rows int, jobs []job) int {
	values := make([][]float64, len(jobs))
	for i := range values {
		values[i] = make([]float64, b.samples)
	}
	stripes := (b.samples + stripe - 1) / stripe
	done := make([]bool, stripes)
	scratch := make([]drawn, workers(stripes))
	parallel(stripes, len(scratch), func(goroutine, k int) {
		if ctx.Err() != nil {
			return
		}
		first := k * stripe
		samples := scratch[goroutine].draw(b.seed, first, min(stripe, b.samples-first), rows)
		for i := range jobs {
			jobs[i].judge(samples, values[i][first:])
		}
		done[k] = true
	})
	whole := slices.Index(done, false) // only what has no gaps, so that it can be told what it is
	drawn := b.samples
	if whole >= 0 {
		drawn = whole * stripe
	}
	for i := range jobs {
		jobs[i].found.set(values[i][:drawn])
	}
	return drawn
}

// resample tells how often each row is in the s-th sample.
func resample(seed uint64, s int, times []int32) {
	clear(times)
	random := rand.New(rand.NewPCG(number.Stream(seed, uint64(s)))) //nolint:gosec // samples are to be repeatable; s is not negative
	n := uint32(len(times))                                         //nolint:gosec // there are fewer rows than maxRows
	for range times {
		times[random.Uint32N(n)]++
	}
}

// drawn are some samples: how often each row is in each of them.
type drawn [stripe][]int32

func (d *drawn) draw(seed uint64, first, count, rows int) [][]int32 {
	for s := range count {
		if d[s] == nil {
			d[s] = make([]int32, rows)
		}
		resample(seed, first+s, d[s])
	}
	return d[:count]
}

// judge puts the values of samples into a list; NaN where one has none.
func (j *job) judge(samples [][]int32, into []float64) {
	var mine, theirs [stripe]float64
	j.tally.values(samples, mine[:])
	if j.minus != nil {
		j.minus.values(samples, theirs[:])
	}
	for s := range samples {
		into[s] = mine[s] - theirs[s]
	}
}

func (t *tally) values(samples [][]int32, into []float64) {
	additive, ok := t.metric.(metric.Additive)
	if !ok {
		for s, times := range samples {
			into[s] = orNaN(t.metric.Value(metric.Sample{Data: t.data, Width: t.width, Times: times}))
		}
		return
	}
	for s, sum := range t.sums(samples) {
		into[s] = orNaN(additive.FromSum(sum, len(samples[s])))
	}
}

// value is the metric of all judged rows.
func (t *tally) value() (float64, bool) {
	x, ok := t.metric.Value(t.all())
	return x, ok && !math.IsNaN(x) && !math.IsInf(x, 0)
}

func orNaN(x float64, ok bool) float64 {
	if !ok || math.IsInf(x, 0) {
		return math.NaN()
	}
	return x
}

// blockRows is how many rows are added up for one sample after the other: so many that
// their numbers stay near the processor.
const blockRows = 1 << 9

// sums adds up the numbers of each sample's rows, in the rows' order.
func (t *tally) sums(samples [][]int32) [][]float64 {
	sums := make([][]float64, len(samples))
	for s := range sums {
		sums[s] = make([]float64, t.width)
	}
	rows := len(t.data) / max(t.width, 1)
	for start := 0; start < rows; start += blockRows {
		end := min(start+blockRows, rows)
		for s, times := range samples {
			addUp(t.data[start*t.width:end*t.width], times[start:end], sums[s])
		}
	}
	return sums
}

// addUp adds rows, each as often as it is taken, to a sum.
func addUp(data []float64, times []int32, sum []float64) {
	width := len(sum)
	for i, n := range times {
		if n == 0 {
			continue
		}
		factor := float64(n)
		for k, x := range data[i*width : (i+1)*width] {
			sum[k] += float64(factor * x)
		}
	}
}

func (s *spread) set(values []float64) {
	s.drawn = len(values)
	s.values = slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	slices.Sort(s.values)
}

// interval are the ends between which the middle share of the values lies; false where
// fewer than half of the samples had one.
func (s *spread) interval(share float64) (low, high float64, ok bool) {
	if len(s.values) == 0 || 2*len(s.values) < s.drawn {
		return 0, 0, false
	}
	return s.quantile((1 - share) / 2), s.quantile((1 + share) / 2), true
}

// quantile interpolates between the two nearest values (type 7 of Hyndman and Fan, Sample
// quantiles in statistical packages, 1996).
func (s *spread) quantile(q float64) float64 {
	place := float64(q * float64(len(s.values)-1))
	below := int(math.Floor(place))
	above := min(below+1, len(s.values)-1)
	return s.values[below] + float64((place-float64(below))*(s.values[above]-s.values[below]))
}

// chance is the smallest share outside of an interval of this kind that does not hold
// zero, at most 1: twice the share of samples on the far side of zero, with one added to
// both counts (Davison and Hinkley, Bootstrap Methods and their Application, 1997,
// section 4.2).
func (s *spread) chance() (float64, bool) {
	if len(s.values) == 0 || 2*len(s.values) < s.drawn {
		return 0, false
	}
	below, above := 0, 0
	for _, x := range s.values {
		if x <= 0 {
			below++
		}
		if x >= 0 {
			above++
		}
	}
	return min(1, 2*float64(1+min(below, above))/float64(1+len(s.values))), true
}
