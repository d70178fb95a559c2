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
// with a second tally the difference of the two.
type job struct {
	tally, minus *tally
	among        []int32 // only these rows, all of which were judged; nil: all
	rows         int     // how many that are
	found        *spread
}

// numbers is how many numbers have to be copied for the job.
func (j *job) numbers() int {
	if j.among == nil {
		return 0
	}
	width := j.tally.width
	if j.minus != nil {
		width += j.minus.width
	}
	return j.rows * width
}

// apart makes the tallies those of the job's rows alone.
func (j *job) apart() {
	if j.among == nil {
		return
	}
	j.tally = j.tally.only(j.among)
	if j.minus != nil {
		j.minus = j.minus.only(j.among)
	}
}

// bootstrap draws samples of rows with replacement, as many as there are rows, and takes
// the value of each: the percentile bootstrap (Efron and Tibshirani, An Introduction to
// the Bootstrap, 1993, chapter 13). Sample s of n rows is made by the s-th stream of the
// seed alone, so neither the order of the work nor the number of processors matters, and
// metrics of the same rows see the same samples.
type bootstrap struct {
	samples    int
	seed       uint64
	confidence float64
	jobs       []job
	// least is the number of samples that the job with the fewest has.
	least int
}

func (b *bootstrap) want(j job) *spread {
	j.found = new(spread)
	if b.samples > 0 && j.rows > 0 {
		b.jobs = append(b.jobs, j)
	}
	return j.found
}

// jobsAtOnce and numbersAtOnce bound what jobs that are done together hold in memory.
const (
	jobsAtOnce    = 64
	numbersAtOnce = 4 << 20
)

// draw does the jobs, those with the most rows first, until ctx ends: then some have
// fewer samples than wanted, or none.
func (b *bootstrap) draw(ctx context.Context) {
	slices.SortStableFunc(b.jobs, func(x, y job) int { return y.rows - x.rows })
	b.least = b.samples
	for rest := b.jobs; len(rest) > 0; {
		n := alike(rest)
		b.least = min(b.least, b.together(ctx, rest[0].rows, slices.Clone(rest[:n])))
		rest = rest[n:]
	}
}

// alike is how many of the first jobs are of as many rows and can be done together.
func alike(jobs []job) int {
	numbers, n := jobs[0].numbers(), 1
	for n < min(len(jobs), jobsAtOnce) && jobs[n].rows == jobs[0].rows {
		if numbers += jobs[n].numbers(); numbers > numbersAtOnce {
			break
		}
		n++
	}
	return n
}

// stripe is how many samples a goroutine draws before it takes the values of all jobs.
const stripe = 8

// together draws samples of a number of rows for several jobs. It returns how many.
func (b *bootstrap) together(ctx context.Context, rows int, jobs []job) int {
	if ctx.Err() != nil {
		return 0
	}
	values := make([][]float64, len(jobs))
	for i := range jobs {
		jobs[i].apart()
		values[i] = make([]float64, b.samples)
	}
	stripes := (b.samples + stripe - 1) / stripe
	done := make([]bool, stripes)
	scratch := make([]drawn, workers(stripes))
	parallel(stripes, len(scratch), func(goroutine, k int) {
		first := k * stripe
		samples := scratch[goroutine].draw(b.seed, first, min(stripe, b.samples-first), rows)
		for i := range jobs {
			if !jobs[i].judge(ctx, samples, values[i][first:]) {
				return
			}
		}
		done[k] = true
	})
	count := b.samples
	if gap := slices.Index(done, false); gap >= 0 { // only what has no gaps, so that it can be told what it is
		count = gap * stripe
	}
	for i := range jobs {
		jobs[i].found.set(values[i][:count], b.confidence)
	}
	return count
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

// judge puts the values of samples into a list, NaN where one has none. It is false where
// ctx ended before.
func (j *job) judge(ctx context.Context, samples [][]int32, into []float64) bool {
	var mine, theirs [stripe]float64
	if !j.tally.values(ctx, samples, mine[:]) || j.minus != nil && !j.minus.values(ctx, samples, theirs[:]) {
		return false
	}
	for s := range samples {
		into[s] = mine[s] - theirs[s]
	}
	return true
}

func (t *tally) values(ctx context.Context, samples [][]int32, into []float64) bool {
	additive, ok := t.metric.(metric.Additive)
	if ok && ctx.Err() == nil {
		for s, sum := range t.sums(samples) {
			into[s] = orNaN(additive.FromSum(sum, len(samples[s])))
		}
		return true
	}
	for s, times := range samples {
		if ctx.Err() != nil {
			return false
		}
		into[s] = orNaN(t.metric.Value(metric.Sample{Data: t.data, Width: t.width, Times: times}))
	}
	return true
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
