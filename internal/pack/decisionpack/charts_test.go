package decisionpack

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/chart"
)

// TestCharts: what there is to draw is drawn, as XML within its bound, and nothing
// where that is not wanted.
func TestCharts(t *testing.T) {
	for name, c := range map[string]struct {
		inputs jsontext.Value
		want   []string
	}{
		"all":               {tzengHuang().inputs(t, map[string]any{"draws": 50}), []string{"ranking.svg", "ranks.svg", "sensitivity.svg"}},
		"no draws":          {tzengHuang().inputs(t, map[string]any{"draws": 0}), []string{"ranking.svg", "sensitivity.svg"}},
		"not wanted":        {tzengHuang().inputs(t, map[string]any{"charts": false}), nil},
		"one criterion":     {table{rows: [][]float64{{1}, {2}}, weights: []float64{1}, rule: newRule(vikor, "")}.inputs(t, map[string]any{"draws": 0}), []string{"ranking.svg"}},
		"as many as can be": {randomTable(200, 20).inputs(t, map[string]any{"draws": 20}), []string{"ranking.svg", "ranks.svg", "sensitivity.svg"}},
	} {
		_, outcome := run(t, c.inputs)
		if len(outcome.Artifacts) != len(c.want) {
			t.Errorf("%s: %d artifacts", name, len(outcome.Artifacts))
			continue
		}
		for k, a := range outcome.Artifacts {
			if a.Name != c.want[k] || a.MediaType != "image/svg+xml" || len(a.Content) > chart.MaxBytes {
				t.Errorf("%s: %s of %s has %d bytes", name, a.Name, a.MediaType, len(a.Content))
			}
			if err := wellFormed(a.Content); err != nil {
				t.Errorf("%s: %s: %v", name, a.Name, err)
			}
		}
	}
}

func wellFormed(text []byte) error {
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// TestNamesStayText: a name that would be markup stands in the charts as a text.
func TestNamesStayText(t *testing.T) {
	_, outcome := run(t, jsontext.Value(`{"options":["</text><script>x","B"],"scores":[[1,2],[2,1]],"criteria":[{"name":"<b onload='x'>"},{"name":"d"}],"draws":10}`))
	for _, a := range outcome.Artifacts {
		if bytes.Contains(a.Content, []byte("<script")) || bytes.Contains(a.Content, []byte("<b ")) {
			t.Errorf("%s: %s", a.Name, a.Content)
		}
	}
}
