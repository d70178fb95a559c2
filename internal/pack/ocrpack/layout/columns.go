package layout

import (
	"slices"

	"dpp/internal/document/tesseract"
)

// joinColumns puts blocks beside each other together whose lines are rows of one table:
// engines take columns of a table for columns of text. Those of text have more words.
func joinColumns(blocks []tesseract.Block) []tesseract.Block {
	joined := slices.Clone(blocks)
	for i := 0; i < len(joined); i++ {
		for k := i + 1; k < len(joined); {
			if !areColumns(joined[i], joined[k]) {
				k++
				continue
			}
			joined[i] = beside(joined[i], joined[k])
			joined = slices.Delete(joined, k, k+1)
			k = i + 1
		}
	}
	return joined
}

func linesOf(b tesseract.Block) []tesseract.Line {
	var all []tesseract.Line
	for _, p := range b.Paragraphs {
		for _, l := range p.Lines {
			if len(l.Words) > 0 {
				l.Box = around(l.Words)
				all = append(all, l)
			}
		}
	}
	return all
}

// areColumns tells whether two blocks stand beside each other, most lines of the shorter
// one on the height of one of the other, and hold a few words a line.
func areColumns(a, b tesseract.Block) bool {
	if a.Box[0] < b.Box[2] && b.Box[0] < a.Box[2] {
		return false
	}
	first, second := linesOf(a), linesOf(b)
	if len(first) > len(second) {
		first, second = second, first
	}
	const fewest, mostLines, short = 3, 200, 3.0
	if len(first) < fewest || len(second) > mostLines || min(wordsPerLine(first), wordsPerLine(second)) > short {
		return false
	}
	level := 0
	for _, l := range first {
		if slices.ContainsFunc(second, func(other tesseract.Line) bool { return sameHeight(l.Box, other.Box) }) {
			level++
		}
	}
	return 3*level >= 2*len(first)
}

func wordsPerLine(lines []tesseract.Line) float64 {
	words := 0
	for _, l := range lines {
		words += len(l.Words)
	}
	return float64(words) / float64(len(lines))
}

// sameHeight: the middle of each is within the other.
func sameHeight(a, b tesseract.Box) bool {
	am, bm := a[1]+a[3], b[1]+b[3]
	return am > 2*b[1] && am < 2*b[3] && bm > 2*a[1] && bm < 2*a[3]
}

// beside is one block of the lines of two.
func beside(a, b tesseract.Block) tesseract.Block {
	lines := linesOf(a)
	for _, l := range linesOf(b) {
		at := slices.IndexFunc(lines, func(other tesseract.Line) bool { return sameHeight(l.Box, other.Box) })
		if at < 0 {
			lines = append(lines, l)
			continue
		}
		words := slices.Concat(lines[at].Words, l.Words)
		slices.SortStableFunc(words, func(a, b tesseract.Word) int { return a.Box[0] - b.Box[0] })
		lines[at] = tesseract.Line{Words: words, Box: around(words)}
	}
	slices.SortStableFunc(lines, func(a, b tesseract.Line) int { return a.Box[1] - b.Box[1] })
	box := a.Box
	include(&box, b.Box)
	return tesseract.Block{Box: box, Paragraphs: []tesseract.Paragraph{{Box: box, Lines: lines}}}
}
