package secrets

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"

	"dpp/internal/pack/compliancepack/needle"
)

// shape is what a rule's expression says of the place of a match.
type shape struct {
	source string
	// assigned: the expression wants a name, a sign of assignment and a value.
	assigned bool
	// anchored: every match begins at a known distance from a keyword, so that the expression
	// is tried there alone.
	anchored bool
	// wordStart: nothing of a word stands before a match.
	wordStart bool
	// prefixes are what matches begin with, in lower case.
	prefixes []string
	// required are strings of which one stands in every match, in lower case; nil where none
	// is known.
	required []string
	needed   *needle.Set
	// roams: a part without a bound goes on over spaces, so that a try may read far.
	roams bool
	// longest is the length of the longest match in bytes, 0 where there is none.
	longest int
}

// lead is what gitleaks writes before the name of an assignment: the rest of a longer name.
// It says nothing of the secret, and costs most of the time.
const lead = `[\w.-]{0,50}?`

func shapeOf(source string, keywords []string) (shape, error) {
	var s shape
	switch {
	case strings.HasPrefix(source, `(?i)`+lead+`(?:`):
		s.assigned, source = true, `(?i)`+strings.TrimPrefix(source, `(?i)`+lead)
	case strings.HasPrefix(source, lead+`(?i:`+lead+`(?:`):
		s.assigned, source = true, `(?i:`+strings.TrimPrefix(source, lead+`(?i:`+lead)
	}
	tree, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return s, err
	}
	s.assigned = s.assigned && tree.Op != syntax.OpAlternate
	s.longest = longest(tree)
	s.required = required(tree, keywords)
	s.needed = needle.New(s.required)
	s.prefixes, _ = prefixes(tree)
	s.wordStart = beginsWord(tree)
	s.roams = roams(tree)
	s.anchored = !slices.ContainsFunc(s.prefixes, func(p string) bool { return !containsAny(p, keywords) })
	if s.source = source; s.anchored {
		s.source = `\A(?:` + source + `)`
	}
	return s, nil
}

func beginsWord(tree *syntax.Regexp) bool {
	for tree.Op == syntax.OpConcat && len(tree.Sub) > 0 {
		tree = tree.Sub[0]
	}
	return tree.Op == syntax.OpWordBoundary
}

// roams tells whether something that matches a space is repeated without a bound.
func roams(re *syntax.Regexp) bool {
	if re.Op == syntax.OpStar || re.Op == syntax.OpPlus || re.Op == syntax.OpRepeat && re.Max < 0 {
		switch sub := re.Sub[0]; sub.Op {
		case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
			return true
		case syntax.OpCharClass:
			for i := 0; i+1 < len(sub.Rune); i += 2 {
				if sub.Rune[i] <= ' ' && sub.Rune[i+1] >= ' ' {
					return true
				}
			}
		default:
		}
	}
	return slices.ContainsFunc(re.Sub, roams)
}

func containsAny(text string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

// offsets are the distances from the beginning of a match to a keyword in it.
func (s *shape) offsets(word string) []int {
	var offsets []int
	for _, p := range s.prefixes {
		if at := strings.Index(p, word); at >= 0 && !slices.Contains(offsets, at) {
			offsets = append(offsets, at)
		}
	}
	return offsets
}

// hasRequired tells whether a piece of text may hold a match.
func (s *shape) hasRequired(piece string) bool {
	return len(s.required) == 0 || s.needed.Contains(piece)
}

// required are strings of which every match has one: of a sequence the part with the longest,
// one that is no keyword where there is such, of alternatives those of each.
func required(re *syntax.Regexp, keywords []string) []string {
	switch re.Op {
	case syntax.OpLiteral:
		return []string{strings.ToLower(string(re.Rune))}
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0], keywords)
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0], keywords)
		}
	case syntax.OpConcat:
		var best []string
		for _, part := range re.Sub {
			if some := required(part, keywords); worth(some, keywords) > worth(best, keywords) {
				best = some
			}
		}
		return best
	case syntax.OpAlternate:
		var all []string
		for _, part := range re.Sub {
			some := required(part, keywords)
			if len(some) == 0 {
				return nil
			}
			all = append(all, some...)
		}
		return all
	default:
	}
	return nil
}

