package evalpack

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"dpp"
	"dpp/internal/inputs"
	"dpp/internal/pack"
	"dpp/internal/pack/evalpack/metric"
	"dpp/internal/pack/packtest"
)

// someRows are rows with texts of few words, some of them with a baseline.
func someRows(t *rapid.T, most int) []map[string]any {
	words := rapid.SliceOfN(rapid.SampledFrom([]string{"red", "green", "blue", "night"}), 0, 4)
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) map[string]any {
		row := map[string]any{
			"prediction": strings.Join(words.Draw(t, "prediction"), " "), "reference": strings.Join(words.Draw(t, "reference"), " "),
		}
		if rapid.Bool().Draw(t, "baseline") {
			row["baseline_prediction"] = strings.Join(words.Draw(t, "old"), " ")
		}
		if rapid.Bool().Draw(t, "grouped") {
			row["groups"] = map[string]any{"g": rapid.IntRange(0, 2).Draw(t, "group")}
		}
		return row
	}), 1, most).Draw(t, "rows")
}

var bothMetrics = []any{map[string]any{"name": "token_f1"}, map[string]any{"name": "exact_match"}}

func artifact(t packtest.TB, o *pack.Outcome, name string) string {
	t.Helper()
	i := slices.IndexFunc(o.Artifacts, func(a pack.Artifact) bool { return a.Name == name })
	if i < 0 {
		t.Fatal("there is no " + name)
	}
	return string(o.Artifacts[i].Content)
}

// judgedRows are the values of each row as rows.jsonl has them, without the places.
func judgedRows(t packtest.TB, o *pack.Outcome) []string {
	t.Helper()
	var list []string
	for line := range strings.Lines(artifact(t, o, artifactRows)) {
		_, rest, ok := strings.Cut(line, `"values"`)
		if !ok {
			t.Fatal("a line without values: " + line)
		}
		list = append(list, rest)
	}
	return list
}

// limited runs inputs again and again with the same limit until nothing remains, and
// wants each run within its limit.
func limited(t packtest.TB, p *Pack, raw jsontext.Value, limit dpp.Money) (rows []string, runs int) {
	t.Helper()
	for {
		meter := newMeter(limit)
		o, err := p.Run(context.Background(), pack.Job{Inputs: raw, Meter: meter, Tenant: dpp.NewTenantID(), Live: true})
		if errors.Is(err, pack.ErrCostLimit) {
			return rows, -1
		}
		if err != nil {
			t.Fatal(err)
		}
		if meter.Total() > limit {
			t.Fatal("a run cost more than its limit")
		}
		rows = append(rows, judgedRows(t, o)...)
		runs++
		if o.Stopped == "" {
			return rows, runs
		}
		d := o.Data.(*data)
		if o.Stopped != dpp.StopCostLimit || d.Passed || !slices.Contains(d.NotPassed, notStopped) {
			t.Fatal("a run that was stopped does not say so")
		}
		raw = packtest.JSON(t, o.Remaining)
	}
}

// At every limit either the first row is too dear, or the rows that were judged and those
// that remain are together the rows that there were.
func TestCostLimits(t *testing.T) {
	p := New(inputs.New(nil, nil, nil, inputs.Options{}), Options{})
	rapid.Check(t, func(t *rapid.T) {
		rows := someRows(t, 40)
		in := map[string]any{"rows": rows, "metrics": bothMetrics, "bootstrap": map[string]any{"samples": rapid.SampledFrom([]int{0, 20}).Draw(t, "samples")}}
		if rapid.Bool().Draw(t, "file") {
			delete(in, "rows")
			in["file"] = file("application/x-ndjson", linesOf(t, rows))
		}
		raw := packtest.JSON(t, in)
		whole, runs := limited(t, p, raw, ample)
		if runs != 1 || len(whole) != len(rows) {
			t.Fatalf("%d runs judged %d of %d rows", runs, len(whole), len(rows))
		}
		limit := dpp.Money(rapid.IntRange(1_900, 12_000).Draw(t, "limit")) / 100 * 100
		parts, runs := limited(t, p, raw, limit)
		if runs < 0 { // too little for the dearest row, which takes 4 or 8 evaluations
			if limit >= 2_000+100 {
				t.Fatalf("with %d not even one row was judged", limit)
			}
			return
		}
		if !slices.Equal(parts, whole) {
			t.Fatalf("%d runs found\n%v\none found\n%v", runs, parts, whole)
		}
	})
}

