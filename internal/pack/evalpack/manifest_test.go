package evalpack

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"dpp"
	"dpp/internal/inputs"
	"dpp/internal/pack"
	"dpp/internal/pack/evalpack/metric"
	"dpp/internal/pack/packtest"
)

func TestManifest(t *testing.T) { packtest.Manifest(t, New(nil, Options{})) }

// The manifest's example runs, and gives data that satisfies the schema of the data.
func TestExampleRuns(t *testing.T) {
	d, o := runOn(t, packtest.Inputs(t, schema("example")))
	packtest.Seal(t, newManifest(nil), o)
	if !d.Passed || len(d.Assertions) != 3 || o.Reliability <= 0 || o.Reliability >= dpp.FullScore {
		t.Errorf("%s, reliability %v", packtest.JSON(t, d), o.Reliability)
	}
}

// Every metric of the catalogue can be asked for by the schema, and only those.
func TestTheSchemaHasAllMetrics(t *testing.T) {
	o := offer(t)
	for _, entry := range metric.Catalog() {
		raw := packtest.JSON(t, map[string]any{"rows": []any{map[string]any{"prediction": "a", "reference": "a"}}, "metrics": []any{map[string]any{"name": entry.Name}}})
		_, err := o.Check(raw)
		var wrong *pack.InputError
		if errors.As(err, &wrong) && slices.ContainsFunc(wrong.Fields, func(f pack.FieldError) bool { return !strings.HasPrefix(f.Pointer, "/metrics/0/params/") }) {
			t.Errorf("%s: %v", entry.Name, wrong.Fields)
		}
		raw = packtest.JSON(t, map[string]any{"rows": []any{map[string]any{"prediction": "a"}}, "metrics": []any{map[string]any{"name": entry.Name, "params": map[string]any{"no_such_parameter": 1}}}})
		if got := findingsOf(t, o, string(raw)); !slices.Contains(got, "/metrics/0/params/no_such_parameter unknown_field") {
			t.Errorf("%s: found %q", entry.Name, got)
		}
	}
}

// The numbers in the manifest are those of the schema.
func TestLimitsOfTheSchema(t *testing.T) {
	var s struct {
		Properties struct {
			Rows, Metrics, Assertions struct{ MaxItems int64 }
			WorstRows                 struct{ Maximum, Default int64 } `json:"worst_rows"`
			Bootstrap                 struct {
				Properties struct {
					Samples struct{ Maximum, Default int64 }
				}
			}
		}
		Defs struct {
			Row struct {
				Properties struct{ References struct{ MaxItems int64 } }
			}
		} `json:"$defs"`
	}
	if err := json.Unmarshal(newManifest(nil).InputsSchema, &s, json.MatchCaseInsensitiveNames(true)); err != nil {
		t.Fatal(err)
	}
	limits := newManifest(nil).Limits
	for name, got := range map[string]int64{
		"max_rows": s.Properties.Rows.MaxItems, "max_metrics": s.Properties.Metrics.MaxItems, "max_assertions": s.Properties.Assertions.MaxItems,
		"max_worst_rows_per_metric": s.Properties.WorstRows.Maximum, "max_bootstrap_samples": s.Properties.Bootstrap.Properties.Samples.Maximum,
		"max_references_per_row": s.Defs.Row.Properties.References.MaxItems,
	} {
		if want := limits[name]; got != want || want == 0 {
			t.Errorf("%s is %d in the schema and %d in the manifest", name, got, want)
		}
	}
	if s.Properties.WorstRows.Default != defaultWorst || s.Properties.Bootstrap.Properties.Samples.Default != defaultSamples {
		t.Errorf("defaults of the schema: %d worst rows, %d samples", s.Properties.WorstRows.Default, s.Properties.Bootstrap.Properties.Samples.Default)
	}
}

// Whatever rows there are, the data satisfies its schema, is sealed, and says as many
// rows as there were.
func TestDataSatisfiesItsSchema(t *testing.T) {
	schema := packtest.Compile(t, newManifest(nil).DataSchema)
	value := rapid.OneOf(
		rapid.Just[any](nil), rapid.Map(rapid.SampledFrom([]string{"", "a", "a b", "0.5", "é"}), func(s string) any { return s }),
		rapid.Map(rapid.Float64Range(-2, 2), func(x float64) any { return x }), rapid.Just[any]([]any{"a", "b"}), rapid.Just[any](map[string]any{"a": 1}), rapid.Just[any](true),
	)
	var names []string
	for _, entry := range metric.Catalog() {
		names = append(names, entry.Name)
	}
	o := offer(t)
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) map[string]any {
			row := map[string]any{"prediction": value.Draw(t, "prediction")}
			for _, part := range []string{"reference", "baseline_prediction"} {
				if rapid.Bool().Draw(t, part) {
					row[part] = value.Draw(t, part)
				}
			}
			if rapid.Bool().Draw(t, "groups") {
				row["groups"] = []string{rapid.SampledFrom([]string{"x", "y"}).Draw(t, "group")}
			}
			return row
		}), 1, 12).Draw(t, "rows")
		var metrics []any
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, 3, rapid.ID).Draw(t, "metrics") {
			metrics = append(metrics, map[string]any{"name": name})
		}
		raw := packtest.JSON(t, map[string]any{
			"rows": rows, "metrics": metrics, "max_failed_fraction": 0.5,
			"bootstrap":  map[string]any{"samples": rapid.IntRange(0, 20).Draw(t, "samples"), "confidence": 0.9},
			"assertions": []any{map[string]any{"metric": metrics[0].(map[string]any)["name"], "op": ">", "value": 0}},
		})
		if _, err := o.Check(raw); err != nil {
			return // some metrics need parameters
		}
		out, err := New(nil, Options{}).Run(t.Context(), pack.Job{Inputs: raw, Meter: newMeter(ample)})
		var failed *pack.Failure
		if errors.As(err, &failed) && failed.Reason == dpp.ReasonInputRejected {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(t, packtest.JSON(t, out.Data)); err != nil {
			t.Fatal(err)
		}
		if _, err := pack.Seal(pack.Envelope{}, out, newManifest(nil).Spillable); err != nil {
			t.Fatal(err)
		}
		if d := out.Data.(*data); d.Rows.Read != len(rows) || strings.Count(artifact(t, out, artifactRows), "\n") != len(rows) {
			t.Fatalf("read %d of %d rows", d.Rows.Read, len(rows))
		}
	})
}

