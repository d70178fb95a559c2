package decisionpack

import (
	"testing"

	"pgregory.net/rapid"

	"dpp/internal/pack/packtest"
)

// TestDataSatisfiesSchema: whatever is decided, the data is what the manifest says.
func TestDataSatisfiesSchema(t *testing.T) {
	schema := packtest.Compile(t, newManifest().DataSchema)
	rapid.Check(t, func(t *rapid.T) {
		b := drawTable(t, methods()...)
		found, _ := run(t, b.inputs(t, map[string]any{"draws": rapid.IntRange(0, 20).Draw(t, "draws"), "uncertainty": map[string]any{"values": .3}}))
		if err := schema.Validate(t, packtest.JSON(t, found)); err != nil {
			t.Fatal(err)
		}
	})
}

// TestRationale: each kind of result in words.
func TestRationale(t *testing.T) {
	for _, c := range []struct {
		name  string
		table table
		more  map[string]any
		want  string
	}{
		{
			"a clear winner", tzengHuang(),
			map[string]any{"draws": 0},
			"C ranks first of 4 (by topsis with vector normalization, score 0.7482), 0.0902 ahead of B. " +
				"The smallest change of a single weight that flips the winner: c2 from 0.3 to 0.362 makes B lead. " +
				"6 of 6 methods that can take the values put it first. 2 alternatives are dominated by another.",
		},
		{
			"with draws",
			table{rows: [][]float64{{2, 2}, {1, 1}}, weights: []float64{1, 1}, rule: newRule(weightedSum, minmax)},
			map[string]any{"draws": 10, "uncertainty": map[string]any{"values": .125}},
			"A ranks first of 2 (by weighted_sum with minmax normalization, score 1), 1 ahead of B. " +
				"It leads in 100.0% of 10 draws with weights varied by up to 20% and values by up to 12.5%. " +
				"No change of a single weight makes another alternative lead. " +
				"6 of 6 methods that can take the values put it first. 1 alternative is dominated by another.",
		},
		{
			"alone",
			table{rows: [][]float64{{0}, {-1e-5}}, weights: []float64{1}, rule: newRule(weightedSum, none)},
			map[string]any{"draws": 0, "constraints": []any{map[string]any{"criterion": "c0", "op": "<", "value": 0}}},
			"B is the only alternative that takes part (by weighted_sum with none normalization, score -1e-05). " +
				"No change of a single weight makes another alternative lead. " +
				"4 of 4 methods that can take the values put it first. 1 alternative was excluded by constraints.",
		},
		{
			"a tie",
			table{rows: [][]float64{{1}, {1}, {0}}, weights: []float64{1}, rule: newRule(topsis, none)},
			map[string]any{"draws": 0},
			"A shares rank 1 of 3 with 1 other and comes first in input order (by topsis with none normalization, score 1). " +
				"No change of a single weight makes another alternative lead. " +
				"4 of 4 methods that can take the values put it first. 1 alternative is dominated by another.",
		},
	} {
		found, _ := run(t, c.table.inputs(t, c.more))
		if found.Rationale != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, found.Rationale, c.want)
		}
	}
}
