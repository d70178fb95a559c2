package evalpack

import (
	"cmp"
	"embed"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/inputs"
	"dpp/internal/pack"
	"dpp/internal/pack/evalpack/metric"
)

// What is priced.
const (
	unitEval       = "eval"
	unitEvaluation = "evaluation"
)

// The bounds. Those of the inputs' form stand in the schema too.
const (
	maxRows         = 200_000
	maxFileBytes    = 64 << 20
	maxRowBytes     = 1 << 20
	maxIDBytes      = 200
	maxReferences   = 50
	maxColumns      = 200
	maxMetrics      = 20
	maxAssertions   = 100
	maxGroups       = 100 // in all
	maxGroupsPerRow = 10
	maxGroupBytes   = 200
	maxSamples      = 10_000
	maxWorst        = 50
	maxNumbers      = 16 << 20 // kept of all rows, 8 bytes each
	maxListed       = 10_000   // failures in the data
	maxExcerpt      = 200      // characters of a text
	maxDetailInline = 64 << 10
	maxFindings     = 20
	maxIgnoredShown = 20
	maxEvidence     = 50
	likelyRows      = 1_000 // of a file, of which nothing is known
)

//go:embed schema/*.json
var schemas embed.FS

func schema(name string) jsontext.Value {
	text, err := schemas.ReadFile("schema/" + name + ".json")
	if err != nil {
		panic("evalpack: " + err.Error()) // embedded at build time: cannot happen in a binary that was built
	}
	return jsontext.Value(text)
}

func newManifest(extras []Extra) *pack.Manifest {
	m := &pack.Manifest{
		Type:    "eval",
		Version: "1.0.0",
		Title:   "Judge predictions by metrics",
		Description: "Judges the predictions of a system against references by metrics such as exact match, BLEU, F1, AUC or pass@k, each with n, scale, " +
			"signature and a seeded 95% bootstrap interval; compares with a baseline, slices by group, shows the worst rows, and decides assertions as a gate.",
		InputsSchema: inputsSchema(extras),
		DataSchema:   schema("data"),
		Prices: []dpp.Price{
			{Unit: unitEval, Per: 1, Amount: 2_000},
			{Unit: unitEvaluation, Per: 1_000, Amount: 500},
		},
		Units: map[string]string{
			unitEval: "one run: reading the rows, the report and the charts",
			unitEvaluation: "one row judged by one metric, and once more for every begun 1,000 bootstrap samples; a baseline's prediction is judged, too. " +
				"Rows that cannot be read count nothing",
		},
		Limits: map[string]int64{
			"max_rows": maxRows, "max_file_bytes": maxFileBytes, "max_row_bytes": maxRowBytes, "max_id_bytes": maxIDBytes,
			"max_references_per_row": maxReferences, "max_columns": maxColumns, "max_metrics": maxMetrics, "max_assertions": maxAssertions,
			"max_groups": maxGroups, "max_groups_per_row": maxGroupsPerRow, "max_group_bytes": maxGroupBytes,
			"max_bootstrap_samples": maxSamples, "max_worst_rows_per_metric": maxWorst, "max_kept_numbers": maxNumbers,
			"max_failures_listed": maxListed, "max_excerpt_chars": maxExcerpt, "max_detail_bytes_in_data": maxDetailInline,
		},
		Reliability: reliability,
		Example:     schema("example"),
		Spillable:   []string{"/rows_failed", "/worst_rows", "/metrics", "/assertions", "/remaining/rows"},
	}
	for _, extra := range extras {
		m.Prices = append(m.Prices, extra.Prices...)
		maps.Copy(m.Units, extra.Units)
	}
	return m
}

// inputsSchema puts into the schema of the inputs the metrics that there are, with the
// schemas of their parameters, and the form of a file.
func inputsSchema(extras []Extra) jsontext.Value {
	text, err := completed(schema("inputs"), extras)
	if err != nil {
		panic("evalpack: " + err.Error()) // embedded at build time: cannot happen in a binary that was built
	}
	return text
}

func completed(text jsontext.Value, extras []Extra) (jsontext.Value, error) {
	entries := metric.Catalog()
	for _, extra := range extras {
		entries = append(entries, extra.Entry)
	}
	slices.SortFunc(entries, func(a, b metric.Entry) int { return cmp.Compare(a.Name, b.Name) })
	names := make([]string, 0, len(entries))
	conditions := make([]any, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name)
		conditions = append(conditions, object{
			"if":   object{"required": []string{"name"}, "properties": object{"name": object{"const": e.Name}}},
			"then": object{"title": e.Title, "description": e.Description + " Needs: " + e.Needs, "properties": object{"params": e.Params}},
		})
	}
	var whole, defs map[string]jsontext.Value
	if err := json.Unmarshal(text, &whole); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(whole["$defs"], &defs); err != nil {
		return nil, err
	}
	var one object
	if err := json.Unmarshal(defs["metric"], &one); err != nil {
		return nil, err
	}
	one["properties"].(object)["name"] = object{"enum": names} //nolint:forcetypeassert,errcheck // the schema is ours
	one["allOf"] = conditions
	return put(whole, defs, one)
}

// object is a JSON object of a schema.
type object = map[string]any

// put writes the schema with its metric anew, and has the form of a file put in.
func put(whole, defs map[string]jsontext.Value, one object) (text jsontext.Value, err error) {
	if defs["metric"], err = json.Marshal(one, json.Deterministic(true)); err != nil {
		return nil, err
	}
	if whole["$defs"], err = json.Marshal(defs, json.Deterministic(true)); err != nil {
		return nil, err
	}
	if text, err = json.Marshal(whole, json.Deterministic(true)); err != nil {
		return nil, err
	}
	return inputs.Schema(text, nil)
}
