package metric

import (
	"cmp"
	"slices"

	"dpp/internal/number"
)

// maxShown is how many labels a report tells of, those that occur most.
const maxShown = 50

// classReport is the detail of metrics of labels.
type classReport struct {
	Accuracy         float64               `json:"accuracy"`
	BalancedAccuracy float64               `json:"balanced_accuracy"`
	MCC              float64               `json:"mcc"`
	Classes          int                   `json:"classes"`
	PerClass         []classScores         `json:"per_class"`
	Averages         map[string]classMeans `json:"averages"`
	// Confusion has a row for each label shown, the right one, and a column for each, the
	// one predicted.
	Confusion struct {
		Labels []string    `json:"labels"`
		Counts [][]float64 `json:"counts"`
	} `json:"confusion"`
	// Omitted is how many labels are not shown.
	Omitted int `json:"omitted"`
}

type classMeans struct {
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
}

type classScores struct {
	Label string `json:"label"`
	classMeans
	Support float64 `json:"support"`
}

func (r *report) classes(s Sample) any {
	c := newConfusion(s, len(r.labels.names))
	if c.rows == 0 {
		return nil
	}
	out := &classReport{Averages: make(map[string]classMeans)}
	out.Accuracy, out.BalancedAccuracy, out.MCC = rounded(c.accuracy()), rounded(c.balanced()), rounded(c.correlation())
	for _, average := range [3]string{"macro", "micro", "weighted"} {
		out.Averages[average] = classMeans{
			Precision: number.Round(r.average(c, average, "precision")),
			Recall:    number.Round(r.average(c, average, "recall")),
			F1:        number.Round(r.average(c, average, "f1")),
		}
	}
	var ids []int
	ids, out.Classes = r.shown(c)
	out.Omitted = out.Classes - len(ids)
	for _, id := range ids {
		out.PerClass = append(out.PerClass, classScores{
			Label: r.labels.names[id], Support: c.right[id], classMeans: classMeans{
				Precision: number.Round(r.of(c, id, "precision")), Recall: number.Round(r.of(c, id, "recall")), F1: number.Round(r.of(c, id, "f1")),
			},
		})
		out.Confusion.Labels = append(out.Confusion.Labels, r.labels.names[id])
	}
	out.Confusion.Counts = matrix(s, ids, len(r.labels.names))
	return out
}

// shown are the labels that occur most, in their order, and how many there are.
func (r *report) shown(c *confusion) (ids []int, all int) {
	ids = slices.DeleteFunc(r.labels.sorted(), func(id int) bool { return !c.there(id) })
	all = len(ids)
	if all <= maxShown {
		return ids, all
	}
	most := slices.Clone(ids)
	slices.SortStableFunc(most, func(a, b int) int {
		return cmp.Compare(c.right[b]+c.predicted[b], c.right[a]+c.predicted[a])
	})
	most = most[:maxShown]
	return slices.DeleteFunc(ids, func(id int) bool { return !slices.Contains(most, id) }), all
}

func matrix(s Sample, ids []int, labels int) [][]float64 {
	place := slices.Repeat([]int{-1}, labels)
	counts := make([][]float64, len(ids))
	for i, id := range ids {
		place[id], counts[i] = i, make([]float64, len(ids))
	}
	for row, times := range s.all() {
		if p, r := place[int(row[0])], place[int(row[1])]; p >= 0 && r >= 0 {
			counts[r][p] += float64(times)
		}
	}
	return counts
}

func rounded(x float64, _ bool) float64 { return number.Round(x) }