// A large result spills, that of a stopped run included, and what stands in the places of
// its arrays satisfies the schema.
func TestLargeResults(t *testing.T) {
	var rows []map[string]any
	for i := range 12_000 {
		rows = append(rows, map[string]any{"id": fmt.Sprintf("row-%d", i), "prediction": i, "reference": strings.Repeat("long ", 20), "groups": []string{fmt.Sprintf("%d%s", i%maxGroups, strings.Repeat("g", maxGroupBytes-2))}})
	}
	rows[0]["prediction"] = "long"
	var metrics []any
	for i := range maxMetrics {
		metrics = append(metrics, map[string]any{"name": "token_f1", "label": fmt.Sprintf("m%d", i)})
	}
	raw := packtest.JSON(t, map[string]any{"rows": rows, "metrics": metrics, "bootstrap": map[string]any{"samples": 0}})
	p := New(nil, Options{})
	o, err := p.Run(t.Context(), pack.Job{Inputs: raw, Meter: newMeter(dpp.Money(2_000 + 12_000*maxMetrics/2 - 100))})
	if err != nil {
		t.Fatal(err)
	}
	sealed := packtest.Seal(t, newManifest(nil), o)
	if d := o.Data.(*data); d.Rows.Failures <= maxListed || d.Rows.FailuresListed != maxListed || len(sealed.Artifacts) < len(o.Artifacts)+1 || o.Discarded[0].Reason != "LISTED_ELSEWHERE" {
		t.Errorf("%+v, %d artifacts, %+v", d.Rows, len(sealed.Artifacts), o.Discarded)
	}
}

// A detail that is too large for the data is an artifact.
func TestLargeDetails(t *testing.T) {
	m := &result{Name: "odd"}
	small, large := jsontext.Value(`[1]`), jsontext.Value(`["`+strings.Repeat("x", maxDetailInline)+`"]`)
	if got := m.setDetail(3, small); got != nil || string(m.Detail) != "[1]" {
		t.Errorf("%v, %+v", got, m)
	}
	m = &result{Name: "odd"}
	got := m.setDetail(3, large)
	if len(got) != 1 || got[0].Name != m.DetailArtifact || m.Detail != nil || string(got[0].Content) != string(large) {
		t.Errorf("%v, %+v", got, m)
	}
}

// FuzzInputs: no inputs make the pack panic; what is let through runs and gives data
// that satisfies its schema, or says why not.
func FuzzInputs(f *testing.F) {
	f.Add([]byte(packtest.Inputs(f, schema("example"))))
	for _, seed := range []string{
		`{"file":{"kind":"inline","media_type":"text/csv","data":"cHJlZGljdGlvbgphCg=="},"columns":{"prediction":"prediction"},"metrics":[{"name":"exact_match"}]}`,
		`{"rows":[{"prediction":0.5,"references":[1,null],"groups":{"a":1e300}}],"metrics":[{"name":"bleu","label":"x","params":{}}],"assertions":[{"metric":"x","op":"!=","value":-1e15}]}`,
		`{"rows":[{"prediction":null}],"metrics":[]}`, `{"rows":null,"metrics":[{"name":""}]}`,
	} {
		f.Add([]byte(seed))
	}
	o := offer(f)
	p := New(inputs.New(nil, nil, nil, inputs.Options{}), Options{})
	schema := packtest.Compile(f, newManifest(nil).DataSchema)
	f.Fuzz(func(t *testing.T, raw []byte) {
		bounds, err := o.Check(raw)
		if err != nil {
			var wrong *pack.InputError
			if !errors.As(err, &wrong) || len(wrong.Fields) == 0 {
				t.Fatalf("refused without a finding: %v", err)
			}
			return
		}
		var req request
		if json.Unmarshal(raw, &req) != nil || len(bounds.Uploads) > 0 || req.File != nil && req.File.Kind != inputs.KindInline || req.samples() > 1_000 {
			return // nobody to fetch from, or too slow
		}
		out, err := p.Run(t.Context(), pack.Job{Inputs: raw, Meter: newMeter(ample), Tenant: dpp.NewTenantID()})
		var failed *pack.Failure
		if errors.As(err, &failed) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(t, packtest.JSON(t, out.Data)); err != nil {
			t.Fatal(err)
		}
		if !out.Reliability.Valid() {
			t.Fatalf("reliability %v", out.Reliability)
		}
	})
}
