package s3blob_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"dpp/internal/blob"
	"dpp/test/servers"
)

func setenv(b *testing.B, cloud servers.Cloud) {
	b.Helper()
	for _, variable := range cloud.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		b.Setenv(name, value)
	}
}

// BenchmarkPut is the rate of envelopes of 4 KiB by how many a Put holds.
func BenchmarkPut(b *testing.B) {
	cloud := servers.S3(b)
	setenv(b, cloud)
	for _, n := range []int{1, 32, 256} {
		b.Run(fmt.Sprintf("batch=%d", n), func(b *testing.B) {
			s := bucketed(b, options(cloud))
			content := strings.Repeat("x", 4<<10)
			i := 0
			for b.Loop() {
				batch := make([]blob.Object, n)
				for j := range batch {
					batch[j] = object(fmt.Sprintf("dpp/ten_1/2026/01/31/run_%08d/1/pack_envelope.json", i*n+j), content)
				}
				if _, err := s.Put(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
				i++
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "objects/s")
		})
	}
}

// BenchmarkGet is the rate of reads of envelopes by several callers.
func BenchmarkGet(b *testing.B) {
	cloud := servers.S3(b)
	setenv(b, cloud)
	s := bucketed(b, options(cloud))
	batch := make([]blob.Object, 256)
	for i := range batch {
		batch[i] = object(fmt.Sprintf("a/%d", i), strings.Repeat("x", 4<<10))
	}
	put(b, s, batch...)
	var next atomic.Int64
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			body, _, err := s.Get(b.Context(), batch[next.Add(1)%256].Key, 0, -1)
			if err != nil {
				b.Error(err)
				return
			}
			if err := body.Close(); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkSignGet is what every answer with a result costs.
func BenchmarkSignGet(b *testing.B) {
	cloud := servers.S3(b)
	setenv(b, cloud)
	s := open(b, options(cloud))
	for b.Loop() {
		if _, err := s.SignGet(b.Context(), "dpp/ten_1/2026/01/31/run_1/1/pack_envelope.json", 1<<39); err != nil {
			b.Fatal(err)
		}
	}
}
