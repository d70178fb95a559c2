package inputs

import (
	_ "embed" // the schema
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack"
)

//go:embed schema.json
var fileSchema []byte

// Schema puts the form of an input file into a pack's schema of inputs, which refers
// to it as [pack.FileRef] where a file stands. More is an object of the schemas of
// members that a pack has beside those of every file; it may be nil.
func Schema(schema, more jsontext.Value) (jsontext.Value, error) {
	file, err := with(fileSchema, "properties", more)
	if err != nil {
		return nil, fmt.Errorf("inputs: members of a file: %w", err)
	}
	def, err := json.Marshal(map[string]jsontext.Value{pack.FileDef: file})
	if err != nil {
		return nil, fmt.Errorf("inputs: schema: %w", err)
	}
	if schema, err = with(schema, "$defs", def); err != nil {
		return nil, fmt.Errorf("inputs: schema: %w", err)
	}
	return schema, nil
}

// with adds members to the object that stands in a schema under a name.
func with(schema jsontext.Value, name string, members jsontext.Value) (jsontext.Value, error) {
	var whole, part map[string]jsontext.Value
	if err := json.Unmarshal(schema, &whole); err != nil {
		return nil, err
	}
	for _, text := range []jsontext.Value{whole[name], members} { // into one map
		if text == nil {
			continue
		}
		if err := json.Unmarshal(text, &part); err != nil {
			return nil, err
		}
	}
	var err error
	if whole[name], err = json.Marshal(part, json.Deterministic(true)); err != nil {
		return nil, err
	}
	return json.Marshal(whole, json.Deterministic(true))
}
