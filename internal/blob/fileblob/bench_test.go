package fileblob_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"dpp/internal/blob"
	"dpp/internal/blob/fileblob"
)

// BenchmarkPut is the rate of durable objects by their size and by how many a Put
// holds: 4 KiB is an envelope, a row; 256 KiB is a file.
func BenchmarkPut(b *testing.B) {
	for _, size := range []int{4 << 10, 256 << 10} {
		for _, n := range []int{1, 32, 256} {
			b.Run(fmt.Sprintf("%dKiB/batch=%d", size>>10, n), func(b *testing.B) {
				s := open(b, b.TempDir(), fileblob.Options{})
				content := make([]byte, size)
				i := 0
				for b.Loop() {
					batch := make([]blob.Object, n)
					for j := range batch {
						batch[j] = envelope(i*n+j, content)
					}
					if _, err := s.Put(b.Context(), batch); err != nil {
						b.Fatal(err)
					}
					i++
				}
				b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "objects/s")
				closeStore(b, s)
			})
		}
	}
}

// BenchmarkGet is the rate of reads of small objects by several callers.
func BenchmarkGet(b *testing.B) {
	s := open(b, b.TempDir(), fileblob.Options{})
	batch := make([]blob.Object, 1000)
	for i := range batch {
		batch[i] = envelope(i, make([]byte, 4<<10))
	}
	if _, err := s.Put(b.Context(), batch); err != nil {
		b.Fatal(err)
	}
	var next atomic.Int64
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			body, _, err := s.Get(b.Context(), batch[next.Add(1)%1000].Key, 0, -1)
			if err != nil {
				b.Error(err)
				return
			}
			if err := body.Close(); err != nil {
				b.Error(err)
			}
		}
	})
	b.StopTimer()
	closeStore(b, s)
}

func envelope(i int, content []byte) blob.Object {
	return blob.Object{
		Key:       "dpp/ten_0123456789abcdefghjkmnpqrs/2026/01/31/" + envelopeName(i) + "/1/pack_envelope.json",
		MediaType: "application/json", Content: content,
		Metadata: map[string]string{"dpp-outcome": "completed", "dpp-cost-usd-micros": "5000", "dpp-attempt": "1"},
	}
}

func envelopeName(i int) string { return fmt.Sprintf("run_%026d", i) }
