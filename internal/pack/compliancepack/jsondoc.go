package compliancepack

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack"
	"dpp/internal/pack/compliancepack/redact"
)

// Notes on documents that are looked at as text alone, or by rules without doc.
const (
	noteNotParsed = "NOT_WELL_FORMED"
	noteDeep      = "NESTED_TOO_DEEP"
	noteValues    = "TOO_MANY_VALUES"
	noteAliases   = "ALIASES_EXPAND_TOO_FAR"
	noteLarge     = "TOO_LARGE_TO_PARSE"
)

func newJSONDecoder(text string) *jsontext.Decoder {
	return jsontext.NewDecoder(strings.NewReader(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// jsonReader builds the content of a document, within bounds.
type jsonReader struct {
	d    *jsontext.Decoder
	ctx  context.Context //nolint:containedctx // it lives no longer than the call that makes it
	left int
}

var (
	errDeep   = errors.New("nested too deep")
	errValues = errors.New("too many values")
)

func parseJSON(ctx context.Context, text string) structure {
	s := structure{pointers: func(ctx context.Context, spans []redact.Span, offsets []int) []string {
		return jsonPointers(ctx, text, spans, offsets)
	}}
	r := &jsonReader{d: newJSONDecoder(text), ctx: ctx, left: maxValues}
	doc, err := r.value(0)
	if err == nil {
		if _, end := r.d.ReadToken(); !errors.Is(end, io.EOF) {
			err = errors.New("something follows")
		}
	}
	switch {
	case err == nil:
		s.doc, s.well = doc, true
	case errors.Is(err, errDeep):
		s.note = noteDeep
	case errors.Is(err, errValues):
		s.note, s.well = noteValues, jsonIsWell(ctx, text)
	default:
		s.note = noteNotParsed
	}
	if s.note == noteValues && !s.well {
		s.note = noteNotParsed
	}
	return s
}

// jsonIsWell reads a document to its end and keeps nothing of it.
func jsonIsWell(ctx context.Context, text string) bool {
	d := newJSONDecoder(text)
	for n := 0; ; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return false
		}
		switch _, err := d.ReadToken(); {
		case errors.Is(err, io.EOF):
			return n > 0
		case err != nil:
			return false
		}
	}
}

func (r *jsonReader) value(depth int) (any, error) {
	if r.left--; r.left < 0 {
		return nil, errValues
	}
	if depth > maxDepth {
		return nil, errDeep
	}
	if r.left%4096 == 0 && r.ctx.Err() != nil {
		return nil, r.ctx.Err()
	}
	token, err := r.d.ReadToken()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case '{':
		return r.object(depth)
	case '[':
		return r.list(depth)
	case '"':
		return token.String(), nil
	case '0':
		return jsonNumber(token.String())
	case 't', 'f':
		return token.Bool(), nil
	default:
		return nil, nil
	}
}

func (r *jsonReader) object(depth int) (any, error) {
	members := map[string]any{}
	for r.d.PeekKind() != '}' {
		name, err := r.d.ReadToken()
		if err != nil {
			return nil, err
		}
		key := name.String()
		if members[key], err = r.value(depth + 1); err != nil {
			return nil, err
		}
	}
	_, err := r.d.ReadToken()
	return members, err
}

func (r *jsonReader) list(depth int) (any, error) {
	items := []any{}
	for r.d.PeekKind() != ']' {
		item, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	_, err := r.d.ReadToken()
	return items, err
}

// jsonNumber is a whole number where the text is one that fits.
func jsonNumber(text string) (any, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if errors.Is(err, strconv.ErrRange) {
		return f, nil // infinite, or as good as zero
	}
	return f, err
}

// jsonPointers walks through the tokens of a document beside the offsets.
func jsonPointers(ctx context.Context, text string, spans []redact.Span, offsets []int) []string {
	found := make([]string, len(offsets))
	d := newJSONDecoder(text)
	t := &trail{spans: spans}
	next := 0
	for n := 0; next < len(offsets); n++ { // offsets between tokens have no place
		if n%4096 == 0 && ctx.Err() != nil {
			return found
		}
		before := int(d.InputOffset())
		token, err := d.ReadToken()
		if err != nil {
			return found
		}
		end := int(d.InputOffset())
		for next < len(offsets) && offsets[next] < before {
			next++
		}
		t.token(d, token, before, end)
		for next < len(offsets) && offsets[next] < end {
			found[next] = t.pointer()
			next++
		}
	}
	return found
}

// trail is the way from the top of a document to where a reader is.
type trail struct {
	way   []segment
	spans []redact.Span // in order
	seen  int           // spans that end before where the reader is
}

// token follows what a decoder has just read, which stands between two offsets.
func (t *trail) token(d *jsontext.Decoder, token jsontext.Token, before, end int) {
	depth := d.StackDepth()
	kind := token.Kind()
	if kind == '{' || kind == '[' {
		depth-- // the token itself stands one level above
	}
	for len(t.way) > depth {
		t.way = t.way[:len(t.way)-1]
	}
	if depth == 0 || kind == '}' || kind == ']' {
		return
	}
	for len(t.way) < depth {
		t.way = append(t.way, segment{index: -1, listed: true})
	}
	last := &t.way[depth-1]
	in, parts := d.StackIndex(depth)
	switch {
	case in == '[':
		*last = segment{index: int(parts) - 1, listed: true}
	case kind == '"' && parts%2 == 1: // a name
		of, hidden := t.holds(before, end)
		*last = segment{name: token.String(), kind: of, hidden: hidden}
	}
}

// holds tells whether a span overlaps bytes of the text, and of which kind it is. Bytes come in
// ascending order.
func (t *trail) holds(start, end int) (kind string, hidden bool) {
	for t.seen < len(t.spans) && t.spans[t.seen].End <= start {
		t.seen++
	}
	if t.seen < len(t.spans) && t.spans[t.seen].Start < end {
		return t.spans[t.seen].Kind, true
	}
	return "", false
}

func (t *trail) pointer() string { return pointerOf(t.way) }

// pointerOf writes a JSON Pointer (RFC 6901), with masks for names that hold values; empty
// where it would be long.
func pointerOf(way []segment) string {
	names := make([]string, 0, len(way))
	size := 0
	for i := range way {
		name := way[i].name
		switch {
		case way[i].hidden:
			name = redact.Mask(way[i].kind)
		case way[i].listed:
			name = strconv.Itoa(way[i].index)
		}
		if size += len(name) + 1; size > maxPointer {
			return ""
		}
		names = append(names, name)
	}
	return pack.Pointer(names...)
}
