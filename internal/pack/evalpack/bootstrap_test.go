package evalpack

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"dpp/internal/pack/evalpack/metric"
	"dpp/internal/pack/packtest"
)

// shares is a tally of a metric that is the mean of what rows score, right or wrong.
func shares(t packtest.TB, right, wrong int) *tally {
	t.Helper()
	m, err := metric.New("exact_match", nil)
	if err != nil {
		t.Fatal(err)
	}
	found := &tally{metric: m, width: m.Width()}
	for i := range right + wrong {
		score := 0.0
		if i < right {
			score = 1
		}
		found.data, found.rows = append(found.data, score), append(found.rows, int32(i))
	}
	return found
}

// The interval of a share is about as wide as theory says: 1.96 standard errors to each
// side, in which its centre is the share itself.
func TestIntervalOfAShare(t *testing.T) {
	for _, c := range []struct{ right, wrong int }{{200, 200}, {90, 10}, {700, 300}} {
		b := &bootstrap{samples: 4_000, seed: 5}
		found := want(b, shares(t, c.right, c.wrong), nil)
		b.draw(t.Context())
		if found.ci95 == nil {
			t.Fatal("there is no interval")
		}
		low, high := found.ci95[0], found.ci95[1]
		n := float64(c.right + c.wrong)
		p := float64(c.right) / n
		width := 2 * 1.96 * math.Sqrt(p*(1-p)/n)
		if math.Abs(high-low-width) > 0.12*width || math.Abs((high+low)/2-p) > 0.1*width {
			t.Errorf("%d of %.0f: %v to %v, want %v wide around %v", c.right, n, low, high, width, p)
		}
	}
}

// A sample has as many rows as there are, and the same ones each time it is drawn.
func TestSamples(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, seed, s := rapid.IntRange(1, 300).Draw(t, "rows"), rapid.Uint64().Draw(t, "seed"), rapid.IntRange(0, maxSamples).Draw(t, "s")
		times, again := make([]int32, rows), slices.Repeat([]int32{9}, rows)
		resample(seed, s, times)
		resample(seed, s, again)
		sum := int32(0)
		for _, n := range times {
			sum += n
		}
		if int(sum) != rows || !slices.Equal(times, again) || slices.Min(times) < 0 {
			t.Fatalf("%v, then %v", times, again)
		}
	})
}

// Over many samples every row is taken once on average; a count is off by more than five
// standard errors about twice in a million.
func TestRowsAreTakenEquallyOften(t *testing.T) {
	const rows, samples = 50, 20_000
	times, sum := make([]int32, rows), make([]int, rows)
	for s := range samples {
		resample(1, s, times)
		for i, n := range times {
			sum[i] += int(n)
		}
	}
	for i, n := range sum {
		if math.Abs(float64(n)-samples) > 5*math.Sqrt(samples) {
			t.Errorf("row %d was taken %d times in %d samples", i, n, samples)
		}
	}
}

// Neither the number of processors nor what else is drawn changes an interval.
func TestIntervalsDependOnTheSeedAlone(t *testing.T) {
	draw := func(processors int, more bool) spread {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		b := &bootstrap{samples: 333, seed: 7, confidence: 0.5}
		if more {
			want(b, shares(t, 5, 9), nil)
			want(b, shares(t, 20, 10), shares(t, 15, 15))
			for range 2 * jobsAtOnce {
				want(b, shares(t, 10, 20), nil)
			}
		}
		found := want(b, shares(t, 20, 10), nil)
		b.draw(t.Context())
		return *found
	}
	first := draw(1, false)
	for _, processors := range []int{1, 2, 5} {
		if got := draw(processors, true); *got.ci95 != *first.ci95 || *got.other != *first.other || *got.chance != *first.chance {
			t.Errorf("on %d processors it is different", processors)
		}
	}
	whole := [][]byte{}
	for _, processors := range []int{1, 4} {
		before := runtime.GOMAXPROCS(processors)
		d, o := runOn(t, packtest.Inputs(t, schema("example")))
		runtime.GOMAXPROCS(before)
		whole = append(whole, append(packtest.JSON(t, d), artifact(t, o, artifactReport)+artifact(t, o, artifactRows)...))
	}
	if !bytes.Equal(whole[0], whole[1]) {
		t.Error("the example's result is different")
	}
}

