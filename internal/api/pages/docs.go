package pages

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Docs is the page that shows an OpenAPI document to people.
func Docs(doc *huma.OpenAPI) ([]byte, error) {
	data := docs{Title: doc.Info.Title, Version: doc.Info.Version, Description: doc.Info.Description}
	for _, tag := range doc.Tags {
		data.Groups = append(data.Groups, group{Tag: tag.Name, Operations: operationsOf(doc, tag.Name)})
	}
	schemas := doc.Components.Schemas.Map()
	for _, name := range sortedKeys(schemas) {
		data.Types = append(data.Types, typeOf(name, schemas[name]))
	}
	return render("docs", data)
}

type (
	docs struct {
		Title, Version, Description string
		Groups                      []group
		Types                       []namedType
	}
	group struct {
		Tag        string
		Operations []operation
	}
	operation struct {
		ID, Method, Path, Summary, Description string
		Secured                                bool
		Parameters                             []member
		Body                                   *typeRef
		Answers                                []answer
	}
	answer struct {
		Status, Description string
		Types               []typeRef
	}
	namedType struct {
		Name, Anchor string
		Members      []member
	}
	member struct {
		Name, In, Description string
		Required              bool
		Type                  typeRef
	}
	// typeRef names a type, with the anchor of its own section where it has one.
	typeRef struct{ Text, Link string }
)

func operationsOf(doc *huma.OpenAPI, tag string) []operation {
	var found []operation
	for _, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete} {
			if op != nil && slices.Contains(op.Tags, tag) {
				found = append(found, operationOf(op))
			}
		}
	}
	slices.SortFunc(found, func(a, b operation) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return found
}

func operationOf(op *huma.Operation) operation {
	o := operation{
		ID: op.OperationID, Method: op.Method, Path: op.Path, Summary: op.Summary, Description: op.Description, Secured: len(op.Security) > 0,
	}
	for _, p := range op.Parameters {
		o.Parameters = append(o.Parameters, member{Name: p.Name, In: p.In, Description: p.Description, Required: p.Required, Type: refTo(p.Schema)})
	}
	if op.RequestBody != nil {
		for _, media := range op.RequestBody.Content {
			ref := refTo(media.Schema)
			o.Body = &ref
		}
	}
	for _, status := range sortedKeys(op.Responses) {
		a := answer{Status: status, Description: op.Responses[status].Description}
		for _, mediaType := range sortedKeys(op.Responses[status].Content) {
			ref := refTo(op.Responses[status].Content[mediaType].Schema)
			if ref.Link == "" {
				ref.Text = mediaType
			}
			a.Types = append(a.Types, ref)
		}
		o.Answers = append(o.Answers, a)
	}
	return o
}

func typeOf(name string, schema *huma.Schema) namedType {
	t := namedType{Name: name, Anchor: anchor(name)}
	for _, property := range sortedKeys(schema.Properties) {
		s := schema.Properties[property]
		t.Members = append(t.Members, member{
			Name: property, Required: slices.Contains(schema.Required, property), Type: refTo(s), Description: describe(s),
		})
	}
	return t
}

func anchor(name string) string { return "type-" + name }

// refTo names a schema in a few words.
func refTo(s *huma.Schema) typeRef {
	switch {
	case s == nil:
		return typeRef{Text: "anything"}
	case s.Ref != "":
		name := s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
		return typeRef{Text: name, Link: anchor(name)}
	case s.Items != nil:
		inner := refTo(s.Items)
		return typeRef{Text: "array of " + inner.Text, Link: inner.Link}
	case len(s.Enum) > 0:
		words := make([]string, len(s.Enum))
		for i, e := range s.Enum {
			words[i] = fmt.Sprint(e)
		}
		return typeRef{Text: strings.Join(words, ", ")}
	case s.Type == "":
		return typeRef{Text: "any JSON"}
	case s.Format != "" && s.Type == huma.TypeString:
		return typeRef{Text: s.Format}
	default:
		return typeRef{Text: s.Type}
	}
}

// describe adds a schema's bounds to its description.
func describe(s *huma.Schema) string {
	parts := []string{s.Description}
	add := func(format string, value any) { parts = append(parts, fmt.Sprintf(format, value)) }
	if s.Minimum != nil {
		add("At least %v.", *s.Minimum)
	}
	if s.Maximum != nil {
		add("At most %v.", *s.Maximum)
	}
	if s.MaxLength != nil {
		add("At most %d characters.", *s.MaxLength)
	}
	if s.MaxItems != nil {
		add("At most %d items.", *s.MaxItems)
	}
	if s.Default != nil {
		add("Default: %v.", s.Default)
	}
	return strings.TrimSpace(strings.Join(parts, " "))
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
