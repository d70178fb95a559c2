package inputs

import (
	"bytes"
	"mime"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gabriel-vasile/mimetype"
	"github.com/go-json-experiment/json/jsontext"
)

// Types of which bytes alone tell little.
const (
	plainText = "text/plain"
	anyBytes  = "application/octet-stream"
	jsonText  = "application/json"
	xmlText   = "text/xml"
)

// believed are types of text that no bytes contradict: every text is a table of one
// column, Markdown, and a piece of HTML. Whoever declares one gets it, for bytes that
// are text.
var believed = []string{
	plainText, "text/csv", "text/tab-separated-values", "text/markdown", "application/x-ndjson", "text/html", "application/xhtml+xml", xmlText,
}

// shown are types of text that bytes show by themselves.
var shown = []string{"text/html", "application/xhtml+xml", xmlText, "image/svg+xml", "text/rtf"}

// inText are formats that may consist of text alone, with what they begin with.
var inText = map[string]string{"application/pdf": "%PDF-", "application/postscript": "%!PS"}

// TypeOf is the media type that bytes have, without parameters. A declared type only
// chooses among types of text, which cannot be told apart by looking: bytes that are
// text and declared as CSV, TSV, Markdown, NDJSON, HTML, XML or plain text are that;
// those declared as JSON are JSON if they are well-formed. Text that was declared as
// nothing of this is JSON, HTML, XML, SVG or RTF where it looks so, and else plain text.
// What looks like nothing known is application/octet-stream.
func TypeOf(content []byte, declared string) string {
	found := baseType(mimetype.Detect(content).String())
	if !isText(content, found) {
		if looksText(found) {
			return anyBytes
		}
		return found
	}
	switch want := canonical(declared); {
	case slices.Contains(believed, want):
		return want
	case slices.Contains(shown, found):
		return found
	case (want == jsonText || holdsJSON(content)) && jsontext.Value(content).IsValid():
		return jsonText
	default:
		return plainText
	}
}

// holdsJSON tells whether text begins as more than a single value does.
func holdsJSON(content []byte) bool {
	start := bytes.TrimLeft(content, " \t\r\n")
	return len(start) > 0 && (start[0] == '{' || start[0] == '[')
}

// isText tells whether bytes are text. UTF-8 without control characters is, whatever
// short signatures it begins with by chance, unless it is a format that is written so.
// Otherwise the first bytes and the absence of zeros decide: older character sets.
func isText(content []byte, found string) bool {
	if clean(content) {
		start, ok := inText[found]
		return !ok || !bytes.HasPrefix(bytes.TrimLeft(content, "\xef\xbb\xbf \t\r\n"), []byte(start))
	}
	return looksText(found) && (wide(content) || bytes.IndexByte(content, 0) < 0)
}

// looksText tells of types that are found where the first bytes are text.
func looksText(found string) bool { return within(found, plainText) }

// within tells whether a type is another or a kind of it: an animated PNG is a PNG.
func within(mediaType, general string) bool {
	for m := mimetype.Lookup(mediaType); m != nil; m = m.Parent() {
		if m.Is(general) {
			return true
		}
	}
	return false
}

// clean tells whether bytes are UTF-8 without control characters that no text has.
func clean(content []byte) bool {
	control := func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f' || r == 0x7f
	}
	return utf8.Valid(content) && bytes.IndexFunc(content, control) < 0
}

// wide tells of UTF-16 and UTF-32, which are full of zeros, by their marks.
func wide(content []byte) bool {
	for _, mark := range []string{"\xff\xfe", "\xfe\xff", "\x00\x00\xfe\xff"} {
		if bytes.HasPrefix(content, []byte(mark)) {
			return true
		}
	}
	return false
}

// baseType is a media type in lower case, without parameters; empty where it is none.
func baseType(mediaType string) string {
	base, _, err := mime.ParseMediaType(mediaType)
	if err != nil {
		base, _, _ = strings.Cut(mediaType, ";")
		return strings.ToLower(strings.TrimSpace(base))
	}
	return base
}

// synonyms are other names of types that mimetype does not know as such.
var synonyms = map[string]string{
	"text/json": jsonText, "application/x-json": jsonText, "application/xml": xmlText, "text/x-markdown": "text/markdown",
	"application/csv": "text/csv", "text/x-csv": "text/csv", "application/ndjson": "application/x-ndjson", "application/jsonl": "application/x-ndjson",
	"application/yaml": plainText, "application/x-yaml": plainText, "application/toml": plainText, "application/javascript": plainText,
	"application/rtf": "text/rtf", "image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/tif": "image/tiff",
}

// canonical is the one name that TypeOf has for a type; kinds of text that it cannot
// tell are plain text.
func canonical(mediaType string) string {
	base := baseType(mediaType)
	name, known := synonyms[base]
	switch {
	case known:
		return name
	case isTextType(base):
		return base
	case strings.HasSuffix(base, "+json"):
		return jsonText
	case strings.HasSuffix(base, "+xml"):
		return xmlText
	case strings.HasPrefix(base, "text/"):
		return plainText
	default:
		return base
	}
}

// same tells whether bytes of a type are what they were declared as, a general type
// that theirs is a kind of included. Nothing was declared by no type, and by the one
// for any bytes.
func same(found, declared string) bool {
	declared = canonical(declared)
	return declared == "" || declared == anyBytes || declared == found || within(found, declared)
}

// isTextType tells of types that a reader of plain text can read.
func isTextType(mediaType string) bool {
	return mediaType == jsonText || slices.Contains(believed, mediaType) || slices.Contains(shown, mediaType)
}

// accepted tells whether a pack takes a type.
func accepted(found string, accept []string) bool {
	return len(accept) == 0 || slices.ContainsFunc(accept, func(taken string) bool {
		return same(found, taken) || taken == plainText && isTextType(found)
	})
}
