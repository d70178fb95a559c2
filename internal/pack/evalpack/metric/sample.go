package metric

import (
	"iter"

	"dpp/internal/number"
)

// all goes through the rows of a sample: their numbers, and how often each is taken,
// once at least.
func (s Sample) all() iter.Seq2[[]float64, int] {
	return func(yield func([]float64, int) bool) {
		for i := 0; (i+1)*s.Width <= len(s.Data); i++ {
			times := s.times(i)
			if times > 0 && !yield(s.row(i), times) {
				return
			}
		}
	}
}

func (s Sample) row(i int) []float64 { return s.Data[i*s.Width : (i+1)*s.Width : (i+1)*s.Width] }

func (s Sample) times(i int) int {
	if s.Times == nil {
		return 1
	}
	return int(s.Times[i])
}

// sums adds up the numbers of all rows, and counts these.
func sums(s Sample) (sum []float64, rows int) {
	columns := make([]number.Sum, s.Width)
	for row, times := range s.all() {
		for i, x := range row {
			columns[i].Add(float64(float64(times) * x))
		}
		rows += times
	}
	sum = make([]float64, s.Width)
	for i := range columns {
		sum[i] = columns[i].Value()
	}
	return sum, rows
}
