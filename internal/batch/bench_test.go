package batch_test

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"

	"dpp/internal/batch"
)

func double(_ context.Context, in []int) ([]int, error) {
	out := make([]int, len(in))
	for i, n := range in {
		out[i] = 2 * n
	}
	return out, nil
}

// BenchmarkLone is what a caller without company pays for the group, beside what
// the step costs without one.
func BenchmarkLone(b *testing.B) {
	b.Run("bare", func(b *testing.B) {
		for i := range b.N {
			if _, err := double(b.Context(), []int{i}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("group", func(b *testing.B) {
		g := batch.New("double", double, batch.Options[int]{})
		defer g.Close()
		for i := range b.N {
			if _, err := g.Do(b.Context(), i); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkCrowd is the throughput of 256 callers for each processor, and how many
// items their batches hold.
func BenchmarkCrowd(b *testing.B) {
	var flights atomic.Int64
	g := batch.New("double", double, batch.Options[int]{Observe: func(int) { flights.Add(1) }})
	defer g.Close()
	b.SetParallelism(256)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := g.Do(b.Context(), 1); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/float64(flights.Load()), "items/batch")
	b.ReportMetric(float64(runtime.GOMAXPROCS(0)), "procs")
}