// worth is how well strings tell pieces apart: by the shortest, and if none is a keyword, which
// stands in every piece.
func worth(list, keywords []string) int {
	if len(list) == 0 {
		return 0
	}
	n := len(list[0])
	for _, s := range list {
		n = min(n, len(s))
	}
	if !slices.ContainsFunc(list, func(s string) bool { return slices.Contains(keywords, s) }) {
		n += 100
	}
	return n
}

// maxPrefixes is how many beginnings are told apart.
const maxPrefixes = 64

// prefixes are strings of which every match begins with one, whatever its case; exact where
// they are whole matches.
func prefixes(re *syntax.Regexp) (list []string, exact bool) {
	switch re.Op {
	case syntax.OpLiteral:
		return []string{strings.ToLower(string(re.Rune))}, true
	case syntax.OpCharClass:
		return classPrefixes(re.Rune)
	case syntax.OpCapture:
		return prefixes(re.Sub[0])
	case syntax.OpConcat:
		return concatPrefixes(re.Sub)
	case syntax.OpAlternate:
		return alternatePrefixes(re.Sub)
	case syntax.OpQuest:
		list, exact = prefixes(re.Sub[0])
		return append([]string{""}, list...), exact
	case syntax.OpPlus:
		list, _ = prefixes(re.Sub[0])
		return list, false
	case syntax.OpRepeat:
		if re.Min > 0 {
			list, _ = prefixes(re.Sub[0])
			return list, false
		}
	case syntax.OpEmptyMatch, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return []string{""}, true
	default:
	}
	return []string{""}, false
}

// classPrefixes are the characters of a small class.
func classPrefixes(ranges []rune) ([]string, bool) {
	var list []string
	for i := 0; i+1 < len(ranges); i += 2 {
		if ranges[i+1]-ranges[i] > 8 {
			return []string{""}, false
		}
		for c := ranges[i]; c <= ranges[i+1]; c++ {
			if folded := string(unicode.ToLower(c)); c < unicode.MaxASCII && !slices.Contains(list, folded) {
				list = append(list, folded)
			}
		}
	}
	if len(list) > 8 {
		return []string{""}, false
	}
	return list, true
}

func concatPrefixes(parts []*syntax.Regexp) ([]string, bool) {
	list := []string{""}
	for _, part := range parts {
		next, exact := prefixes(part)
		if len(list)*len(next) > maxPrefixes {
			return list, false
		}
		var longer []string
		for _, a := range list {
			for _, b := range next {
				longer = append(longer, a+b)
			}
		}
		list = longer
		if !exact {
			return list, false
		}
	}
	return list, true
}

func alternatePrefixes(parts []*syntax.Regexp) (list []string, exact bool) {
	exact = true
	for _, part := range parts {
		some, whole := prefixes(part)
		list, exact = append(list, some...), exact && whole
	}
	if len(list) > maxPrefixes {
		return []string{""}, false
	}
	return list, exact
}

// longest is the most bytes that match, 0 for no bound, ASCII assumed.
func longest(re *syntax.Regexp) int {
	const unbounded = 1 << 20
	n := longestOf(re, unbounded)
	if n >= unbounded {
		return 0
	}
	return n
}

func longestOf(re *syntax.Regexp, unbounded int) int {
	switch re.Op {
	case syntax.OpStar, syntax.OpPlus:
		return unbounded
	case syntax.OpLiteral:
		return len(string(re.Rune))
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1
	case syntax.OpRepeat:
		if re.Max < 0 {
			return unbounded
		}
		return min(unbounded, re.Max*longestOf(re.Sub[0], unbounded))
	default:
	}
	n := 0
	for _, sub := range re.Sub {
		if one := longestOf(sub, unbounded); re.Op == syntax.OpAlternate {
			n = max(n, one)
		} else {
			n = min(unbounded, n+one)
		}
	}
	return n
}

// size is how many instructions an expression has, to which the time of a try is proportional.
func size(source string) int {
	tree, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return 0
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return 0
	}
	return len(program.Inst)
}
