package urlpack

import (
	"errors"
	"strings"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
)

const (
	maxSelector = 500 // bytes
	maxSteps    = 16  // of one selector
)

var (
	errSelector  = errors.New("it is no selector of CSS that is understood here")
	errTooLong   = errors.New("it has too many parts")
	errPseudo    = errors.New("it uses a pseudo-class or pseudo-element that is not offered")
	errNegation  = errors.New("in :not() there may be no spaces and combinators")
	errEscape    = errors.New("escapes by number and comments are not offered")
	errOperator  = errors.New("the attribute operator #= is not offered")
	errDangling  = errors.New("a combinator stands alone")
	pseudos      = setOf("not", "first-child", "last-child", "only-child", "first-of-type", "last-of-type", "only-of-type", "nth-child", "nth-last-child", "nth-of-type", "nth-last-of-type", "empty", "root")
	combinators  = " >+~"
	cssSpace     = " \t\n\r\f"
	hexadecimals = "0123456789abcdefABCDEF"
)

// selector is a group of CSS selectors that is matched in one walk over the tree,
// whatever the tree is. The usual way, to look for each node's ancestors again and
// again, takes time that grows with a power of the depth.
type selector struct {
	steps    []step
	last     uint32 // the steps that end an alternative
	counting int    // how many pseudo-classes count siblings
}

// step is a compound selector, and how it hangs on the step before it: by one of
// the combinators, or as the first by none.
type step struct {
	match cascadia.Sel
	by    byte
}

// compileSelector reads a selector. Its errors are sentences about the selector.
func compileSelector(css string) (*selector, error) {
	if len(css) > maxSelector {
		return nil, errTooLong
	}
	alternatives, err := split(css)
	if err != nil {
		return nil, err
	}
	s := new(selector)
	for _, pieces := range alternatives {
		for _, p := range pieces {
			counting, err := checkPseudos(p.text)
			if err != nil {
				return nil, err
			}
			compound, err := cascadia.Parse(p.text)
			if err != nil {
				return nil, errSelector
			}
			s.steps = append(s.steps, step{compound, p.by})
			s.counting += counting
		}
		if len(s.steps) > maxSteps {
			return nil, errTooLong
		}
		s.last |= 1 << (len(s.steps) - 1)
	}
	return s, nil
}

// piece is the text of a step.
type piece struct {
	text string
	by   byte
}

// split cuts a group into its alternatives and these into their steps.
func split(css string) ([][]piece, error) {
	sp := &cutter{css: css, start: -1}
	var quote rune
	square, round, escaped := 0, 0, false
	for i, r := range css {
		inside := quote != 0 || square > 0 || round > 0
		switch {
		case escaped:
			if strings.ContainsRune(hexadecimals, r) {
				return nil, errEscape
			}
			escaped = false
			sp.begin(i)
			continue
		case r == '\\':
			escaped = true
			sp.begin(i)
			continue
		case quote != 0:
			if r == quote {
				quote = 0
			}
			continue
		case strings.HasPrefix(css[i:], "/*"):
			return nil, errEscape
		case r == '"' || r == '\'':
			quote = r
		case r == '[':
			square++
		case r == ']':
			square--
		case r == '(':
			round++
		case r == ')':
			round--
		case square > 0 && strings.HasPrefix(css[i:], "#="):
			return nil, errOperator
		}
		if square < 0 || round < 0 {
			return nil, errSelector
		}
		if inside || !strings.ContainsRune(combinators+cssSpace+",", r) {
			sp.begin(i)
			continue
		}
		if err := sp.separate(i, byte(r)); err != nil { //nolint:gosec // one of ASCII
			return nil, err
		}
	}
	if quote != 0 || square != 0 || round != 0 || escaped {
		return nil, errSelector
	}
	if err := sp.separate(len(css), ','); err != nil {
		return nil, err
	}
	return sp.done, nil
}

