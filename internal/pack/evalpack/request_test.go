package evalpack

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/pack"
)

const oneRow = `"rows":[{"prediction":"a","reference":"b"}]`

func TestWhatIsRefused(t *testing.T) {
	o := offer(t)
	for _, c := range []struct{ inputs, want string }{
		{`{}`, "/metrics required"},
		{`{"metrics":[{"name":"token_f1"}]}`, "/rows required"},
		{`{` + oneRow + `,"metrics":[]}`, "/metrics too_few"},
		{`{"rows":[],"metrics":[{"name":"token_f1"}]}`, "/rows too_few"},
		{`{` + oneRow + `,"metrics":[{"name":"s3cret"}]}`, "/metrics/0/name not_allowed"},
		{`{` + oneRow + `,"metrics":[{"name":"token_f1","params":{"s3cret":1}}]}`, "/metrics/0/params/s3cret unknown_field"},
		{`{` + oneRow + `,"metrics":[{"name":"token_f1","params":{"measure":"s3cret"}}]}`, "/metrics/0/params/measure not_allowed"},
		{`{` + oneRow + `,"metrics":[{"name":"token_f1"},{"name":"token_f1"}]}`, "/metrics/1/label duplicate"},
		{`{` + oneRow + `,"metrics":[{"name":"token_f1"},{"name":"exact_match","label":"token_f1"}]}`, "/metrics/1/label duplicate"},
		{`{` + oneRow + `,"metrics":[{"name":"token_f1","label":"a b"}]}`, "/metrics/0/label pattern"},
		{`{` + oneRow + `,"metrics":[{"name":"token_f1","label":"x"}],"assertions":[{"metric":"token_f1","op":"<","value":1}]}`, "/assertions/0/metric not_allowed"},
		{`{` + oneRow + `,"metrics":[{"name":"token_f1"}],"assertions":[{"metric":"token_f1","op":"=","value":1}]}`, "/assertions/0/op not_allowed"},
		{`{` + oneRow + `,"metrics":[{"name":"token_f1"}],"assertions":[{"metric":"token_f1","op":"<","value":1,"on":"difference","group":"g"}]}`, "/assertions/0/group not_allowed"},
		{`{` + oneRow + `,"metrics":[{"name":"token_f1"}],"bootstrap":{"samples":0},"assertions":[{"metric":"token_f1","op":"<","value":1,"on":"ci_low"}]}`, "/assertions/0/on not_allowed"},
		{`{` + oneRow + `,"metrics":[{"name":"token_f1"}],"bootstrap":{"samples":10001}}`, "/bootstrap/samples out_of_range"},
		{`{` + oneRow + `,"metrics":[{"name":"token_f1"}],"bootstrap":{"seed":0.5}}`, "/bootstrap/seed type"},
		{`{` + oneRow + `,"metrics":[{"name":"token_f1"}],"max_failed_fraction":2}`, "/max_failed_fraction out_of_range"},
		{`{"rows":[{"reference":"b"}],"metrics":[{"name":"token_f1"}]}`, "/rows/0/prediction required"},
		{`{"rows":[{"prediction":"a","gold":"b"}],"metrics":[{"name":"token_f1"}]}`, "/rows/0/gold unknown_field"},
		{`{"rows":[{"prediction":"a","references":[]}],"metrics":[{"name":"token_f1"}]}`, "/rows/0/references too_few"},
		{`{"rows":[{"prediction":"a","groups":{"g":[1]}}],"metrics":[{"name":"token_f1"}]}`, "/rows/0/groups/g type"},
		{`{"file":"@a.csv","metrics":[{"name":"token_f1"}]}`, "/file type"},
		{`{"file":{"kind":"inline","media_type":"text/csv","data":"????"},"metrics":[{"name":"token_f1"}]}`, "/file/data pattern"},
		{`{` + oneRow + `,"file":{"kind":"url","url":"https://example.com/a"},"metrics":[{"name":"token_f1"}]}`, "/file not_allowed"},
		{`{` + oneRow + `,"skip_rows":1,"metrics":[{"name":"token_f1"}]}`, "/skip_rows not_allowed"},
		{`{` + oneRow + `,"columns":{"prediction":"p"},"metrics":[{"name":"token_f1"}]}`, "/columns not_allowed"},
		{`{"file":{"kind":"url","url":"https://example.com/a"},"delimiter":"::","metrics":[{"name":"token_f1"}]}`, "/delimiter not_allowed"},
		{`{"file":{"kind":"url","url":"https://example.com/a"},"columns":{"reference":[]},"metrics":[{"name":"token_f1"}]}`, "/columns/reference type"},
	} {
		if got := findingsOf(t, o, c.inputs); strings.Join(got, ", ") != c.want {
			t.Errorf("%s: found %q, want %q", c.inputs, got, c.want)
		}
	}
}

