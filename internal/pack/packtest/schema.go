package packtest

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Schema is a JSON Schema as everybody else reads it: without the bounds of the platform,
// and with the library's own words for what is wrong.
type Schema struct{ compiled *jsonschema.Schema }

// Compile reads a schema. One that refers to anything outside of itself ends the test.
func Compile(t TB, text jsontext.Value) *Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(jsonschema.SchemeURLLoader{}) // that knows no scheme
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("schema.json", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return &Schema{compiled}
}

// Validate tells what is wrong with a value. A text that is no JSON ends the test.
func (s *Schema) Validate(t TB, value jsontext.Value) error {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(value))
	if err != nil {
		t.Fatal(err)
	}
	return s.compiled.Validate(document)
}