// The quick way by sums gives what going through all rows gives.
func TestSumsAreQuickNotDifferent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"token_f1", "exact_match", "bleu", "wer", "chrf"}).Draw(t, "metric")
		m, err := metric.New(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		found := &tally{metric: m, width: m.Width()}
		for i, row := range someRows(t, 20) {
			into := make([]float64, found.width)
			if err := m.Observe(t.Context(), metric.Row{
				Prediction: packtest.JSON(t, row["prediction"]), References: []jsontext.Value{packtest.JSON(t, row["reference"])},
			}, into); err == nil {
				found.data, found.rows = append(found.data, into...), append(found.rows, int32(i))
			}
		}
		if len(found.rows) == 0 {
			return
		}
		times := make([]int32, len(found.rows))
		resample(rapid.Uint64().Draw(t, "seed"), 0, times)
		additive, ok := m.(metric.Additive)
		if !ok {
			t.Fatalf("%s is not made of sums", name)
		}
		quick, ok := additive.FromSum(found.sums([][]int32{times})[0], len(times))
		slow, okSlow := m.Value(metric.Sample{Data: found.data, Width: found.width, Times: times})
		if ok != okSlow || ok && math.Abs(quick-slow) > 1e-9*max(1, math.Abs(slow)) {
			t.Fatalf("%s: by sums %v %v, by rows %v %v", name, quick, ok, slow, okSlow)
		}
	})
}

// What is drawn before the time is over has no gaps, and its number is told.
func TestSamplesThatTimeLeaves(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b := &bootstrap{samples: 100}
	found := want(b, shares(t, 1, 1), nil)
	b.draw(ctx)
	if found.ci95 != nil || b.least != 0 {
		t.Errorf("%d samples, %v", b.least, found.ci95)
	}
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	b = &bootstrap{samples: 100}
	slow := &stopping{Metric: shares(t, 1, 1).metric, after: 5 * stripe, stop: cancel}
	part := want(b, &tally{metric: slow, width: 1, data: []float64{1, 0, 1}, rows: []int32{0, 1, 2}}, nil)
	b.draw(ctx)
	if b.least%stripe != 0 || b.least > 5*stripe || (part.ci95 != nil) != (b.least > 0) {
		t.Errorf("%d samples, %v", b.least, part.ci95)
	}
}

// stopping is a metric that is not made of sums and has the time end after some values.
type stopping struct {
	metric.Metric
	after int64
	stop  func()
	calls atomic.Int64
}

func (s *stopping) Value(sample metric.Sample) (float64, bool) {
	if s.calls.Add(1) == s.after {
		s.stop()
	}
	return s.Metric.Value(sample)
}

func want(b *bootstrap, t, minus *tally) *spread {
	return b.want(job{tally: t, minus: minus, rows: len(t.rows)})
}

func TestQuantiles(t *testing.T) {
	d := distribution{1, 2, 3, 4, 5}
	for q, want := range map[float64]float64{0: 1, 0.1: 1.4, 0.25: 2, 0.5: 3, 0.975: 4.9, 1: 5} {
		if got := d.quantile(q); math.Abs(got-want) > 1e-12 {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	var half, few spread
	half.set([]float64{5, 1, math.NaN(), 3, math.NaN(), 2, 4}, 0.5)
	if half.ci95 == nil || *half.ci95 != (pair{1.1, 4.9}) || *half.other != (pair{2, 4}) {
		t.Errorf("%v, %v", half.ci95, half.other)
	}
	if few.set([]float64{math.NaN(), math.NaN(), 1}, 0.5); few.ci95 != nil || few.other != nil || few.chance != nil {
		t.Error("samples most of which have no value tell something")
	}
}

// An interval of a confidence does not hold zero exactly if the p-value is below what is
// outside of it, up to the one that is added to the counts.
func TestChance(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{1, 2, 3, 4, 5, 6, 7, 8, 9}, 2.0 / 10},
		{[]float64{-1, -2, -3, -4}, 2.0 / 5},
		{[]float64{-1, 1}, 1},
		{[]float64{0, 0, 0}, 1},
		{[]float64{-1, 1, 2, 3, 4, 5, 6, 7, 8}, 4.0 / 10},
	} {
		if got := distribution(c.values).chance(); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("%v: %v, want %v", c.values, got, c.want)
		}
	}
}

// Values by hand: two-sided, 2 (1 + 9 + ...) / 2^n, at most 1.
func TestMcNemarExactly(t *testing.T) {
	for _, c := range []struct {
		system, baseline int
		want             float64
	}{
		{0, 0, 1},
		{1, 0, 1},
		{2, 0, 0.5},
		{0, 5, 2.0 / 32},
		{1, 8, 2 * 10.0 / 512},
		{8, 1, 2 * 10.0 / 512},
		{3, 3, 1},
		{4, 6, 2 * (1 + 10 + 45 + 120 + 210) / 1024.0},
	} {
		m := mcnemar{OnlySystem: c.system, OnlyBaseline: c.baseline}
		if p, method := m.test(); math.Abs(p-c.want) > 1e-12 || method != methodExact {
			t.Errorf("%d and %d: %v by %s, want %v", c.system, c.baseline, p, method, c.want)
		}
	}
}

