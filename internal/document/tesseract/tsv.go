package tesseract

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"dpp/internal/document/picture"
)

// maxTable bounds the table that an engine answers with, in bytes; a page full of small
// print has a tenth of it.
const maxTable = 8 << 20

// Levels of the table's rows, each the parent of the next.
const (
	levelPage = iota + 1
	levelBlock
	levelParagraph
	levelLine
	levelWord
)

// columns of a row: level, page, block, paragraph, line, word, left, top, width,
// height, confidence, text.
const columns = 12

// parse makes a page of what both engines answer with: a table with all boxes, and the
// running text, which knows where spaces are. The error is [ErrFailed].
func parse(table, text string, g *picture.Gray) (*Page, error) {
	if len(table) > maxTable || len(text) > maxTable {
		return nil, fmt.Errorf("%w: its answer is too large", ErrFailed)
	}
	var p Page
	number := 0
	for row := range strings.Lines(table) {
		number++
		row = strings.TrimRight(row, "\r\n")
		if row == "" || number == 1 && strings.HasPrefix(row, "level\t") {
			continue
		}
		if err := p.add(row, g.Width, g.Height); err != nil {
			return nil, fmt.Errorf("%w: row %d of its table %w", ErrFailed, number, err)
		}
	}
	p.prune()
	p.mend(text)
	return &p, nil
}

// rowError says what is wrong with a row, and nothing of what it holds.
type rowError string

func (e rowError) Error() string { return string(e) }

func (p *Page) add(row string, width, height int) error {
	fields := strings.SplitN(row, "\t", columns)
	if len(fields) < columns-1 {
		return rowError("has too few columns")
	}
	var n [columns - 2]int
	for i := range n {
		value, err := strconv.Atoi(fields[i])
		if err != nil {
			return rowError("has a column that is no number")
		}
		n[i] = value
	}
	box, err := boxOf(n[6], n[7], n[8], n[9], width, height)
	if err != nil {
		return err
	}
	switch n[0] {
	case levelPage:
		return nil
	case levelBlock:
		p.Blocks = append(p.Blocks, Block{Box: box})
		return nil
	case levelParagraph:
		return p.addParagraph(box)
	case levelLine:
		return p.addLine(box)
	case levelWord:
		text := ""
		if len(fields) == columns {
			text = fields[columns-1]
		}
		return p.addWord(box, fields[10], text)
	default:
		return rowError("is of no known level")
	}
}

// boxOf holds a box to the picture: engines add a margin now and then.
func boxOf(left, top, wide, high, width, height int) (Box, error) {
	if left < -picture.MaxSide || top < -picture.MaxSide || wide < 0 || high < 0 || left > picture.MaxSide || top > picture.MaxSide || wide > 2*picture.MaxSide || high > 2*picture.MaxSide {
		return Box{}, rowError("has a box that cannot be")
	}
	box := Box{left, top, left + wide, top + high}
	box.clean(width, height)
	return box, nil
}

func (p *Page) addParagraph(box Box) error {
	block := last(p.Blocks)
	if block == nil {
		return rowError("has no parent")
	}
	block.Paragraphs = append(block.Paragraphs, Paragraph{Box: box})
	return nil
}

func (p *Page) addLine(box Box) error {
	block := last(p.Blocks)
	if block == nil || len(block.Paragraphs) == 0 {
		return rowError("has no parent")
	}
	paragraph := last(block.Paragraphs)
	paragraph.Lines = append(paragraph.Lines, Line{Box: box})
	return nil
}

func (p *Page) addWord(box Box, confidence, text string) error {
	block := last(p.Blocks)
	if block == nil || len(block.Paragraphs) == 0 || len(last(block.Paragraphs).Lines) == 0 {
		return rowError("has no parent")
	}
	percent, err := strconv.ParseFloat(confidence, 64)
	if err != nil || math.IsNaN(percent) {
		return rowError("has no confidence")
	}
	if text = printable(text); text == "" {
		return nil // a picture or a rule
	}
	line := last(last(block.Paragraphs).Lines)
	line.Words = append(line.Words, Word{Text: text, Box: box, Confidence: min(max(percent/100, 0), 1)})
	return nil
}

// printable is a word without spaces around it, and without what is no character.
func printable(word string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return -1
		}
		return r
	}, word))
}

func last[T any](all []T) *T {
	if len(all) == 0 {
		return nil
	}
	return &all[len(all)-1]
}

// prune removes lines without words, and what has none of them.
func (p *Page) prune() {
	for b := range p.Blocks {
		block := &p.Blocks[b]
		for i := range block.Paragraphs {
			paragraph := &block.Paragraphs[i]
			paragraph.Lines = slices.DeleteFunc(paragraph.Lines, func(l Line) bool { return len(l.Words) == 0 })
		}
		block.Paragraphs = slices.DeleteFunc(block.Paragraphs, func(p Paragraph) bool { return len(p.Lines) == 0 })
	}
	p.Blocks = slices.DeleteFunc(p.Blocks, func(b Block) bool { return len(b.Paragraphs) == 0 })
}
