package metric

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack"
)

// ErrUnknown says that no metric has the name.
var ErrUnknown = errors.New("no metric has this name")

// version stands in every signature and changes whenever a value does.
const version = "dpp.1"

//go:embed catalog.json
var catalogText []byte

// Entry describes a metric before it has parameters.
type Entry struct {
	Name        string `json:"-"`
	Title       string `json:"title"`
	Description string `json:"description"`
	// Needs says what a row's prediction and references must be.
	Needs string `json:"needs"`
	// PerRowCost is how much work a row of some 25 words is, in parts of what exact
	// match takes.
	PerRowCost int `json:"cost"`
	// Params is the JSON Schema of the parameters, an object all of whose members may
	// be left out.
	Params jsontext.Value `json:"params"`
}

// ParamError tells what is wrong with a metric's parameters.
type ParamError struct {
	// Pointer is a JSON Pointer relative to the parameters.
	Pointer string
	// Code is lower_snake, as in [pack.FieldError].
	Code string
	// Message says what is wrong and repeats no value.
	Message string
}

func (e *ParamError) Error() string { return e.Pointer + ": " + e.Message }

// Catalog has all metrics, sorted by name.
func Catalog() []Entry {
	entries := entries()
	list := make([]Entry, 0, len(entries))
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		list = append(list, entries[name])
	}
	return list
}

// entries reads the catalogue, which is a part of the binary: that it can be read is
// tested.
func entries() map[string]Entry {
	var entries map[string]Entry
	if err := json.Unmarshal(catalogText, &entries); err != nil {
		return nil
	}
	for name, entry := range entries {
		entry.Name = name
		entries[name] = entry
	}
	return entries
}

// New makes a metric. No parameters, or null, are the defaults of all. The error is
// [ErrUnknown] or a [*ParamError].
func New(name string, params jsontext.Value) (Metric, error) {
	build, ok := builders()[name]
	if !ok {
		return nil, ErrUnknown
	}
	if len(bytes.TrimSpace(params)) == 0 || params.Kind() == jsontext.KindNull {
		params = jsontext.Value("{}")
	}
	schema, err := pack.CompileSchema(entries()[name].Params)
	if err != nil {
		return nil, fmt.Errorf("the parameters of %s have no usable schema: %w", name, err)
	}
	if found := schema.Findings(params); len(found) > 0 {
		return nil, &ParamError{Pointer: found[0].Pointer, Code: found[0].Code, Message: sentence(found[0])}
	}
	return build(params)
}

func sentence(e pack.FieldError) string {
	if e.Expected == "" {
		return e.Message
	}
	return e.Message + " Expected: " + e.Expected + "."
}

// builder makes a metric of parameters that satisfy its schema.
type builder func(params jsontext.Value) (Metric, error)

func builders() map[string]builder {
	return map[string]builder{
		"accuracy":          newAccuracy,
		"average_precision": newRanked("average_precision", averagePrecision),
		"balanced_accuracy": newLabelled("balanced_accuracy", 0, "fraction", (*confusion).balanced),
		"bleu":              newBLEU,
		"bradley_terry":     newBradleyTerry,
		"brier":             newBrier,
		"cer":               newErrorRate("cer", wordErrorRate),
		"chrf":              newChrF,
		"classification":    newClassification,
		"cohen_kappa":       newKappa,
		"ece":               newECE,
		"edit_similarity":   newEditSimilarity,
		"elo":               newElo,
		"exact_match":       newExactMatch,
		"hit_rate":          newRetrieval("hit_rate", "", 10, hitAt),
		"json_schema":       newJSONSchema,
		"json_valid":        newJSONValid,
		"log_loss":          newLogLoss,
		"map":               newRetrieval("map", "|norm:min(R,k)", 0, meanPrecision),
		"mcc":               newLabelled("mcc", -1, "correlation", (*confusion).correlation),
		"mer":               newErrorRate("mer", matchErrorRate),
		"mrr":               newRetrieval("mrr", "", 0, reciprocalRank),
		"ndcg":              newNDCG,
		"numeric":           newNumeric,
		"pass_at_k":         newPassAtK,
		"precision_at_k":    newRetrieval("precision_at_k", "", 10, precisionAt),
		"recall_at_k":       newRetrieval("recall_at_k", "", 10, recallAt),
		"regex":             newPattern,
		"roc_auc":           newRanked("roc_auc", areaUnderROC),
		"rouge":             newROUGE,
		"token_f1":          newTokenF1,
		"wer":               newErrorRate("wer", wordErrorRate),
		"wil":               newErrorRate("wil", informationLost),
		"win_rate":          newWinRate,
	}
}

// decode reads parameters over their defaults.
func decode(params jsontext.Value, into any) error {
	if err := json.Unmarshal(params, into); err != nil {
		return &ParamError{Code: "invalid", Message: "The parameters cannot be read."}
	}
	return nil
}
