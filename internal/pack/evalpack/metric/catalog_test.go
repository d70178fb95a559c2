package metric

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// property is what a schema says of a parameter.
type property struct {
	Type      jsontext.Value   `json:"type"`
	Enum      []jsontext.Value `json:"enum"`
	Default   jsontext.Value   `json:"default"`
	Minimum   jsontext.Value   `json:"minimum"`
	Maximum   jsontext.Value   `json:"maximum"`
	Exclusive jsontext.Value   `json:"exclusiveMinimum"`
}

func properties(t testing.TB, e Entry) map[string]property {
	t.Helper()
	var schema struct {
		AdditionalProperties *bool               `json:"additionalProperties"`
		Properties           map[string]property `json:"properties"`
	}
	if err := json.Unmarshal(e.Params, &schema); err != nil || schema.AdditionalProperties == nil || *schema.AdditionalProperties {
		t.Fatalf("%s: %v, %+v", e.Name, err, schema)
	}
	return schema.Properties
}

func TestTheCatalogueIsWhole(t *testing.T) {
	var names []string
	for _, e := range Catalog() {
		names = append(names, e.Name)
		if e.Title == "" || !strings.HasSuffix(e.Description, ".") || !strings.HasSuffix(e.Needs, ".") || e.PerRowCost < 1 {
			t.Errorf("%+v", e)
		}
		m := build(t, e.Name, "null")
		info := m.Info()
		if info.Name != e.Name || !strings.HasSuffix(info.Signature, "|version:"+version) || info.Unit == "" || info.Low >= info.High || m.Width() < 1 {
			t.Errorf("%+v", info)
		}
	}
	if want := slices.Sorted(maps.Keys(builders())); !slices.Equal(names, want) || len(names) < 30 {
		t.Errorf("the catalogue has %v, made are %v", names, want)
	}
}

// Every parameter is read, and changes what the signature says; its default does not.
func TestSignaturesNameParameters(t *testing.T) {
	needs := map[string]string{ // what a parameter has an effect beside
		"bleu.smooth_value": `"smooth":"floor",`, "classification.average": `"measure":"f1",`, "classification.labels": `"measure":"f1",`,
		"classification.zero_division": `"measure":"f1",`, "classification.positive": `"measure":"f1","average":"binary",`,
	}
	other := map[string]string{ // values of those that may be anything
		"labels": `["x"]`, "positive": `"x"`, "system": `"x"`, "pattern": `"x"`, "schema": `{"type":"null"}`,
	}
	for _, e := range Catalog() {
		for name, p := range properties(t, e) {
			beside := needs[e.Name+"."+name]
			bare := build(t, e.Name, "{"+strings.TrimSuffix(beside, ",")+"}").Info().Signature
			if len(p.Default) > 0 {
				if got := build(t, e.Name, fmt.Sprintf("{%s%q:%s}", beside, name, p.Default)).Info().Signature; got != bare {
					t.Errorf("%s: the default of %s makes %s of %s", e.Name, name, got, bare)
				}
			}
			values := []string{other[name]}
			switch {
			case len(p.Enum) > 0:
				values = nil
				for _, v := range p.Enum {
					values = append(values, string(v))
				}
			case string(p.Type) == `"boolean"`:
				values = []string{"true"}
			case len(p.Maximum) > 0:
				values = []string{string(p.Maximum)}
			}
			seen := map[string]bool{}
			for _, v := range values {
				if v == "" {
					t.Fatalf("%s.%s: nothing to try", e.Name, name)
				}
				if string(p.Default) == v {
					continue
				}
				got := build(t, e.Name, fmt.Sprintf("{%s%q:%s}", beside, name, v)).Info().Signature
				if got == bare || seen[got] {
					t.Errorf("%s: %s of %s leaves %s", e.Name, v, name, got)
				}
				seen[got] = true
			}
		}
	}
}

func TestParametersThatAreRefused(t *testing.T) {
	for _, c := range []struct{ name, params, pointer string }{
		{"bleu", `{"unknown":1}`, "/unknown"},
		{"bleu", `{"max_order":0}`, "/max_order"},
		{"bleu", `{"max_order":17}`, "/max_order"},
		{"bleu", `{"smooth_value":1}`, "/smooth_value"},
		{"bleu", `{"tokenize":"spm"}`, "/tokenize"},
		{"bleu", `[]`, ""},
		{"bleu", `{`, ""},
		{"chrf", `{"beta":0}`, "/beta"},
		{"regex", `{"pattern":"("}`, "/pattern"},
		{"regex", `{"pattern":"(a"}`, "/pattern"},
		{"regex", `{"pattern":"a)(b"}`, "/pattern"},
		{"json_schema", `{"schema":{"$ref":"file:///etc/passwd"}}`, "/schema"},
		{"json_schema", `{"schema":{"type":"thing"}}`, "/schema"},
		{"classification", `{"average":"binary","labels":["a"]}`, "/labels"},
		{"classification", `{"labels":["` + strings.Repeat("x", 257) + `"]}`, "/labels/0"},
		{"classification", `{"average":"binary","positive":"` + strings.Repeat("x", 257) + `"}`, "/positive"},
		{"roc_auc", `{"positive":"` + strings.Repeat("x", 257) + `"}`, "/positive"},
		{"brier", `{"positive":null}`, "/positive"},
		{"elo", `{"system":""}`, "/system"},
		{"win_rate", `{"system":[]}`, "/system"},
		{"ndcg", `{"k":0}`, "/k"},
		{"accuracy", `{"k":1}`, "/k"},
	} {
		_, err := New(c.name, jsontext.Value(c.params))
		var refused *ParamError
		if !errors.As(err, &refused) || refused.Pointer != c.pointer || refused.Code == "" || !strings.HasSuffix(refused.Message, ".") {
			t.Errorf("%s %.60s: %v, %+v", c.name, c.params, err, refused)
		}
	}
	if _, err := New("perplexity", nil); !errors.Is(err, ErrUnknown) {
		t.Errorf("an unknown metric: %v", err)
	}
}
