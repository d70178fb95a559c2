package urlpack

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"
)

const (
	// shingle is how many words in a row make a piece of text that is compared.
	shingle = 4
	// trustedAgreement is how much, of 1000, two extractors agree at least where the
	// one's word about the content's ends is taken against the other's.
	trustedAgreement = 600
)

// unit is a run of text that no block of the page interrupts: a paragraph, a
// heading, a cell, a line. It is kept or left out as a whole.
type unit struct {
	nodes []*html.Node // siblings
	words []uint64     // hashes
	chars int          // but for white space
	kept  bool
}

// unitsOf lists the units below a node in the order of the page.
func unitsOf(root *html.Node) []*unit {
	s := &splitter{blocks: blocksIn(root)}
	s.children(root)
	return s.units
}

// blocksIn are the blocks below a node and all that holds one.
func blocksIn(root *html.Node) map[*html.Node]bool {
	blocks := make(map[*html.Node]bool)
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || !blockTags[n.Data] && !rowTags[n.Data] && !cellTags[n.Data] {
			continue
		}
		for ; n != root && !blocks[n]; n = n.Parent {
			blocks[n] = true
		}
	}
	return blocks
}

type splitter struct {
	blocks map[*html.Node]bool
	units  []*unit
}

func (s *splitter) children(n *html.Node) {
	run := new(unit)
	end := func() {
		if len(run.words) > 0 {
			s.units = append(s.units, run)
		}
		run = new(unit)
	}
	for child := range n.ChildNodes() {
		switch {
		case s.blocks[child]:
			end()
			s.children(child)
		case child.Type == html.ElementNode && child.Data == "br":
			end()
		default:
			run.nodes = append(run.nodes, child)
			run.read(child)
		}
	}
	end()
}

func (u *unit) read(n *html.Node) {
	switch {
	case n.Type == html.TextNode:
		u.chars += lettersIn(n.Data)
		for word := range strings.FieldsFuncSeq(n.Data, func(r rune) bool { return !isWord(r) }) {
			u.words = append(u.words, hashOf(word))
		}
	case n.Type == html.ElementNode && hiddenTags[n.Data]:
	default:
		for child := range n.ChildNodes() {
			u.read(child)
		}
	}
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || r == '_' }

const (
	hashStart = 14695981039346656037
	hashPrime = 1099511628211
)

func hashOf(word string) uint64 {
	h := uint64(hashStart)
	for i := range len(word) {
		h = (h ^ uint64(word[i])) * hashPrime
	}
	return h
}

func hashOfAll(words []uint64) uint64 {
	h := uint64(hashStart)
	for _, w := range words {
		h = (h ^ w) * hashPrime
		h ^= h >> 32
	}
	return h
}

// shinglesOf are all runs of so many words; of fewer words all of them, once.
func shinglesOf(words []uint64) []uint64 {
	if len(words) == 0 {
		return nil
	}
	n := min(shingle, len(words))
	list := make([]uint64, 0, len(words)-n+1)
	for i := range len(words) - n + 1 {
		list = append(list, hashOfAll(words[i:i+n]))
	}
	return list
}

// voice is what an extractor takes for content.
type voice struct {
	shingles map[uint64]int
	units    map[uint64]bool
	total    int
}

func voiceOf(content *html.Node) *voice {
	v := &voice{shingles: make(map[uint64]int), units: make(map[uint64]bool)}
	if content == nil {
		return v
	}
	var words []uint64
	for _, u := range unitsOf(content) {
		v.units[hashOfAll(u.words)] = true
		words = append(words, u.words...)
	}
	for _, s := range shinglesOf(words) {
		v.shingles[s]++
		v.total++
	}
	return v
}

// agreementOf is how much of their texts two voices have in common, from 0 to 1000.
func agreementOf(a, b *voice) int {
	if a.total+b.total == 0 {
		return 0
	}
	both := 0
	for s, n := range a.shingles {
		both += min(n, b.shingles[s])
	}
	return 2000 * both / (a.total + b.total)
}

