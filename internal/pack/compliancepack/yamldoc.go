package compliancepack

import (
	"context"
	"errors"
	"io"
	"math"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"dpp/internal/pack/compliancepack/redact"
)

// parseYAML reads a document, or a stream of several, which rules see as a list.
func parseYAML(text string) (s structure) {
	if len(text) > maxYAML {
		return structure{note: noteLarge, well: true}
	}
	roots, err := yamlNodes(text)
	if err != nil {
		return structure{note: noteNotParsed}
	}
	s.well = true
	s.pointers = func(_ context.Context, spans []redact.Span, offsets []int) []string {
		return yamlPointers(text, roots, spans, offsets)
	}
	b := &yamlReader{left: maxValues}
	docs := []any{}
	for _, root := range roots {
		doc, err := b.value(root, 0)
		switch {
		case errors.Is(err, errDeep):
			s.note = noteDeep
			return s
		case err != nil:
			s.note = noteAliases
			if !b.aliases {
				s.note = noteValues
			}
			return s
		}
		docs = append(docs, doc)
	}
	if s.doc = docs; len(docs) == 1 {
		s.doc = docs[0]
	}
	return s
}

var errYAML = errors.New("the parser gave up")

// yamlNodes parses without expanding anything.
func yamlNodes(text string) (roots []*yaml.Node, err error) {
	defer func() {
		if recover() != nil {
			err = errYAML
		}
	}()
	d := yaml.NewDecoder(strings.NewReader(text))
	for {
		var n yaml.Node
		switch err := d.Decode(&n); {
		case errors.Is(err, io.EOF):
			return roots, nil
		case err != nil:
			return nil, err
		}
		if n.Kind == yaml.DocumentNode && len(n.Content) == 1 {
			roots = append(roots, n.Content[0])
		}
	}
}

// yamlReader builds the content of a document, aliases expanded, within bounds.
type yamlReader struct {
	left    int
	aliases bool
}

func (r *yamlReader) value(n *yaml.Node, depth int) (any, error) {
	if r.left--; r.left < 0 {
		return nil, errValues
	}
	if depth > maxDepth {
		return nil, errDeep
	}
	switch n.Kind {
	case yaml.AliasNode:
		r.aliases = true
		return r.value(n.Alias, depth+1)
	case yaml.MappingNode:
		members := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			value, err := r.value(n.Content[i+1], depth+1)
			if err != nil {
				return nil, err
			}
			r.put(members, n.Content[i], value)
		}
		return members, nil
	case yaml.SequenceNode:
		items := make([]any, 0, len(n.Content))
		for _, item := range n.Content {
			value, err := r.value(item, depth+1)
			if err != nil {
				return nil, err
			}
			items = append(items, value)
		}
		return items, nil
	default:
		return yamlScalar(n), nil
	}
}

// put sets a member, or with the key << all that are not there of another mapping.
func (r *yamlReader) put(members map[string]any, key *yaml.Node, value any) {
	others, isMap := value.(map[string]any)
	if key.ShortTag() != "!!merge" || !isMap {
		members[yamlName(key)] = value
		return
	}
	for name, other := range others {
		if r.left--; r.left < 0 {
			return // the next value tells
		}
		if _, there := members[name]; !there {
			members[name] = other
		}
	}
}

// yamlName is a key as a name.
func yamlName(key *yaml.Node) string {
	for depth := 0; key.Kind == yaml.AliasNode && depth < maxDepth; depth++ {
		key = key.Alias
	}
	return key.Value
}

// yamlScalar is a scalar in the types that rules know.
func yamlScalar(n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		var b bool
		if n.Decode(&b) == nil {
			return b
		}
	case "!!int":
		var i int64
		if n.Decode(&i) == nil {
			return i
		}
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return f
		}
	case "!!float":
		var f float64
		if n.Decode(&f) == nil && !math.IsNaN(f) {
			return f
		}
	}
	return n.Value
}

// placed is a node of a document with the way to it.
type placed struct {
	offset int
	way    *step
}

// step is the end of a way.
type step struct {
	above *step
	segment
}

// yamlWalk finds where nodes stand.
type yamlWalk struct {
	text  string
	lines []int // offsets
	nodes []placed
	spans *trail
	// line, column and at are the last place that was asked for: nodes come in order, so a long
	// line is read once.
	line, column, at int
}

// yamlPointers finds, for each offset, the last node that begins before it.
func yamlPointers(text string, roots []*yaml.Node, spans []redact.Span, offsets []int) []string {
	w := &yamlWalk{text: text, lines: yamlLines(text), spans: &trail{spans: spans}}
	for i, root := range roots {
		var top *step
		if len(roots) > 1 {
			top = &step{nil, segment{index: i, listed: true}}
		}
		w.visit(root, top, 0)
	}
	sort.SliceStable(w.nodes, func(i, j int) bool { return w.nodes[i].offset < w.nodes[j].offset })
	found := make([]string, len(offsets))
	next := 0
	for i, offset := range offsets {
		for next < len(w.nodes) && w.nodes[next].offset <= offset {
			next++
		}
		if next > 0 {
			found[i] = w.nodes[next-1].way.pointer()
		}
	}
	return found
}

func (w *yamlWalk) visit(n *yaml.Node, way *step, depth int) {
	if depth > maxDepth {
		return
	}
	if n.Kind == yaml.ScalarNode || n.Kind == yaml.AliasNode {
		w.nodes = append(w.nodes, placed{w.offset(n), way})
		return
	}
	for i := range n.Content {
		if n.Kind == yaml.SequenceNode {
			w.visit(n.Content[i], &step{way, segment{index: i, listed: true}}, depth+1)
			continue
		}
		if i%2 == 1 {
			continue
		}
		key := n.Content[i]
		start := w.offset(key)
		end := max(start, min(len(w.text), w.offset(n.Content[i+1])))
		kind, hidden := w.spans.holds(start, end)
		below := &step{way, segment{name: yamlName(key), kind: kind, hidden: hidden}}
		w.nodes = append(w.nodes, placed{start, below})
		w.visit(n.Content[i+1], below, depth+1)
	}
}

// offset is where a node begins, in bytes.
func (w *yamlWalk) offset(n *yaml.Node) int {
	if n.Line < 1 || n.Line > len(w.lines) {
		return len(w.text)
	}
	if n.Line != w.line || n.Column < w.column {
		w.line, w.column, w.at = n.Line, 1, w.lines[n.Line-1]
	}
	for ; w.column < n.Column && w.at < len(w.text); w.column++ {
		_, size := utf8.DecodeRuneInString(w.text[w.at:])
		w.at += size
	}
	return w.at
}

// yamlLines are the offsets of lines, as YAML counts them.
func yamlLines(text string) []int {
	lines := []int{0}
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		at += size
		switch r {
		case '\r':
			if at < len(text) && text[at] == '\n' {
				at++
			}
			lines = append(lines, at)
		case '\n', '\u0085', '\u2028', '\u2029':
			lines = append(lines, at)
		}
	}
	return lines
}

func (s *step) pointer() string {
	var way []segment
	for ; s != nil; s = s.above {
		way = append(way, s.segment)
	}
	for i, j := 0, len(way)-1; i < j; i, j = i+1, j-1 {
		way[i], way[j] = way[j], way[i]
	}
	return pointerOf(way)
}
