package judge

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"dpp/internal/pack/evalpack/metric"
	"dpp/internal/pack/packtest"
)

// The page names every parameter of the metric, and every reason for which it judges none.
func TestThePageNamesWhatThereIs(t *testing.T) {
	page := packtest.Page(t, "../../../../docs/language-model.md")
	var schema struct {
		Properties map[string]any `json:"properties"`
	}
	if err := json.Unmarshal(paramsSchema, &schema); err != nil || len(schema.Properties) == 0 {
		t.Fatal(err)
	}
	for param := range schema.Properties {
		if !strings.Contains(page, "| `"+param+"` |") {
			t.Errorf("no row for %s", param)
		}
	}
	for _, bad := range []*metric.RowError{errNoPrediction, errTooLong, errUseless, errDeclined, errAway} {
		if !strings.Contains(page, "`"+bad.Code+"`") {
			t.Errorf("no row for %s", bad.Code)
		}
	}
}
