package judge

import (
	"dpp/internal/number"
	"dpp/internal/pack/evalpack/metric"
)

// agreement tells how far the judgements of the same rows agree.
type agreement struct {
	Judgements int      `json:"judgements_per_row"`
	AnsweredBy []string `json:"answered_by"`
	// Exact is the share of the rows whose judgements are all the same; absent where there
	// is one judgement for each.
	Exact *float64 `json:"exact_agreement,omitzero"`
	// Alpha is Krippendorff's, for intervals; absent also where all judgements of all rows
	// are the same, of which it says nothing.
	Alpha *float64 `json:"krippendorff_alpha,omitzero"`
}

// Detail implements [metric.Detailer].
func (j *judge) Detail(s metric.Sample) any {
	a := agreement{Judgements: j.Judgements, AnsweredBy: j.from.list()}
	rows := scores(s)
	if j.Judgements < 2 || len(rows) == 0 {
		return a
	}
	same := 0
	for _, row := range rows {
		if alike(row) {
			same++
		}
	}
	exact := number.Round(float64(same) / float64(len(rows)))
	a.Exact = &exact
	if alpha, ok := krippendorff(rows); ok {
		alpha = number.Round(alpha)
		a.Alpha = &alpha
	}
	return a
}

// scores are the judgements of a sample, a list for each row.
func scores(s metric.Sample) [][]float64 {
	var rows [][]float64
	for i := range len(s.Data) / s.Width {
		times := int32(1)
		if s.Times != nil {
			times = s.Times[i]
		}
		for range times {
			rows = append(rows, s.Data[i*s.Width+1:(i+1)*s.Width])
		}
	}
	return rows
}

func alike(row []float64) bool {
	for _, x := range row[1:] {
		if x != row[0] {
			return false
		}
	}
	return true
}

// krippendorff is alpha with the difference of intervals, the square, for rows that all
// have as many judgements (Krippendorff, Computing Krippendorff's Alpha-Reliability,
// 2011, section C): 1 - observed/expected disagreement, where the observed is the mean
// squared difference of two judgements of a row, and the expected that of any two of all.
// The sum of the squared differences of all pairs of n numbers, either way round, is
// 2 (n sum of squares - square of sum). False where all judgements are the same.
func krippendorff(rows [][]float64) (float64, bool) {
	var all, squares, observed number.Sum
	count := 0.0
	for _, row := range rows {
		m, sum, square := float64(len(row)), 0.0, 0.0
		for _, x := range row {
			sum += x
			square += float64(x * x)
		}
		all.Add(sum)
		squares.Add(square)
		observed.Add((float64(m*square) - float64(sum*sum)) / (m - 1))
		count += m
	}
	expected := (float64(count*squares.Value()) - float64(all.Value()*all.Value())) / (count - 1)
	if expected <= 0 {
		return 0, false
	}
	return 1 - observed.Value()/expected, true
}
