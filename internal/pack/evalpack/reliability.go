package evalpack

import (
	"fmt"
	"math"

	"dpp"
)

const reliability = "judged x settled x size. Judged is the mean over the metrics of the share of the rows read that it could judge. Settled is 1 minus " +
	"the mean over the metrics of half the width of ci95, as a share of the metric's scale, or of its value's size where the scale has no end, at most 1; " +
	"without bootstrap samples it is 1 - 0.98/sqrt(n+4), what the interval of a share is at its widest; 0 for a metric without a value. Size is n/(n+4) with n the fewest rows that a metric judged: " +
	"few rows say little, however alike they are. Rows that a limit left undone do not count; low or failing scores do not lower it."

// reliability tells how far the values can be trusted as computed from these rows.
func (r *run) reliability(results []*result) (dpp.Score, []string) {
	var reasons []string
	judged, settled, fewest := 0.0, 0.0, math.MaxInt
	for _, m := range results {
		judged += float64(m.N) / float64(r.read)
		settled += 1 - m.halfWidth()
		fewest = min(fewest, m.N)
	}
	count := float64(len(results))
	judged, settled = judged/count, settled/count
	if r.faulty > 0 {
		reasons = append(reasons, fmt.Sprintf("%d of %d rows could not be judged in full", r.faulty, r.read))
	}
	size := float64(fewest) / float64(fewest+4)
	reasons = append(reasons, fmt.Sprintf("the intervals are %.4f of their scales wide to each side, on average", 1-settled),
		fmt.Sprintf("the metric that judged the fewest rows judged %d", fewest))
	if r.groups.left > 0 {
		reasons = append(reasons, fmt.Sprintf("%d rows are in groups beyond the first %d", r.groups.left, maxGroups))
	}
	if b := r.intervals; b.least < b.samples {
		reasons = append(reasons, fmt.Sprintf("some intervals come from %d samples instead of %d", b.least, b.samples))
	}
	return scoreOf(judged * settled * size), reasons
}

// halfWidth is half the width of a metric's interval as a share of its scale.
func (m *result) halfWidth() float64 {
	switch {
	case m.Value == nil:
		return 1
	case m.CI95 == nil:
		return min(1, 0.98/math.Sqrt(float64(m.N)+4))
	}
	half := (m.CI95[1] - m.CI95[0]) / 2
	size := math.Abs(*m.Value)
	if m.Scale.Low != nil && m.Scale.High != nil {
		size = *m.Scale.High - *m.Scale.Low
	}
	if half == 0 {
		return 0
	}
	return min(1, half/max(size, math.SmallestNonzeroFloat64))
}

// scoreOf is the nearest score to a share of one.
func scoreOf(share float64) dpp.Score {
	if !(share > 0) {
		return 0
	}
	return min(dpp.Score(math.Round(min(share, 1)*float64(dpp.FullScore))), dpp.FullScore)
}