func linesOf(t packtest.TB, rows []map[string]any) []byte {
	t.Helper()
	var content []byte
	for _, row := range rows {
		content = append(append(content, packtest.JSON(t, row)...), '\n')
	}
	return content
}

func file(mediaType string, content []byte) map[string]any {
	return map[string]any{"kind": "inline", "media_type": mediaType, "name": "rows", "data": base64.StdEncoding.EncodeToString(content)}
}

// What is charged is what the estimate of rows in the inputs says.
func TestChargedAsEstimated(t *testing.T) {
	o := offer(t)
	rapid.Check(t, func(t *rapid.T) {
		raw := packtest.JSON(t, map[string]any{"rows": someRows(t, 20), "metrics": bothMetrics, "bootstrap": map[string]any{"samples": 10}})
		bounds, err := o.Check(raw)
		if err != nil {
			t.Fatal(err)
		}
		meter := newMeter(bounds.All)
		if _, err := New(nil, Options{}).Run(t.Context(), pack.Job{Inputs: raw, Meter: meter}); err != nil || meter.Total() != bounds.All || bounds.All != bounds.High {
			t.Fatalf("estimated %v, took %v, %v", bounds, meter.Total(), err)
		}
	})
}

// odd is a metric for tests: what it does follows from the text of the prediction.
type odd struct {
	metric.Metric
	do func(ctx context.Context, text string) error
}

func (o odd) Info() metric.Info {
	return metric.Info{Name: "odd", Signature: "odd|version:test", Low: 0, High: 1, HigherIsBetter: true, Unit: "fraction"}
}
func (o odd) Width() int { return 1 }
func (o odd) Observe(ctx context.Context, row metric.Row, into []float64) error {
	into[0] = 1
	return o.do(ctx, string(row.Prediction))
}
func (o odd) Value(s metric.Sample) (float64, bool)       { return 1, len(s.Data) > 0 }
func (o odd) RowValue(observed []float64) (float64, bool) { return observed[0], true }

// withOdd is a pack that has such a metric.
func withOdd(do func(ctx context.Context, text string) error) *Pack {
	return New(nil, Options{Extras: []Extra{{
		Entry:  metric.Entry{Name: "odd", Title: "Odd", Params: jsontext.Value(`{"type":"object","additionalProperties":false}`)},
		New:    func(jsontext.Value, *pack.Meter) (metric.Metric, error) { return odd{do: do}, nil },
		Prices: []dpp.Price{{Unit: "thing", Per: 1, Amount: 100}},
		Units:  map[string]string{"thing": "a thing"},
		PerRow: func(jsontext.Value) (low, likely, high []pack.Quantity) {
			return nil, []pack.Quantity{{Unit: "thing", Quantity: 1}}, []pack.Quantity{{Unit: "thing", Quantity: 2}}
		},
	}}})
}

func predictions(texts ...string) jsontext.Value {
	var rows []map[string]any
	for _, text := range texts {
		rows = append(rows, map[string]any{"prediction": text, "reference": "go"})
	}
	raw, err := json.Marshal(map[string]any{"rows": rows, "metrics": []any{map[string]any{"name": "odd"}, map[string]any{"name": "exact_match"}}})
	if err != nil {
		panic(err)
	}
	return raw
}

