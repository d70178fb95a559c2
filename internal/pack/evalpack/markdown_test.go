package evalpack

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"dpp/internal/pack"
	"dpp/internal/pack/packtest"
)

// Whatever rows hold, the report's tables keep their columns, and nothing of the rows is
// markup in it.
func TestReportsEscapeWhatRowsHold(t *testing.T) {
	hostile := rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{"|", "\n", "\r\n", "`", "<b>", "![x](y)", "[a](b)", "**", "\\", "\x00", "&lt;", "é", "a", "$x$", "~~"}), 1, 8),
		func(parts []string) string { return strings.Join(parts, "") })
	rapid.Check(t, func(t *rapid.T) {
		raw := packtest.JSON(t, map[string]any{
			"rows": []any{
				map[string]any{"id": hostile.Draw(t, "id"), "prediction": hostile.Draw(t, "prediction"), "reference": "right", "baseline_prediction": "x", "groups": []string{hostile.Draw(t, "group")}},
				map[string]any{"id": hostile.Draw(t, "id"), "prediction": 7, "reference": hostile.Draw(t, "reference")},
			},
			"metrics": bothMetrics, "bootstrap": map[string]any{"samples": 5},
			"assertions": []any{map[string]any{"metric": "token_f1", "op": "<", "value": 1, "group": hostile.Draw(t, "asserted")}},
		})
		_, o := runOn(t, raw)
		columns := 0
		for line := range strings.Lines(artifact(t, o, artifactReport)) {
			line = strings.TrimSuffix(line, "\n")
			if !strings.HasPrefix(line, "|") {
				columns = 0
				continue
			}
			if n := strings.Count(line, "|"); columns != 0 && n != columns || !strings.HasSuffix(line, " |") {
				t.Fatalf("%q has %d columns, not %d", line, n-1, columns-1)
			}
			columns = strings.Count(line, "|")
			for _, markup := range []string{"<b>", "](", "**x", "~~", "\x00"} {
				if strings.Contains(line, markup) {
					t.Fatalf("%q holds %q", line, markup)
				}
			}
		}
	})
}

// The charts stand in the report, and each of its pictures is an artifact.
func TestChartsOfTheReport(t *testing.T) {
	_, o := runOn(t, packtest.JSON(t, map[string]any{
		"rows": []any{
			map[string]any{"prediction": 0.9, "reference": 1, "baseline_prediction": 0.2},
			map[string]any{"prediction": 0.2, "reference": 0, "baseline_prediction": 0.3},
			map[string]any{"prediction": 0.7, "reference": 0, "baseline_prediction": 0.3},
		},
		"metrics": []any{map[string]any{"name": "brier"}, map[string]any{"name": "ece"}, map[string]any{"name": "log_loss"}},
	}))
	report := artifact(t, o, artifactReport)
	pictures := 0
	for _, a := range o.Artifacts {
		if a.MediaType == svg {
			pictures++
			if !strings.Contains(report, "]("+a.Name+")") || !strings.HasPrefix(string(a.Content), "<svg") {
				t.Errorf("%s: %.20s", a.Name, a.Content)
			}
		}
	}
	if want := strings.Count(report, "!["); pictures != want || artifact(t, o, "calibration-1.svg") == "" || artifact(t, o, artifactCompare) == "" {
		t.Errorf("%d pictures, the report has %d", pictures, want)
	}
	if _, err := pack.Seal(pack.Envelope{}, o, nil); err != nil {
		t.Error(err)
	}
}
