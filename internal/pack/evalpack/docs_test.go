package evalpack

import (
	"strings"
	"testing"

	"dpp/internal/pack/evalpack/metric"
	"dpp/internal/pack/packtest"
)

func page(t *testing.T) string {
	t.Helper()
	return packtest.Page(t, "../../../docs/packs/eval.md")
}

// The inputs that the page shows are accepted, and its example is the manifest's.
func TestExamplesOfThePage(t *testing.T) {
	blocks := packtest.Examples(page(t))
	if len(blocks) != 3 {
		t.Fatalf("%d blocks of JSON, want both kinds of inputs and the example", len(blocks))
	}
	packtest.Accepted(t, New(nil, Options{}), blocks...)
	runOn(t, blocks[0])
	packtest.Same(t, blocks[2], schema("example"))
}

// The page names every field, every code and every price.
func TestThePageNamesEverything(t *testing.T) {
	text := page(t)
	packtest.Named(t, text, packtest.Names(t, schema("inputs"), schema("data"))...)
	packtest.Named(t, text, rowNotJSON, rowNotObject, rowNotUTF8, rowTooLarge, rowBadQuotes, rowColumns, rowNoPrediction, rowTwoForms, rowReferences, rowBadID, rowBadGroups,
		artifactRows, artifactReport, artifactChart, artifactCompare, unitEval, unitEvaluation, "0.0020", "0.0005")
}

// The page of the metrics has them all.
func TestThePageOfTheMetricsHasAll(t *testing.T) {
	text := packtest.Page(t, "../../../docs/packs/eval-metrics.md")
	for _, entry := range metric.Catalog() {
		if !strings.Contains(text, "`"+entry.Name+"`") {
			t.Errorf("%s is missing", entry.Name)
		}
	}
}

// What the page says that a run costs is what it costs.
func TestPricesOfThePage(t *testing.T) {
	p := &plan{request: &request{}, metrics: make([]planned, 2)}
	for _, c := range []struct {
		rows int64
		text string
	}{{1_000, "1,000 rows by two metrics with 1,000 samples cost 0.0040"}, {100_000, "100,000 such rows 0.2020"}, {200_000, "0.4020 with a baseline"}} {
		meter := newMeter(ample)
		for _, q := range p.quantities(c.rows, 0) {
			if err := meter.Take(q.Unit, q.Quantity); err != nil {
				t.Fatal(err)
			}
		}
		if !strings.Contains(page(t), c.text) || !strings.Contains(c.text, meter.Total().String()) {
			t.Errorf("%d rows cost %s: %q", c.rows, meter.Total(), c.text)
		}
	}
}
