package redisgate_test

import (
	"fmt"
	"testing"

	"dpp"
	"dpp/internal/gate"
	"dpp/internal/gate/redisgate"
	"dpp/test/servers"
)

// One caller after the other, as submits in batches are, and many at once, as reads are.
func BenchmarkAdmit(b *testing.B) {
	g := open(b, "redis://"+servers.Redis(b).Address(), redisgate.Options{})
	for _, tenants := range []int{1, 20} {
		for _, size := range []int{1, 32, 256} {
			b.Run(fmt.Sprintf("tenants=%d/batch=%d", tenants, size), func(b *testing.B) {
				batches := newBatches(b, g, tenants, size)
				n := 0
				for b.Loop() {
					if _, err := g.Admit(b.Context(), batches[n%len(batches)]); err != nil {
						b.Fatal(err)
					}
					n++
				}
				perRequest(b, size)
			})
		}
	}
	b.Run("reads=64 at once", func(b *testing.B) {
		batches := newBatches(b, g, 20, 1)
		b.SetParallelism(32)
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for n := 0; pb.Next(); n++ {
				if _, err := g.Admit(b.Context(), batches[n%len(batches)]); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

func BenchmarkWord(b *testing.B) {
	g := open(b, "redis://"+servers.Redis(b).Address(), redisgate.Options{})
	for _, tenants := range []int{1, 20} {
		b.Run(fmt.Sprintf("tenants=%d", tenants), func(b *testing.B) {
			words := make([]gate.Word, tenants)
			for i := range words {
				words[i] = gate.Word{Account: tenant(i), Available: dpp.USD, Version: 1}
			}
			for b.Loop() {
				if err := g.Word(b.Context(), words); err != nil {
					b.Fatal(err)
				}
			}
			perRequest(b, tenants)
		})
	}
}

func tenant(i int) dpp.AccountID { return dpp.AccountID(fmt.Sprintf("ten_%026d", i)) }

// newBatches makes as many batches as are needed for all tenants to have their turn.
// Everybody's money is known, and enough.
func newBatches(b testing.TB, g gate.Gate, tenants, size int) [][]gate.Request {
	b.Helper()
	batches := make([][]gate.Request, max(1, tenants/size))
	for n := range batches {
		for i := range size {
			batches[n] = append(batches[n], spend(tenant((n*size+i)%tenants), dpp.Quantum))
		}
	}
	for i := range tenants {
		word(b, g, tenant(i), 1<<53-1, 1)
	}
	return batches
}

func perRequest(b *testing.B, size int) {
	b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N*size), "ns/request")
}