// cutter gathers what split finds.
type cutter struct {
	css     string
	start   int  // of the piece under way; -1: none is
	pending byte // the combinator before the next piece
	pieces  []piece
	done    [][]piece
}

func (c *cutter) begin(i int) {
	if c.start < 0 {
		c.start = i
	}
}

// separate ends the piece under way before a separator.
func (c *cutter) separate(i int, by byte) error {
	if c.start >= 0 {
		c.pieces = append(c.pieces, piece{c.css[c.start:i], c.pending})
		c.start, c.pending = -1, 0
	}
	switch {
	case by == ',':
		if len(c.pieces) == 0 || c.pending != 0 && c.pending != ' ' {
			return errDangling
		}
		c.done = append(c.done, c.pieces)
		c.pieces, c.pending = nil, 0
	case len(c.pieces) == 0:
		if strings.IndexByte(cssSpace, by) < 0 {
			return errDangling
		}
	case strings.IndexByte(cssSpace, by) >= 0:
		if c.pending == 0 {
			c.pending = ' '
		}
	case c.pending != 0 && c.pending != ' ':
		return errDangling
	default:
		c.pending = by
	}
	return nil
}

// checkPseudos refuses what would take time that nobody can bound, such as :has(),
// and counts the pseudo-classes whose answer lies in the siblings.
func checkPseudos(compound string) (counting int, err error) {
	var quote byte
	square := 0
	for i := 0; i < len(compound); i++ {
		switch c := compound[i]; {
		case c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '[':
			square++
		case c == ']':
			square--
		case c == ':' && square == 0:
			name, rest := pseudoName(compound[i+1:])
			if !pseudos[name] {
				return 0, errPseudo
			}
			if name != "not" {
				counting++
			} else if err := checkNegation(rest); err != nil {
				return 0, err
			}
		}
	}
	return counting, nil
}

func pseudoName(text string) (name, rest string) {
	end := strings.IndexFunc(text, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' })
	if end < 0 {
		end = len(text)
	}
	return strings.ToLower(text[:end]), text[end:]
}

// checkNegation holds what stands in the parentheses at the start of a text to
// compound selectors.
func checkNegation(text string) error {
	depth := 0
	for i, r := range text {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			alternatives, err := split(strings.TrimPrefix(text[:i], "("))
			if err != nil {
				return err
			}
			for _, pieces := range alternatives {
				if len(pieces) != 1 {
					return errNegation
				}
			}
			return nil
		}
	}
	return errSelector
}

// all finds the elements that fit, in the order of the page, so many at most.
func (s *selector) all(root *html.Node, most int) []*html.Node {
	w := &selection{selector: s, most: most}
	w.children(root, 0, 0)
	return w.found
}

type selection struct {
	*selector
	most  int
	found []*html.Node
}

// children matches the elements in n. Each argument tells, bit by bit, which steps
// fit its ancestors and n itself.
func (w *selection) children(n *html.Node, ancestors, parent uint32) {
	var before, next uint32 // which steps fit the siblings before, and the one just before
	for child := range n.ChildNodes() {
		if child.Type != html.ElementNode {
			continue
		}
		fits := w.fits(child, ancestors, parent, before, next)
		if fits&w.last != 0 && len(w.found) < w.most {
			w.found = append(w.found, child)
		}
		if len(w.found) >= w.most {
			return
		}
		w.children(child, ancestors|fits, fits)
		before, next = before|fits, fits
	}
}

func (w *selection) fits(n *html.Node, ancestors, parent, before, next uint32) (fits uint32) {
	for i, s := range w.steps {
		reached := ^uint32(0)
		switch s.by {
		case ' ':
			reached = ancestors
		case '>':
			reached = parent
		case '~':
			reached = before
		case '+':
			reached = next
		}
		if (s.by == 0 || reached&(1<<(i-1)) != 0) && s.match.Match(n) {
			fits |= 1 << i
		}
	}
	return fits
}
