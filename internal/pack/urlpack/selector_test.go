package urlpack

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
	"pgregory.net/rapid"
)

func TestSelectorsThatAreRefused(t *testing.T) {
	for css, want := range map[string]error{
		"":                              errDangling,
		" ":                             errDangling,
		"a,":                            errDangling,
		"> a":                           errDangling,
		"a >":                           errDangling,
		"a > > b":                       errDangling,
		"a,,b":                          errDangling,
		"a[":                            errSelector,
		"a]":                            errSelector,
		"a)":                            errSelector,
		"a[href='x]":                    errSelector,
		"a..b":                          errSelector,
		"a:not(b":                       errSelector,
		"1a":                            errSelector,
		"a\\":                           errSelector,
		"a:has(b)":                      errPseudo,
		"a:HAS(b)":                      errPseudo,
		"a:contains('x')":               errPseudo,
		"a:matches('(x+)+')":            errPseudo,
		"a::before":                     errPseudo,
		"a:hover":                       errPseudo,
		"a:not(:has(b))":                errPseudo,
		"a:not(b c)":                    errNegation,
		"a:not(b > c)":                  errNegation,
		"a:not(b:not(c d))":             errNegation,
		"[a#='(x+)+']":                  errOperator,
		"\\31 a":                        errEscape,
		"a/* */b":                       errEscape,
		strings.Repeat("a ", 17):        errTooLong,
		strings.Repeat("a,", 17) + "a":  errTooLong,
		"." + strings.Repeat("x", 1000): errTooLong,
	} {
		if _, err := compileSelector(css); !errors.Is(err, want) {
			t.Errorf("%.60q: %v, want %v", css, err, want)
		}
	}
}

func TestSelectorsFind(t *testing.T) {
	root := enter(t, `<div class="a b" id=top data-x="1 > 2, 3"><p>one</p><p class=x>two <b>bold</b></p><ul><li>1<li>2<li class="sm:w-1">3</ul></div><p>four</p>`).doc
	for css, want := range map[string]string{
		"p":                               "one|two bold|four",
		"div p":                           "one|two bold",
		"div > p.x":                       "two bold",
		"p + p":                           "two bold",
		"p~ul li":                         "1|2|3",
		"li:first-child , li:last-child":  "1|3",
		"li:nth-child(2n + 1)":            "1|3",
		"p:not(.x)":                       "one|four",
		"p:not(.x, :first-child)":         "four",
		"[data-x='1 > 2, 3'] b":           "bold",
		`[data-x^="1 >"] > ul li`:         "1|2|3",
		".sm\\:w-1":                       "3",
		"html body div.a.b#top\n>\tp > b": "bold",
		"*:root p":                        "one|two bold|four",
		"table":                           "",
		"b, b, p b":                       "bold",
	} {
		s, err := compileSelector(css)
		if err != nil {
			t.Errorf("%s: %v", css, err)
			continue
		}
		var found []string
		for _, n := range s.all(root, 10) {
			found = append(found, line(n))
		}
		if got := strings.Join(found, "|"); got != want {
			t.Errorf("%s finds %q, want %q", css, got, want)
		}
	}
	if s, _ := compileSelector("p"); len(s.all(root, 2)) != 2 {
		t.Error("more than asked for")
	}
}

// One walk finds what the library finds by looking back from each node.
func TestSelectorsFindWhatTheLibraryFinds(t *testing.T) {
	compound := rapid.SampledFrom([]string{"p", "div", "*", "li", "b", "span", "td", ":first-child", "p:not(:first-child)", "code", "section", "ul"})
	combinator := rapid.SampledFrom([]string{" ", " > ", "+", " ~ ", ", "})
	rapid.Check(t, func(t *rapid.T) {
		root := enter(t, markup(t, 4)).doc
		css := compound.Draw(t, "compound")
		for range rapid.IntRange(0, 4).Draw(t, "more") {
			css += combinator.Draw(t, "combinator") + compound.Draw(t, "compound")
		}
		s, err := compileSelector(css)
		if err != nil {
			t.Fatal(err)
		}
		want := cascadia.QueryAll(root, cascadia.MustCompile(css))
		if got := s.all(root, maxNodes); !slices.Equal(got, want) {
			t.Fatalf("%s finds %d of %d", css, len(got), len(want))
		}
	})
}

// FuzzSelector: whatever is compiled is matched, and finds what the library finds.
func FuzzSelector(f *testing.F) {
	for _, css := range []string{"p", "div > p.x:not(.y) + [a='b c']", "a:nth-child(2n+1), b ~ c", "\\:x", "a:has(b)", "[x='", "::", "/*"} {
		f.Add(css)
	}
	d, err := openDoor(f.Context(), `<div class="a x"><p a="b c">1<p class=y>2<ul><li>3<li>4</ul></div><my-part id=z>5</my-part>`)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, css string) {
		s, err := compileSelector(css)
		if err != nil {
			return
		}
		group, err := cascadia.ParseGroup(css)
		if err != nil {
			t.Fatalf("%q is understood in parts only: %v", css, err)
		}
		var want []*html.Node
		for n := range d.doc.Descendants() {
			if n.Type == html.ElementNode && group.Match(n) {
				want = append(want, n)
			}
		}
		if got := s.all(d.doc, maxNodes); !slices.Equal(got, want) {
			t.Fatalf("%q finds %d, the library %d", css, len(got), len(want))
		}
	})
}