// A metric may end the work: what all metrics had judged before is kept.
func TestMetricsThatEndTheWork(t *testing.T) {
	failure := &pack.Failure{Reason: dpp.ReasonPackError, Detail: "The service is away.", Retryable: true}
	p := withOdd(func(_ context.Context, text string) error {
		switch text {
		case `"spent"`:
			return fmt.Errorf("a call: %w", pack.ErrCostLimit)
		case `"away"`:
			return failure
		case `"bad"`:
			return &metric.RowError{Code: "ODD", Detail: "This is odd."}
		default:
			return nil
		}
	})
	o, err := p.Run(t.Context(), pack.Job{Inputs: predictions("go", "bad", "go", "spent", "go"), Meter: newMeter(ample)})
	if err != nil {
		t.Fatal(err)
	}
	d := o.Data.(*data)
	if o.Stopped != dpp.StopCostLimit || d.Rows.Read != 3 || d.Metrics[0].N != 2 || d.Metrics[1].N != 3 || len(d.Failed) != 1 || d.Failed[0].Reason != "ODD" || d.Failed[0].Row != 1 {
		t.Errorf("stopped by %s with %s", o.Stopped, packtest.JSON(t, d))
	}
	if rest := o.Remaining.(*request); len(rest.Rows) != 2 || !strings.Contains(string(rest.Rows[0]), "spent") {
		t.Errorf("remaining: %s", packtest.JSON(t, rest))
	}
	if _, err := p.Run(t.Context(), pack.Job{Inputs: predictions("spent", "go"), Meter: newMeter(ample)}); !errors.Is(err, pack.ErrCostLimit) {
		t.Errorf("the first row spent all: %v", err)
	}
	if _, err := p.Run(t.Context(), pack.Job{Inputs: predictions("go", "away"), Meter: newMeter(ample)}); !errors.Is(err, failure) {
		t.Errorf("the service is away: %v", err)
	}
}