func TestWhatIsTaken(t *testing.T) {
	o := offer(t)
	id := string(dpp.NewUploadID())
	for _, inputs := range []string{
		`{"rows":[{"id":7,"prediction":{"a":[1,2]},"references":[null,"x"],"baseline_prediction":false,"groups":["a","b"]}],"metrics":[{"name":"token_f1"}],"bootstrap":{"samples":1e3,"seed":2.0}}`,
		`{"rows":[{"prediction":null}],"metrics":[{"name":"token_f1","params":{}}],"max_failed_fraction":1,"worst_rows":0}`,
		`{"file":{"kind":"upload","upload_id":"` + id + `"},"format":"csv","delimiter":"\t","cell_values":"json","skip_rows":10,"metrics":[{"name":"token_f1"}],"columns":{"id":"a","prediction":"b","reference":["c","d"],"baseline_prediction":"e","groups":"f"}}`,
		`{"file":{"kind":"url","url":"https://example.com/rows.jsonl"},"columns":{"references":"gold","groups":["x","y"]},"metrics":[{"name":"token_f1"},{"name":"token_f1","label":"precision","params":{"measure":"precision"}}]}`,
	} {
		if _, err := o.Check(jsontext.Value(inputs)); err != nil {
			t.Errorf("%s: %v", inputs, err)
		}
	}
}

// What a run will take is known exactly where the rows stand in the inputs.
func TestEstimate(t *testing.T) {
	p, o := New(nil, Options{}), offer(t)
	row := `{"prediction":"a","reference":"a"}`
	for _, c := range []struct {
		inputs            string
		minimum, all      int64
		likely, high      int64
		uploads, priceAll int64
	}{
		{`{"rows":[` + row + `,` + row + `],"metrics":[{"name":"token_f1"}]}`, 2, 4, 4, 4, 0, 2_100},
		{`{"rows":[` + row + `,{"prediction":"a","baseline_prediction":"b"}],"metrics":[{"name":"token_f1"},{"name":"exact_match"}],"bootstrap":{"samples":0}}`, 2, 6, 6, 6, 0, 2_100},
		{`{"rows":[` + row + `],"metrics":[{"name":"token_f1"}],"bootstrap":{"samples":1001}}`, 3, 3, 3, 3, 0, 2_100},
		{`{"rows":[{"prediction":null}],"metrics":[{"name":"token_f1"}]}`, 0, 0, 0, 0, 0, 2_000},
		{`{"file":{"kind":"upload","upload_id":"upl_00000000000000000000000000"},"metrics":[{"name":"token_f1"}]}`, 2, 2, 2 * likelyRows, 4 * maxRows, 1, 2_100},
	} {
		e, err := p.Estimate(jsontext.Value(c.inputs))
		if err != nil {
			t.Fatal(err)
		}
		for i, units := range [][]pack.Quantity{e.Minimum, e.All, e.Likely, e.High} {
			want := []int64{c.minimum, c.all, c.likely, c.high}[i]
			if got := evaluations(units); got != want || units[0] != (pack.Quantity{Unit: unitEval, Quantity: 1}) {
				t.Errorf("%s: bound %d is %v, want %d evaluations", c.inputs, i, units, want)
			}
		}
		if int64(len(e.Uploads)) != c.uploads {
			t.Errorf("%s: uploads %v", c.inputs, e.Uploads)
		}
		if bounds, err := o.Check(jsontext.Value(c.inputs)); err != nil || bounds.All != dpp.Money(c.priceAll) {
			t.Errorf("%s: costs %v, %v", c.inputs, bounds.All, err)
		}
	}
}

func evaluations(units []pack.Quantity) int64 {
	i := slices.IndexFunc(units, func(q pack.Quantity) bool { return q.Unit == unitEvaluation })
	if i < 0 {
		return 0
	}
	return units[i].Quantity
}