// choose keeps the units that the voice takes for content. What is too short to
// be told from its like elsewhere must stand beside something longer that is
// kept, if anything is.
func (v *voice) choose(units []*unit) {
	anchored := false
	for _, u := range units {
		u.kept = v.has(u)
		anchored = anchored || u.kept && u.long()
	}
	if !anchored {
		return
	}
	near := make([]bool, len(units))
	beside := false
	for i, u := range units {
		near[i] = beside
		if u.long() {
			beside = u.kept
		}
	}
	beside = false
	for i, u := range slices.Backward(units) {
		if u.long() {
			beside = u.kept
		} else {
			u.kept = u.kept && (near[i] || beside)
		}
	}
}

func (u *unit) long() bool { return len(u.words) >= shingle }

func (v *voice) has(u *unit) bool {
	if v.units[hashOfAll(u.words)] {
		return true
	}
	if !u.long() {
		return false
	}
	hits, all := 0, shinglesOf(u.words)
	for _, s := range all {
		if v.shingles[s] > 0 {
			hits++
		}
	}
	return hits*2 >= len(all)
}

// trim leaves out what is kept before the first and after the last unit that
// this voice takes for content, too. Where it has none of them, nothing changes.
func (v *voice) trim(units []*unit) {
	first, last := -1, -1
	for i, u := range units {
		if u.kept && v.has(u) {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	for i, u := range units {
		u.kept = u.kept && (first < 0 || first <= i && i <= last)
	}
}

// keepOnly removes from a tree all but the kept units, what they stand in, and
// what has no words between the first and the last of them, such as images. A
// row keeps its cells, so that columns stay columns.
func keepOnly(root *html.Node, units []*unit) {
	k := &keeper{whole: make(map[*html.Node]bool), paths: make(map[*html.Node]bool), worded: make(map[*html.Node]bool)}
	markPath := func(marks map[*html.Node]bool, n *html.Node) {
		for ; n != root && !marks[n]; n = n.Parent {
			marks[n] = true
		}
	}
	for _, u := range units {
		markPath(k.worded, u.nodes[0].Parent)
		if u.kept {
			markPath(k.paths, u.nodes[0].Parent)
			k.ahead += len(u.nodes)
		}
		for _, n := range u.nodes {
			k.whole[n], k.worded[n] = u.kept, true
		}
	}
	k.children(root)
}

type keeper struct {
	whole, paths, worded map[*html.Node]bool
	passed, ahead        int // kept nodes
}

func (k *keeper) children(n *html.Node) {
	for child := n.FirstChild; child != nil; {
		next := child.NextSibling
		switch {
		case k.whole[child]:
			k.passed++
			k.ahead--
		case k.paths[child]:
			k.children(child)
		case k.worded[child] && cellTags[child.Data]:
			child.FirstChild, child.LastChild = nil, nil
		case k.worded[child] || k.passed == 0 || k.ahead == 0:
			n.RemoveChild(child)
		}
		child = next
	}
}

// textLength counts the characters of a subtree's text but for its spaces.
func textLength(n *html.Node) int {
	length := 0
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			length += lettersIn(d.Data)
		}
	}
	return length
}

func lettersIn(text string) int {
	n := 0
	for _, r := range text {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

// textDensity is the share, of 1000, of a subtree's text that stands outside of links.
func textDensity(root *html.Node) int {
	all, linked := 0, 0
	var walk func(n *html.Node, inLink bool)
	walk = func(n *html.Node, inLink bool) {
		if n.Type == html.TextNode {
			length := lettersIn(n.Data)
			all += length
			if inLink {
				linked += length
			}
		}
		for child := range n.ChildNodes() {
			walk(child, inLink || n.Type == html.ElementNode && n.Data == "a")
		}
	}
	walk(root, false)
	if all == 0 {
		return 1000
	}
	return 1000 * (all - linked) / all
}