// At the end of the timebox rows that were judged are the result; there is time left for
// their intervals.
func TestTimebox(t *testing.T) {
	waits := func(ctx context.Context, text string) error {
		if text == `"wait"` {
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}
	for _, c := range []struct {
		name    string
		texts   []string
		samples string
		stopped dpp.StopReason
		read    int
		took    time.Duration
	}{
		{"intervals wanted", append(slices.Repeat([]string{"go"}, chunkRows+5), "wait", "go"), "100", dpp.StopTimebox, chunkRows + 5, 6 * time.Second},
		{"no intervals", append(slices.Repeat([]string{"go"}, chunkRows+5), "wait", "go"), "0", dpp.StopTimebox, chunkRows + 5, 9 * time.Second},
		{"in the first chunk", []string{"go", "wait", "go"}, "100", dpp.StopTimebox, 1, 10 * time.Second},
		{"nothing judged", []string{"wait", "go"}, "100", "", 0, 10 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			start := time.Now()
			raw := text(string(predictions(c.texts...)), `"metrics"`, `"bootstrap":{"samples":`+c.samples+`},"metrics"`)
			o, err := withOdd(waits).Run(ctx, pack.Job{Inputs: raw, Meter: newMeter(ample)})
			if took := time.Since(start).Round(time.Millisecond); took != c.took {
				t.Errorf("%s: took %v", c.name, took)
			}
			if c.read == 0 {
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%s: %v", c.name, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := o.Data.(*data); o.Stopped != c.stopped || d.Rows.Read != c.read || len(o.Remaining.(*request).Rows) != len(c.texts)-c.read {
				t.Errorf("%s: stopped by %q after %d rows", c.name, o.Stopped, d.Rows.Read)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := withOdd(func(context.Context, string) error { cancel(); return nil })
	if o, err := p.Run(ctx, pack.Job{Inputs: predictions(slices.Repeat([]string{"go"}, 2*chunkRows)...), Meter: newMeter(ample)}); !errors.Is(err, context.Canceled) {
		t.Errorf("%+v, %v", o, err)
	}
}

// A panic of a metric comes out where whoever runs the pack can catch it.
func TestPanics(t *testing.T) {
	defer func() {
		if v := recover(); v != "odd" {
			t.Errorf("recovered %v", v)
		}
	}()
	p := withOdd(func(context.Context, string) error { panic("odd") })
	_, err := p.Run(t.Context(), pack.Job{Inputs: predictions("go"), Meter: newMeter(ample)})
	t.Errorf("it went on with %v", err)
}

// together is a metric that judges many rows at once.
type together struct {
	odd
	calls *[]int
}

func (b together) ObserveAll(_ context.Context, rows []metric.Row, into []float64) ([]error, error) {
	*b.calls = append(*b.calls, len(rows))
	var errs []error
	for i, row := range rows {
		switch string(row.Prediction) {
		case `"bad"`:
			errs = append(errs, &metric.RowError{Code: "ODD", Detail: "This is odd."})
		case `"spent"`:
			return errs, pack.ErrCostLimit
		default:
			into[i] = 1
			errs = append(errs, nil)
		}
	}
	return errs, nil
}

func TestMetricsThatJudgeManyRowsAtOnce(t *testing.T) {
	var calls []int
	p := New(nil, Options{Extras: []Extra{{
		Entry: metric.Entry{Name: "odd", Params: jsontext.Value(`true`)},
		New:   func(jsontext.Value, *pack.Meter) (metric.Metric, error) { return together{calls: &calls}, nil },
	}}})
	o, err := p.Run(t.Context(), pack.Job{Inputs: predictions("go", "bad", "go", "spent", "go"), Meter: newMeter(ample)})
	if err != nil {
		t.Fatal(err)
	}
	if d := o.Data.(*data); !slices.Equal(calls, []int{5, 0}) || d.Rows.Read != 3 || d.Rows.Failed != 1 || o.Stopped != dpp.StopCostLimit {
		t.Errorf("called for %v rows, read %d, failed %d, stopped by %q", calls, d.Rows.Read, d.Rows.Failed, o.Stopped)
	}
}

func TestExtrasAreDescribedAndPriced(t *testing.T) {
	p := withOdd(nil)
	bounds, err := packtest.Offer(t, p).Check(text(string(predictions("a", "b"))))
	if err != nil {
		t.Fatal(err)
	}
	if bounds.All != 2_000+100 || bounds.Likely != bounds.All+2*100 || bounds.High != bounds.All+4*100 || p.Manifest().Units["thing"] == "" {
		t.Errorf("%+v", bounds)
	}
}

// What cannot be judged is listed, and counts against the run.
func TestFailuresAreListed(t *testing.T) {
	const rows = `{"rows":[{"id":"x","prediction":"a","reference":"a"},{"id":7,"prediction":1,"reference":"a","baseline_prediction":2},{"prediction":"a"},{"prediction":"a","reference":"a","references":["b"]}],
		"metrics":[{"name":"token_f1"},{"name":"edit_similarity"}],"max_failed_fraction":LIMIT}`
	d, o := runOn(t, text(rows, "LIMIT", "0.5"))
	want := []failure{
		{Row: 1, ID: jsontext.Value("7"), Metrics: []string{"token_f1", "edit_similarity"}, Reason: "NOT_TEXT"},
		{Row: 1, ID: jsontext.Value("7"), Metrics: []string{"token_f1", "edit_similarity"}, System: systemBaseline, Reason: "NOT_TEXT"},
		{Row: 2, Metrics: []string{"token_f1", "edit_similarity"}, Reason: "NO_REFERENCE"},
		{Row: 3, Reason: rowTwoForms},
	}
	if len(d.Failed) != len(want) {
		t.Fatalf("failures %+v", d.Failed)
	}
	for i, w := range want {
		got := d.Failed[i]
		if got.Detail == "" {
			t.Errorf("%+v has no detail", got)
		}
		if got.Detail = ""; string(packtest.JSON(t, got)) != string(packtest.JSON(t, w)) {
			t.Errorf("failure %d is %s, want %s", i, packtest.JSON(t, got), packtest.JSON(t, w))
		}
	}
	if d.Rows.Failed != 3 || d.Rows.FailedFraction != 0.75 || d.Passed || !slices.Equal(d.NotPassed, []string{notRows}) {
		t.Errorf("%+v, passed %v because of %v", d.Rows, d.Passed, d.NotPassed)
	}
	if log := artifact(t, o, artifactRows); strings.Count(log, rowTwoForms) != 1 || strings.Count(log, "\n") != 4 {
		t.Errorf("log:\n%s", log)
	}
	if d, _ := runOn(t, text(rows, "LIMIT", "0.75")); !d.Passed {
		t.Errorf("as many as may fail did, and the run has not passed: %v", d.NotPassed)
	}
}

func TestNothingJudged(t *testing.T) {
	p := New(inputs.New(nil, nil, nil, inputs.Options{}), Options{})
	for content, part := range map[string]string{
		"prediction,reference\n":      "There are no rows.",
		"prediction,reference\n1,2,3": "any of the 1 rows: COLUMN_COUNT 1.",
	} {
		raw := packtest.JSON(t, map[string]any{"file": file("text/csv", []byte(content)), "metrics": bothMetrics})
		_, err := p.Run(t.Context(), pack.Job{Inputs: raw, Meter: newMeter(ample)})
		var failed *pack.Failure
		if !errors.As(err, &failed) || failed.Reason != dpp.ReasonInputRejected || !strings.Contains(failed.Detail, part) || failed.Hint == "" {
			t.Errorf("%q: %v", content, err)
		}
	}
	if _, err := New(nil, Options{}).Run(t.Context(), pack.Job{Inputs: jsontext.Value(`{"rows":[{"prediction":7},{"prediction":"a"}],"metrics":[{"name":"token_f1"}]}`), Meter: newMeter(ample)}); err == nil ||
		!strings.Contains(err.Error(), "NOT_TEXT 1, NO_REFERENCE 1") {
		t.Errorf("%v", err)
	}
}

func TestFilesThatAreTooLong(t *testing.T) {
	p := New(inputs.New(nil, nil, nil, inputs.Options{}), Options{})
	content := []byte(strings.Repeat("{}\n", maxRows+1))
	for skip, part := range map[int]string{0: "more than 200000 rows", maxRows + 1: "no rows after those that are skipped", maxRows + 2: "no rows after those that are skipped"} {
		raw := packtest.JSON(t, map[string]any{"file": file("application/x-ndjson", content), "metrics": bothMetrics, "skip_rows": skip})
		_, err := p.Run(t.Context(), pack.Job{Inputs: raw, Meter: newMeter(ample)})
		var failed *pack.Failure
		if !errors.As(err, &failed) || failed.Reason != dpp.ReasonInputRejected || !strings.Contains(failed.Detail, part) {
			t.Errorf("skipping %d: %v", skip, err)
		}
	}
}

// A file's facts are told, and rows have its lines.
func TestAFile(t *testing.T) {
	p := New(inputs.New(nil, nil, nil, inputs.Options{}), Options{})
	content := "id,prediction,reference,note\n1,a,a,x\n\n2,b,c,y\n3,d,d,z\n"
	raw := packtest.JSON(t, map[string]any{"file": file("text/csv", []byte(content)), "metrics": bothMetrics, "skip_rows": 1})
	o, err := p.Run(t.Context(), pack.Job{Inputs: raw, Meter: newMeter(ample)})
	if err != nil {
		t.Fatal(err)
	}
	d := o.Data.(*data)
	if d.File == nil || d.File.Rows != 3 || d.File.Format != formatCSV || d.File.Name != "rows" || len(d.File.SHA256) != 64 || d.Rows.Read != 2 || d.Rows.Skipped != 1 {
		t.Errorf("%s", packtest.JSON(t, d))
	}
	if len(d.Worst) != 2 || d.Worst[0].Row != 1 || d.Worst[0].Line != 4 || string(d.Worst[0].ID) != `"2"` || d.Worst[0].Reference != "c" {
		t.Errorf("worst %+v", d.Worst)
	}
	if len(o.Discarded) != 1 || o.Discarded[0].Item != "note" || o.Discarded[0].Reason != "COLUMNS_NOT_USED" {
		t.Errorf("discarded %+v", o.Discarded)
	}
}
