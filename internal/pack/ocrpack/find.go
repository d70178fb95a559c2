package ocrpack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"dpp/internal/document/tesseract"
)

// Bounds of what is looked for. Together they bound the time that a page may take.
const (
	maxFinds        = 20
	maxPattern      = 500     // characters
	maxInstructions = 200     // of a compiled pattern
	maxFindWork     = 2 << 20 // instructions times bytes of a page
	maxHits         = 50      // of a pattern on a page
	maxFound        = 2_000   // of a run
)

// find is something to look for.
type find struct {
	Name    string `json:"name"`
	Pattern string `json:"pattern"`
}

// query is a find that was compiled.
type query struct {
	name    string
	pattern *regexp.Regexp
	reach   int // bytes of a page that are looked at
}

// errComplex: a pattern takes too much work.
var errComplex = errors.New("the pattern is too complex")

// compileFind makes a query. The error is errComplex, or that of package syntax.
func compileFind(f find) (query, error) {
	parsed, err := syntax.Parse(f.Pattern, syntax.Perl)
	if err != nil {
		return query{}, err
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return query{}, err
	}
	if len(program.Inst) > maxInstructions {
		return query{}, errComplex
	}
	pattern, err := regexp.Compile(f.Pattern)
	if err != nil {
		return query{}, err
	}
	return query{name: f.Name, pattern: pattern, reach: maxFindWork / len(program.Inst)}, nil
}

// explain says what is wrong with a pattern and at which of its characters, in words of the
// library and none of the pattern's.
func explain(pattern string, err error) string {
	var wrong *syntax.Error
	switch {
	case errors.Is(err, errComplex):
		return fmt.Sprintf("The pattern is too complex: compiled it has more than %d steps.", maxInstructions)
	case !errors.As(err, &wrong):
		return "The pattern is no regular expression of RE2."
	default:
		return fmt.Sprintf("The pattern is no regular expression of RE2: %s at character %d.", wrong.Code, wrongAt(pattern, wrong.Code))
	}
}

// wrongAt is the character, counted from 1, from which on every beginning of the pattern has
// the same fault.
func wrongAt(pattern string, code syntax.ErrorCode) int {
	runes := []rune(pattern)
	n := len(runes)
	for n > 0 {
		var wrong *syntax.Error
		if _, err := syntax.Parse(string(runes[:n-1]), syntax.Perl); !errors.As(err, &wrong) || wrong.Code != code {
			break
		}
		n--
	}
	return max(n, 1)
}

// hit is where a page has what was looked for.
type hit struct {
	value       string
	first, last int // words of the page
}

// search is a page in the forms in which things are looked for: line by line, with the lines
// of each block as one, and that with words whole that a hyphen divides at the end of one.
type search struct {
	words []tesseract.Word
	forms []placed
}

// placed is a text, and where in it the words of a page begin.
type placed struct {
	text   []byte
	starts []int
}

// add puts a word behind what was there.
func (p *placed) add(between, word string) {
	if len(p.text) > 0 {
		p.text = append(p.text, between...)
	}
	p.starts = append(p.starts, len(p.text))
	p.text = append(p.text, word...)
}

// newSearch makes the forms of a page.
func newSearch(page *tesseract.Page) *search {
	s := &search{words: page.Words(), forms: make([]placed, 3)}
	for _, block := range page.Blocks {
		first := true // line of the block
		for _, paragraph := range block.Paragraphs {
			for _, line := range paragraph.Lines {
				s.add(line, first)
				first = false
			}
		}
	}
	return s
}

// add puts a line behind those before it.
func (s *search) add(line tesseract.Line, first bool) {
	plain, joined, whole := &s.forms[0], &s.forms[1], &s.forms[2]
	for i, word := range line.Words {
		switch {
		case i > 0:
			plain.add(" ", word.Text)
			joined.add(" ", word.Text)
			whole.add(" ", word.Text)
		case first:
			plain.add("\n", word.Text)
			joined.add("\n", word.Text)
			whole.add("\n", word.Text)
		case divides(joined.text, word.Text):
			plain.add("\n", word.Text)
			whole.text = whole.text[:len(whole.text)-1]
			joined.add("", word.Text)
			whole.add("", word.Text)
		default:
			plain.add("\n", word.Text)
			joined.add(" ", word.Text)
			whole.add(" ", word.Text)
		}
	}
}

// divides tells whether a text ends with a hyphen that divides a word, of which next is the
// rest.
func divides(text []byte, next string) bool {
	rest, hyphened := bytes.CutSuffix(text, []byte("-"))
	before, _ := utf8.DecodeLastRune(rest)
	first, _ := utf8.DecodeRuneInString(next)
	return hyphened && unicode.IsLetter(before) && unicode.IsLower(first)
}

// find returns the hits of a query, in the order of the page: those within lines, and those
// over the ends of lines that are at no word of a hit before them. The error is that of ctx.
func (s *search) find(ctx context.Context, q query) ([]hit, error) {
	var hits []hit
	for i := range s.forms {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, more := range s.forms[i].find(q) {
			if i == 0 || !slices.ContainsFunc(hits, func(h hit) bool { return h.first <= more.last && more.first <= h.last }) {
				hits = append(hits, more)
			}
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return a.first - b.first })
	return hits[:min(len(hits), maxHits)], nil
}

// find returns hits that hold at least one character of a word. What the first group of the
// pattern matched is the value, where there is one and it took part.
func (p *placed) find(q query) (hits []hit) {
	text := p.text[:min(len(p.text), q.reach)]
	for _, at := range q.pattern.FindAllSubmatchIndex(text, maxHits) {
		from, to := at[0], at[1]
		if len(at) > 2 && at[2] >= 0 {
			from, to = at[2], at[3]
		}
		trimmed := bytes.TrimSpace(text[from:to])
		value := strings.ToValidUTF8(string(trimmed), "")
		if value == "" {
			continue
		}
		from += bytes.Index(text[from:to], trimmed)
		hits = append(hits, hit{value: value, first: p.wordAt(from), last: p.wordAt(from + len(trimmed) - 1)})
	}
	return hits
}

// wordAt is the word that a byte of the text belongs to.
func (p *placed) wordAt(at int) int {
	i, found := slices.BinarySearch(p.starts, at)
	if found {
		return i
	}
	return i - 1
}

// found is a hit as a result has it: around its words, and as sure as all of them are.
func (s *search) found(q query, h hit) Found {
	f := Found{Name: q.name, Value: h.value, Box: s.words[h.first].Box}
	confidence := 1.0
	for _, word := range s.words[h.first : h.last+1] {
		f.Box = union(f.Box, word.Box)
		confidence *= word.Confidence
	}
	f.Confidence = scoreOf(confidence)
	return f
}

func union(a, b tesseract.Box) tesseract.Box {
	return tesseract.Box{min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])}
}
