package metric

import "context"

// mean is a metric whose value is the arithmetic mean of what rows score.
type mean struct {
	info  Info
	score func(ctx context.Context, row Row) (float64, error)
}

func (m *mean) Info() Info { return m.info }

func (m *mean) Width() int { return 1 }

func (m *mean) Observe(ctx context.Context, row Row, into []float64) error {
	score, err := m.score(ctx, row)
	if err != nil {
		return err
	}
	into[0] = score
	return nil
}

func (m *mean) Value(s Sample) (float64, bool) { return m.FromSum(sums(s)) }

// FromSum divides the sum of scores by the number of rows.
func (m *mean) FromSum(sum []float64, rows int) (float64, bool) {
	if rows == 0 {
		return 0, false
	}
	return sum[0] / float64(rows), true
}

// RowValue is the score of a row.
func (m *mean) RowValue(observed []float64) (float64, bool) { return observed[0], true }

// fraction describes a metric between 0 and 1, of which more is better.
func fraction(name, signature string) Info {
	return Info{Name: name, Signature: signature, Low: 0, High: 1, HigherIsBetter: true, Unit: "fraction"}
}

// zeroOne is 1 for what holds and 0 for what does not.
func zeroOne(holds bool) float64 {
	if holds {
		return 1
	}
	return 0
}