// Beyond the bound the test is approximate, and near it the two are alike.
func TestMcNemarApproximately(t *testing.T) {
	for _, c := range []struct {
		system, baseline int
		chi              float64
	}{{1_500, 1_400, 99.0 * 99 / 2_900}, {501, 500, 0}, {600, 700, 99.0 * 99 / 1_300}} {
		m := mcnemar{OnlySystem: c.system, OnlyBaseline: c.baseline}
		p, method := m.test()
		exact := coin(min(c.system, c.baseline), c.system+c.baseline)
		if method != methodChi || math.Abs(p-exact) > 0.002 || math.Abs(p-math.Erfc(math.Sqrt(c.chi/2))) > 1e-11 {
			t.Errorf("%+v: %v by %s, exactly %v", c, p, method, exact)
		}
	}
}

// A system against a baseline is the baseline against the system with the signs turned.
func TestComparisonsAreSymmetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var there, back []map[string]any
		for _, row := range someRows(t, 25) {
			if _, ok := row["baseline_prediction"]; !ok {
				continue
			}
			there = append(there, row)
			back = append(back, map[string]any{"prediction": row["baseline_prediction"], "baseline_prediction": row["prediction"], "reference": row["reference"]})
		}
		if len(there) == 0 {
			return
		}
		one, other := compared(t, there), compared(t, back)
		for i := range one {
			a, b := one[i].Comparison, other[i].Comparison
			turned := map[string]string{betterSystem: betterBaseline, betterBaseline: betterSystem, betterUnclear: betterUnclear}[a.Better]
			if !near(*a.Difference, -*b.Difference) || !near(a.CI95[0], -b.CI95[1]) || !near(a.CI95[1], -b.CI95[0]) || b.Better != turned || *a.P != *b.P || a.N != len(there) {
				t.Fatalf("there %s\nback %s", packtest.JSON(t, a), packtest.JSON(t, b))
			}
			if a.McNemar != nil && (a.McNemar.OnlySystem != b.McNemar.OnlyBaseline || a.McNemar.P != b.McNemar.P) {
				t.Fatalf("there %+v, back %+v", a.McNemar, b.McNemar)
			}
		}
	})
}

func near(x, y float64) bool { return math.Abs(x-y) <= 1e-9*max(1, math.Abs(x)) }

func compared(t packtest.TB, rows []map[string]any) []*result {
	t.Helper()
	d, _ := runOn(t, packtest.JSON(t, map[string]any{"rows": rows, "metrics": bothMetrics, "bootstrap": map[string]any{"samples": 50, "seed": 3}}))
	return d.Metrics
}

// Only rows that both systems were judged on are compared.
func TestComparisonOfSomeRows(t *testing.T) {
	d, _ := runOn(t, jsontext.Value(`{"rows":[
		{"prediction":"a","reference":"a","baseline_prediction":"b"},{"prediction":"x","reference":"a"},
		{"prediction":"a","reference":"a","baseline_prediction":[7]},{"prediction":[8],"reference":"a","baseline_prediction":"a"},
		{"prediction":"c","reference":"a","baseline_prediction":"c"}],"metrics":[{"name":"accuracy"}],"max_failed_fraction":1}`))
	m := d.Metrics[0]
	if m.N != 4 || *m.Value != 0.5 || m.Comparison.N != 2 || *m.Comparison.System != 0.5 || *m.Comparison.Baseline != 0 || m.Comparison.McNemar.OnlySystem != 1 {
		t.Errorf("%s", packtest.JSON(t, m))
	}
}

// A row in several groups counts in each of them, and the groups' rows are judged as the
// same rows alone would be.
func TestGroups(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := someRows(t, 25)
		d, _ := runOn(t, packtest.JSON(t, map[string]any{"rows": rows, "metrics": bothMetrics, "bootstrap": map[string]any{"samples": 30}}))
		for group := range 3 {
			var alone []map[string]any
			for _, row := range rows {
				if g, ok := row["groups"].(map[string]any); ok && g["g"] == group {
					alone = append(alone, row)
				}
			}
			found := d.Metrics[0].group(fmt.Sprintf("g=%d", group))
			if len(alone) == 0 {
				if found != nil {
					t.Fatalf("group %d has no rows and %+v", group, found)
				}
				continue
			}
			want, _ := runOn(t, packtest.JSON(t, map[string]any{"rows": alone, "metrics": bothMetrics, "bootstrap": map[string]any{"samples": 30}}))
			if whole := want.Metrics[0]; *found.Value != *whole.Value || *found.CI95 != *whole.CI95 || found.N != whole.N {
				t.Fatalf("as a group %s, alone %s", packtest.JSON(t, found), packtest.JSON(t, whole))
			}
		}
	})
}
