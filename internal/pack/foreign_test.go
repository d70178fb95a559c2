package pack_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack"
)

func foreign(t testing.TB, text string) *pack.ForeignSchema {
	t.Helper()
	s, err := pack.CompileForeignSchema(jsontext.Value(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

func TestForeignSchemas(t *testing.T) {
	tree := `{"$ref":"#/$defs/node","$defs":{"node":{"type":"object","required":["name"],"properties":{
		"name":{"type":"string","maxLength":3},"below":{"type":"array","items":{"$ref":"#/$defs/node"}}}}}}`
	for _, c := range []struct {
		schema, value string
		want          bool
	}{
		{`{"type":"object","required":["a"],"properties":{"a":{"type":"integer"}},"additionalProperties":false}`, `{"a":1}`, true},
		{`{"type":"object","required":["a"],"properties":{"a":{"type":"integer"}},"additionalProperties":false}`, `{"a":1.5}`, false},
		{`{"type":"object","properties":{"a":{"type":"integer"}},"additionalProperties":false}`, `{"b":1}`, false},
		{`true`, `[1]`, true},
		{`false`, `1`, false},
		{tree, `{"name":"a","below":[{"name":"b","below":[{"name":"c"}]}]}`, true},
		{tree, `{"name":"a","below":[{"name":"b","below":[{"name":"long"}]}]}`, false},
		{`{"not":{"anyOf":[{"const":1},{"type":"string"}]}}`, `2`, true},
		{`{"not":{"anyOf":[{"const":1},{"type":"string"}]}}`, `"2"`, false},
		{`{"$schema":"http://json-schema.org/draft-07/schema#","items":[{"type":"null"}],"additionalItems":{"minimum":3}}`, `[null,4]`, true},
		{`{"$schema":"http://json-schema.org/draft-07/schema#","items":[{"type":"null"}],"additionalItems":{"minimum":3}}`, `[null,2]`, false},
		{`{"$schema":"http://json-schema.org/draft-07/schema#","format":"ipv4"}`, `"1.2.3"`, false},
		{`{"format":"ipv4"}`, `"1.2.3"`, true},
		{`{"$ref":"https://json-schema.org/draft/2020-12/schema"}`, `{"type":"object"}`, true},
		{`{"$ref":"https://json-schema.org/draft/2020-12/schema"}`, `{"type":"thing"}`, false},
		{`{}`, `{"a":`, false},
		{`{}`, ``, false},
	} {
		if got, err := foreign(t, c.schema).Accepts(t.Context(), jsontext.Value(c.value)); got != c.want || err != nil {
			t.Errorf("%s of %s: %v, %v", c.schema, c.value, got, err)
		}
	}
}

func TestForeignSchemasThatAreNotUsable(t *testing.T) {
	for _, text := range []string{
		``, `1`, `{"type":"thing"}`, `{"$ref":"file:///etc/passwd"}`, `{"$ref":"other.json"}`, `{"$ref":"http://127.0.0.1/schema"}`,
		`{"$schema":"http://127.0.0.1/meta"}`, `{"$ref":"#/nowhere"}`, `{"pattern":"("}`, `{"$dynamicRef":"#x","$defs":{"x":{"$dynamicAnchor":"x"}}}`,
		`{"multipleOf":1e-1000}`, `{"enum":["` + strings.Repeat("x", pack.MaxForeignSchema) + `"]}`,
	} {
		if _, err := pack.CompileForeignSchema(jsontext.Value(text)); !errors.Is(err, pack.ErrForeignSchema) {
			t.Errorf("%.60s: %v", text, err)
		}
	}
}

// doubling is a schema each of whose definitions applies the next one twice.
func doubling(keyword, last string) string {
	var b strings.Builder
	b.WriteString(`{"$ref":"#/$defs/0","$defs":{`)
	for i := range 60 {
		fmt.Fprintf(&b, `"%d":{%q:[{"$ref":"#/$defs/%d"},{"$ref":"#/$defs/%d"}]},`, i, keyword, i+1, i+1)
	}
	return b.String() + `"60":` + last + `}}`
}

func TestWorkOfForeignSchemasEnds(t *testing.T) {
	for _, schema := range []string{
		doubling("allOf", `{}`), doubling("anyOf", `{"type":"null"}`), doubling("oneOf", `{}`),
		`{"not":` + doubling("anyOf", `{"type":"null"}`) + `}`,
		`{"$defs":{"n":{"properties":{"a":{"allOf":[{"$ref":"#/$defs/n"},{"$ref":"#/$defs/n"}]}}}},"$ref":"#/$defs/n"}`,
	} {
		if strings.HasPrefix(schema, `{"not"`) { // its references are meant from the top
			schema = strings.Replace(doubling("anyOf", `{"type":"null"}`), `{"$ref":"#/$defs/0",`, `{"not":{"$ref":"#/$defs/0"},`, 1)
		}
		value := strings.Repeat(`{"a":`, 60) + "1" + strings.Repeat("}", 60)
		if _, err := foreign(t, schema).Accepts(t.Context(), jsontext.Value(value)); !errors.Is(err, pack.ErrSchemaWork) {
			t.Errorf("%.60s: %v", schema, err)
		}
	}
	for _, value := range []string{`1e1000`, "[" + strings.Repeat("1,", 100_000) + "1]"} {
		if _, err := foreign(t, `{}`).Accepts(t.Context(), jsontext.Value(value)); !errors.Is(err, pack.ErrSchemaWork) {
			t.Errorf("%.20s: %v", value, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := foreign(t, `{}`).Accepts(ctx, jsontext.Value(`1`)); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
}

// Counting changes no answer, and nothing that others share.
func TestMetaschemasAreNotCounted(t *testing.T) {
	meta := `{"$ref":"https://json-schema.org/draft/2020-12/schema"}`
	first := foreign(t, meta)
	for range 3 {
		if ok, err := foreign(t, meta).Accepts(t.Context(), jsontext.Value(`{"properties":{"a":{"type":"string"}}}`)); !ok || err != nil {
			t.Fatalf("%v, %v", ok, err)
		}
	}
	if ok, err := first.Accepts(t.Context(), jsontext.Value(`{"type":1}`)); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
}

func FuzzForeignSchema(f *testing.F) {
	f.Add(`{"type":"object","properties":{"a":{"type":"integer"}}}`, `{"a":1}`)
	f.Add(`{"$ref":"#/$defs/a","$defs":{"a":{"anyOf":[{"$ref":"#"},true]}}}`, `[1]`)
	f.Add(`{"patternProperties":{"^a":{"uniqueItems":true}}}`, `{"a":[1,1]}`)
	f.Fuzz(func(t *testing.T, schema, value string) {
		s, err := pack.CompileForeignSchema(jsontext.Value(schema))
		if err != nil {
			if !errors.Is(err, pack.ErrForeignSchema) {
				t.Fatal(err)
			}
			return
		}
		ok, err := s.Accepts(t.Context(), jsontext.Value(value))
		if err != nil && !errors.Is(err, pack.ErrSchemaWork) {
			t.Fatal(err)
		}
		if again, err2 := s.Accepts(t.Context(), jsontext.Value(value)); again != ok || (err == nil) != (err2 == nil) {
			t.Fatalf("%v, then %v", ok, again)
		}
	})
}
