package layout

import (
	"slices"
	"strings"

	"dpp/internal/document/tesseract"
)

// cell is a piece of a line with space around it.
type cell struct {
	words []tesseract.Word
	box   tesseract.Box
}

func (c cell) text() string {
	texts := make([]string, len(c.words))
	for i, word := range c.words {
		texts[i] = word.Text
	}
	return strings.Join(texts, " ")
}

// gap is how far apart words of two cells are, in sizes of the letters: more than a space
// of typewriters and less than two.
const gap = 1.1

// pieces are those of a line.
func (l line) pieces() []cell {
	var all []cell
	for i, word := range l.words {
		if i == 0 || float64(word.Box[0]-l.words[i-1].Box[2]) > gap*l.em {
			all = append(all, cell{box: word.Box})
		}
		last := &all[len(all)-1]
		last.words = append(last.words, word)
		include(&last.box, word.Box)
	}
	return all
}

// span is a column, from left to right in pixels.
type span struct{ left, right int }

// What makes a table of rows.
const (
	mostColumns = 20
	mostRows    = 200
	rowsApart   = 4.5 // sizes of letters between two rows, at most
	fullEnough  = 0.4 // of its places are filled
	// wordyColumns are those of a page in columns and not of a table.
	wordyTwo, wordyMany = 4.5, 8.0
)

// table makes a table of lines from the first on, and tells how many; 0: there is none.
func (s *sheet) table(lines []line) (Element, int) {
	rows := s.rows(lines)
	for n := len(rows); n >= 2 && s.effort < maxEffort; n-- {
		columns := columnsOf(rows[:n], s.em)
		s.effort += countCells(rows[:n]) * (len(columns) + 1)
		if isTable(rows[:n], columns) {
			return tableOf(lines[:n], rows[:n], columns), n
		}
		if n > 8 { // what follows a table and looks like one is rarely long
			n -= n / 8
		}
	}
	return Element{}, 0
}

// maxEffort bounds how often cells are compared with columns, on a page; beyond it there are
// no tables.
const maxEffort = 5_000_000

func countCells(rows [][]cell) int {
	n := 0
	for _, row := range rows {
		n += len(row)
	}
	return n
}

// rows are lines in pieces, as far as they may be those of a table: a line of one piece is
// one only between others.
func (s *sheet) rows(lines []line) [][]cell {
	var rows [][]cell
	whole := 0 // rows up to the last one with several pieces
	for i, l := range lines[:min(len(lines), mostRows)] {
		cells := l.cells
		if i > 0 {
			away := float64(l.box[1] - lines[i-1].box[3])
			if away > rowsApart*s.em || away < -s.em || s.level(l) != s.level(lines[i-1]) {
				break
			}
		}
		if len(cells) < 2 && (i == 0 || len(rows[len(rows)-1]) < 2) {
			break
		}
		rows = append(rows, cells)
		if len(cells) > 1 {
			whole = len(rows)
		}
	}
	return rows[:whole]
}

// columnsOf divides rows where hardly any of them has ink.
func columnsOf(rows [][]cell, em float64) []span {
	var edges []span
	for _, row := range rows {
		if len(row) > 1 {
			for _, c := range row {
				edges = append(edges, span{c.box[0], c.box[2]})
			}
		}
	}
	slices.SortFunc(edges, func(a, b span) int { return a.left - b.left })
	var columns []span
	for _, e := range edges {
		if n := len(columns); n > 0 && float64(e.left-columns[n-1].right) < 0.3*em {
			columns[n-1].right = max(columns[n-1].right, e.right)
			continue
		}
		columns = append(columns, e)
	}
	return columns
}

// isTable tells whether rows stand in columns, and are no text in columns.
func isTable(rows [][]cell, columns []span) bool {
	if len(columns) < 2 || len(columns) > mostColumns {
		return false
	}
	filled, words, crowded, several := 0, 0, 0, 0
	for _, row := range rows {
		taken := map[int]bool{}
		for _, c := range row {
			at := columnOf(c, columns)
			if taken[at] {
				crowded++
			}
			taken[at] = true
			words += len(c.words)
		}
		filled += len(taken)
		if len(taken) > 1 {
			several++
		}
	}
	wordy := wordyMany
	if len(columns) == 2 {
		wordy = wordyTwo
	}
	if all := len(rows) * len(columns); len(rows) < 3 && (len(columns) < 3 || filled < all) {
		return false
	}
	return float64(filled) >= fullEnough*float64(len(rows)*len(columns)) && 5*crowded <= filled &&
		float64(words) <= wordy*float64(filled) && several >= 2
}

// columnOf is the column that a cell has most of its width in.
func columnOf(c cell, columns []span) int {
	best, most := 0, -1<<31
	for i, column := range columns {
		if common := min(c.box[2], column.right) - max(c.box[0], column.left); common > most {
			best, most = i, common
		}
	}
	return best
}

func tableOf(lines []line, rows [][]cell, columns []span) Element {
	e := Element{Kind: Table, Box: lines[0].box}
	for _, l := range lines {
		include(&e.Box, l.box)
		e.Words = append(e.Words, l.words...)
	}
	texts := make([]string, 0, len(rows))
	for _, row := range rows {
		made := make([]string, len(columns))
		for _, c := range row {
			at := columnOf(c, columns)
			made[at] = strings.TrimPrefix(made[at]+" "+c.text(), " ")
		}
		e.Rows = append(e.Rows, made)
		texts = append(texts, strings.Join(made, "\t"))
	}
	e.Text = strings.Join(texts, "\n")
	return e
}
