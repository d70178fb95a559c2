package ocrpack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"dpp/internal/document/tesseract"
)

// linesOf is a page of these lines, in another block where an empty one divides them.
func linesOf(lines ...string) *tesseract.Page {
	blocks := []tesseract.Block{{Paragraphs: []tesseract.Paragraph{{}}}}
	for y, text := range lines {
		if text == "" {
			blocks = append(blocks, tesseract.Block{Paragraphs: []tesseract.Paragraph{{}}})
			continue
		}
		var line tesseract.Line
		for x, word := range strings.Fields(text) {
			line.Words = append(line.Words, tesseract.Word{Text: word, Confidence: 0.9, Box: tesseract.Box{100 * x, 30 * y, 100*x + 90, 30*y + 20}})
		}
		last := &blocks[len(blocks)-1].Paragraphs[0]
		last.Lines = append(last.Lines, line)
	}
	return &tesseract.Page{Blocks: blocks}
}

func queryOf(t testing.TB, pattern string) query {
	t.Helper()
	q, err := compileFind(find{Name: "n", Pattern: pattern})
	if err != nil {
		t.Fatalf("%q: %v", pattern, err)
	}
	return q
}

func hitsOf(t testing.TB, s *search, q query) []hit {
	t.Helper()
	hits, err := s.find(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return hits
}

func TestFind(t *testing.T) {
	page := linesOf("Invoice No. 2026-0471 of 14", "March, the total amount is", "EUR 1,250.00 net.", "", "Total", "1,487.50 EUR with turn-", "over tax and 3,00 of it", "가나 다라")
	for pattern, want := range map[string][]string{
		`\d{4}-\d{4}`:                    {"2026-0471 [200 0 290 20]"},
		`No\. (\S+)`:                     {"2026-0471 [200 0 290 20]"},
		`14 March`:                       {"14 March [0 0 490 50]"}, // over lines
		`14\sMarch`:                      {"14\nMarch [0 0 490 50]"},
		`total amount is EUR ([0-9.,]+)`: {"1,250.00 [100 60 190 80]"},
		`[0-9],[0-9]{3}\.[0-9]{2}`:       {"1,250.00 [100 60 190 80]", "1,487.50 [0 150 90 170]"},
		`(?i)total`:                      {"total [200 30 290 50]", "Total [0 120 90 140]"},
		`(?m)^Total$`:                    {"Total [0 120 90 140]"},
		`net\. Total`:                    nil, // another block
		`turnover tax`:                   {"turnover tax [0 150 390 200]"},
		`turn-`:                          {"turn- [300 150 390 170]"},
		`(EUR)? ?3,00`:                   {"3,00 [300 180 390 200]"},
		`다라`:                             {"다라 [100 210 190 230]"},
		`나 다`:                            {"나 다 [0 210 190 230]"},
		`nvoic`:                          {"nvoic [0 0 90 20]"},
		`nothing`:                        nil,
		`q*`:                             nil, // nothing is no hit
	} {
		s := newSearch(page)
		var got []string
		for _, h := range hitsOf(t, s, queryOf(t, pattern)) {
			f := s.found(queryOf(t, pattern), h)
			got = append(got, fmt.Sprintf("%s %v", f.Value, f.Box))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", pattern, got, want)
		}
	}
}

func TestHitsAreBounded(t *testing.T) {
	if hits := hitsOf(t, newSearch(linesOf(strings.Repeat("a ", 3*maxHits))), queryOf(t, `a`)); len(hits) != maxHits || hits[maxHits-1].first != maxHits-1 {
		t.Errorf("%+v", hits)
	}
}

// A word may be looked for with its hyphen and without.
func TestDividedWords(t *testing.T) {
	s := newSearch(linesOf("a well-", "known sur-", "prise and 12-", "3 more A-", "B"))
	for pattern, want := range map[string]string{"well-known": "well-known", "wellknown": "wellknown", "surprise": "surprise", "12-3": "", "12- 3": "12- 3", "A- B": "A- B"} {
		got := ""
		for _, h := range hitsOf(t, s, queryOf(t, pattern)) {
			got += h.value
		}
		if got != want {
			t.Errorf("%s: %q", pattern, got)
		}
	}
}

// A hit is as sure as all of its words are.
func TestConfidenceOfHits(t *testing.T) {
	s := newSearch(linesOf("one two three"))
	for pattern, want := range map[string]int32{"two": 900_000, "one two": 810_000, "one two three": 729_000} {
		q := queryOf(t, pattern)
		hits := hitsOf(t, s, q)
		if len(hits) != 1 || int32(s.found(q, hits[0]).Confidence) != want {
			t.Errorf("%s: %+v", pattern, hits)
		}
	}
}

func TestLookingEndsWithItsContext(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if hits, err := newSearch(linesOf("a")).find(ended, queryOf(t, "a")); !errors.Is(err, context.Canceled) || hits != nil {
		t.Errorf("%+v, %v", hits, err)
	}
}

func TestPatternsAreBounded(t *testing.T) {
	for _, pattern := range []string{`(a{100}){4}`, strings.Repeat("(a|b)", 200), `\pL{400}`} {
		if _, err := compileFind(find{Pattern: pattern}); !errors.Is(err, errComplex) {
			t.Errorf("%.20s: %v", pattern, err)
		}
	}
	q := queryOf(t, `(a|aa)*b?`)
	if q.reach < 10_000 || queryOf(t, strings.Repeat("ab?", 45)).reach < 10_000 {
		t.Errorf("a page is looked at up to %d bytes", q.reach)
	}
	long := newSearch(linesOf(strings.Repeat("aaaaaaaaa ", 300_000)))
	if hits := hitsOf(t, long, q); len(hits) == 0 || hits[len(hits)-1].last > q.reach/9 {
		t.Errorf("%d hits", len(hits))
	}
}

// Whatever is looked for in whatever page, hits have words.
func FuzzFind(f *testing.F) {
	f.Add(`(a|b)+`, "a b\nab-\nc")
	f.Add(`(?s).*`, "x\n\ny")
	f.Add(`\b`, "é 가\xff")
	f.Add(`(?:)|-?[0-9]`, "-1 2\n-3")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(text) > 10_000 {
			return
		}
		q, err := compileFind(find{Name: "n", Pattern: pattern})
		if err != nil {
			if utf8.RuneCountInString(pattern) <= maxPattern {
				if says := explain(pattern, err); says == "" {
					t.Fatal("nothing is said")
				}
			}
			return
		}
		s := newSearch(linesOf(strings.Split(text, "\n")...))
		before := 0
		for _, h := range hitsOf(t, s, q) {
			if h.value == "" || h.first < before || h.last < h.first || h.last >= len(s.words) {
				t.Fatalf("%+v among %d words", h, len(s.words))
			}
			before = h.first
			s.found(q, h)
		}
	})
}
