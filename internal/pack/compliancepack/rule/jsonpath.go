package rule

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// path is a part of JSONPath (RFC 9535): $, .name, ['name'], [n], [*], .* and, once, ..name.
type path []step

type step struct {
	name  string
	index int
	kind  stepKind
}

type stepKind uint8

const (
	byName stepKind = iota
	byIndex
	every
	below // the members of this name, at any depth
)

const (
	maxSteps = 32
	// maxNodesVisited is how many values a path may look at.
	maxNodesVisited = 100_000
)

// newPath reads a path.
func newPath(text string) (path, bool) {
	rest, ok := strings.CutPrefix(text, "$")
	if !ok {
		return nil, false
	}
	var steps path
	descents := 0
	for rest != "" {
		var s step
		if s, rest, ok = nextStep(rest); !ok || len(steps) == maxSteps {
			return nil, false
		}
		if s.kind == below {
			descents++
		}
		steps = append(steps, s)
	}
	return steps, descents <= 1
}

func nextStep(text string) (s step, rest string, ok bool) {
	switch {
	case strings.HasPrefix(text, ".."):
		s.kind = below
		s.name, rest = word(text[2:])
		return s, rest, s.name != ""
	case strings.HasPrefix(text, ".*"):
		return step{kind: every}, text[2:], true
	case strings.HasPrefix(text, "."):
		s.name, rest = word(text[1:])
		return s, rest, s.name != ""
	case strings.HasPrefix(text, "["):
		return bracket(text[1:])
	}
	return s, "", false
}

// word is a name without brackets.
func word(text string) (name, rest string) {
	if end := strings.IndexAny(text, ".[]*'\" "); end >= 0 {
		return text[:end], text[end:]
	}
	return text, ""
}

// bracket reads what stands in brackets: a star, a quoted name or an index.
func bracket(text string) (s step, rest string, ok bool) {
	if strings.HasPrefix(text, "'") || strings.HasPrefix(text, `"`) {
		name, rest, found := strings.Cut(text[1:], text[:1]+"]")
		return step{name: name}, rest, found
	}
	inside, rest, found := strings.Cut(text, "]")
	if inside == "*" {
		return step{kind: every}, rest, found
	}
	index, err := strconv.Atoi(inside)
	return step{kind: byIndex, index: index}, rest, found && err == nil && strings.Trim(inside, "-0123456789") == ""
}

// find gives the values at a path, members of objects by their names' order; false where the
// path would look at too many, or the context ended.
func (p path) find(ctx context.Context, root any) ([]any, bool) {
	values := []any{root}
	visited := 0
	for _, s := range p {
		var next []any
		for _, v := range values {
			if next, visited = s.from(v, next, visited+1); visited > maxNodesVisited || ctx.Err() != nil {
				return nil, false
			}
		}
		values = next
	}
	return append([]any{}, values...), true
}

// from appends what a step leads to from a value.
func (s step) from(v any, found []any, visited int) ([]any, int) {
	switch s.kind {
	case byName:
		if object, ok := v.(map[string]any); ok {
			if member, ok := object[s.name]; ok {
				found = append(found, member)
			}
		}
	case byIndex:
		if list, ok := v.([]any); ok {
			at := s.index
			if at < 0 {
				at += len(list)
			}
			if at >= 0 && at < len(list) {
				found = append(found, list[at])
			}
		}
	case every:
		children := children(v)
		return append(found, children...), visited + len(children)
	case below:
		return s.descend(v, found, visited)
	}
	return found, visited
}

// descend looks at everything below a value, without recursion: documents may be deep.
func (s step) descend(v any, found []any, visited int) ([]any, int) {
	for stack := []any{v}; len(stack) > 0 && visited <= maxNodesVisited; visited++ {
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if object, ok := top.(map[string]any); ok {
			if member, ok := object[s.name]; ok {
				found = append(found, member)
			}
		}
		inside := children(top)
		slices.Reverse(inside)
		stack = append(stack, inside...)
	}
	return found, visited
}

// children are the members of an object by name, or the elements of an array.
func children(v any) []any {
	switch v := v.(type) {
	case map[string]any:
		list := make([]any, 0, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			list = append(list, v[name])
		}
		return list
	case []any:
		return slices.Clone(v)
	}
	return nil
}
