package llm

import (
	"bytes"
	"errors"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack"
)

// Form is what an answer must be like: a JSON object that satisfies a schema.
type Form struct {
	name   string
	text   jsontext.Value
	schema *pack.Schema
}

// NewForm makes a form of a JSON Schema (2020-12). The name, of letters and
// underscores, is told to servers that want one. Servers that bind a model to a schema
// understand it best where all objects list all their properties as required and allow no
// others.
func NewForm(name string, schema jsontext.Value) (*Form, error) {
	compact := schema.Clone()
	if err := compact.Canonicalize(); err != nil {
		return nil, err
	}
	compiled, err := pack.CompileSchema(compact)
	if err != nil {
		return nil, err
	}
	return &Form{name: name, text: compact, schema: compiled}, nil
}

// maxStarts is at how many braces of a text a document is looked for.
const maxStarts = 16

var errNoDocument = errors.New("llm: no document of the form")

// find returns the first JSON object in a text that has the form. Models put their
// answers into fences, and words before and behind; those that think aloud may write
// objects on the way, which do not count.
func (f *Form) find(text string) (jsontext.Value, error) {
	if i := strings.LastIndex(text, "</think>"); i >= 0 {
		text = text[i:]
	}
	for range maxStarts {
		start := strings.IndexByte(text, '{')
		if start < 0 {
			break
		}
		text = text[start:]
		document, err := jsontext.NewDecoder(bytes.NewBufferString(text)).ReadValue()
		if err != nil {
			text = text[1:]
			continue
		}
		if len(f.schema.Findings(document)) == 0 {
			return document.Clone(), nil
		}
		text = text[len(document):]
	}
	return nil, errNoDocument
}
