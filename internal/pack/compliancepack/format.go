package compliancepack

import (
	"context"
	"mime"
	"path"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack/compliancepack/redact"
)

// format is how a document is written, as far as that matters here.
type format uint8

const (
	formatText format = iota
	formatMarkdown
	formatHTML
	formatJSON
	formatYAML
)

// Media types of documents.
const (
	typeText     = "text/plain"
	typeMarkdown = "text/markdown"
	typeHTML     = "text/html"
	typeXHTML    = "application/xhtml+xml"
	typeJSON     = "application/json"
	typeYAML     = "application/yaml"
	typePDF      = "application/pdf"
)

// formatOf is the format of a media type; what is not known is text.
func formatOf(mediaType string) format {
	base, _, err := mime.ParseMediaType(mediaType)
	if err != nil {
		return formatText
	}
	switch {
	case base == typeMarkdown || base == "text/x-markdown":
		return formatMarkdown
	case base == typeHTML || base == typeXHTML:
		return formatHTML
	case base == typeJSON || base == "text/json" || strings.HasSuffix(base, "+json"):
		return formatJSON
	case base == typeYAML || base == "application/x-yaml" || base == "text/yaml" || base == "text/x-yaml" || strings.HasSuffix(base, "+yaml"):
		return formatYAML
	}
	return formatText
}

// isText tells of media types that are read as text.
func isText(mediaType string) bool {
	base, _, _ := mime.ParseMediaType(mediaType)
	return strings.HasPrefix(base, "text/") || formatOf(mediaType) != formatText
}

// guess is the media type of a text whose type nobody told: by the end of its name, else JSON
// where it is well-formed.
func guess(name, text string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".md", ".markdown":
		return typeMarkdown
	case ".html", ".htm", ".xhtml":
		return typeHTML
	case ".json":
		return typeJSON
	case ".yaml", ".yml":
		return typeYAML
	}
	if start := strings.TrimLeft(text, " \t\r\n"); start != "" && (start[0] == '{' || start[0] == '[') && jsontext.Value(text).IsValid() {
		return typeJSON
	}
	return typeText
}

// extension is the end of the name of a redacted copy.
func (f format) extension() string {
	return [...]string{".txt", ".md", ".html", ".json", ".yaml"}[f]
}

// Bounds of what is parsed. Beyond them a document is looked at as text alone.
const (
	// maxValues is how many values the variable doc of rules has at most.
	maxValues = 200_000
	// maxDepth is how deep it may be nested.
	maxDepth = 500
	// maxYAML is how many bytes of YAML are parsed.
	maxYAML = 1 * mib
	// maxPointer is how many bytes a pointer to a place has.
	maxPointer = 1_000
)

// structure is a document of JSON or YAML, parsed.
type structure struct {
	// doc is the content, as rules see it; nil where it is too large for them.
	doc any
	// well: it is well-formed.
	well bool
	// note says why doc is nil.
	note string
	// pointers tells at which places of the document offsets in its text are, in ascending
	// order; empty where that is not known. Names in which spans lie are masked.
	pointers func(ctx context.Context, spans []redact.Span, offsets []int) []string
}

// parse reads a document's structure where its format has one.
func parse(ctx context.Context, text string, f format) structure {
	switch f {
	case formatJSON:
		return parseJSON(ctx, text)
	case formatYAML:
		return parseYAML(text)
	default:
		return structure{well: true}
	}
}

// segment is one part of a pointer.
type segment struct {
	name  string
	index int // where name is empty and listed is true
	// listed: it is an item of a list.
	listed bool
	// kind is that of the value that the name holds; empty: none.
	kind   string
	hidden bool
}
