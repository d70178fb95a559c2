package ocrpack

import (
	"cmp"
	"image"
	"slices"

	"dpp/internal/document/picture"
	"dpp/internal/document/tesseract"
)

// How places with ink beside words are found.
const (
	cells       = 150 // along the longer side of a page: about 2 mm of A4
	inkyCell    = 0.06
	fewestCells = 4
	densest     = 0.12 // a frame around something has less of its box
	mostRegions = 50
)

// inkBeside returns places where a page has ink that is in none of its words: text that was
// not found, pictures, signatures. Rules and frames are none. Scale is how many pixels of g
// the pixels of boxes are.
func inkBeside(g *picture.Gray, page *tesseract.Page, scale float64) []Region {
	m := newMesh(g)
	for _, word := range page.Words() {
		m.cover(word.Box, scale)
	}
	m.look(g)
	var all []Region
	for _, spot := range m.spots() {
		all = append(all, Region{Box: m.box(spot, scale), Reason: regionInk})
	}
	slices.SortFunc(all, func(a, b Region) int { return cmp.Or(a.Box[1]-b.Box[1], a.Box[0]-b.Box[0]) })
	return all
}

// mesh divides a page into squares.
type mesh struct {
	side          int // pixels
	width, height int // squares
	inky          []bool
	covered       []bool
}

func newMesh(g *picture.Gray) *mesh {
	m := &mesh{side: max(max(g.Width, g.Height)/cells, 4)}
	m.width, m.height = (g.Width+m.side-1)/m.side, (g.Height+m.side-1)/m.side
	m.inky, m.covered = make([]bool, m.width*m.height), make([]bool, m.width*m.height)
	return m
}

// cover marks the squares that a word touches, and those beside them.
func (m *mesh) cover(box tesseract.Box, scale float64) {
	at := func(n int) int { return int(float64(n)*scale) / m.side }
	for y := max(at(box[1])-1, 0); y <= min(at(box[3])+1, m.height-1); y++ {
		for x := max(at(box[0])-1, 0); x <= min(at(box[2])+1, m.width-1); x++ {
			m.covered[y*m.width+x] = true
		}
	}
}

// look finds the squares with ink that no word covers.
func (m *mesh) look(g *picture.Gray) {
	ink := g.Ink()
	for i := range m.inky {
		if m.covered[i] {
			continue
		}
		x, y := i%m.width*m.side, i/m.width*m.side
		count := ink.In(image.Rect(x, y, x+m.side, y+m.side))
		m.inky[i] = float64(count) > inkyCell*float64(m.side*m.side)
	}
}

// spot is a place with ink, in squares, and how many of them have some.
type spot struct {
	image.Rectangle
	count int
}

// spots are places of squares near each other, that are no rules, no frames, and no edges
// of the paper.
func (m *mesh) spots() []spot {
	seen := make([]bool, len(m.inky))
	var all []spot
	for i := range m.inky {
		if !m.inky[i] || seen[i] {
			continue
		}
		s := m.spread(i, seen)
		size := s.Size()
		thin := size.X < 2 || size.Y < 2
		edge := (s.Min.X == 0 || s.Min.Y == 0 || s.Max.X == m.width || s.Max.Y == m.height) && min(size.X, size.Y) < cells/15
		if !thin && !edge && s.count >= fewestCells && float64(s.count) >= densest*float64(size.X*size.Y) && len(all) < mostRegions {
			all = append(all, s)
		}
	}
	return all
}

// spread goes from a square to all that are at most two away.
func (m *mesh) spread(from int, seen []bool) spot {
	s := spot{Rectangle: image.Rect(from%m.width, from/m.width, from%m.width+1, from/m.width+1)}
	seen[from] = true
	for todo := []int{from}; len(todo) > 0; {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		x, y := i%m.width, i/m.width
		s.count++
		s.Rectangle = s.Union(image.Rect(x, y, x+1, y+1))
		for ny := max(y-2, 0); ny <= min(y+2, m.height-1); ny++ {
			for nx := max(x-2, 0); nx <= min(x+2, m.width-1); nx++ {
				if n := ny*m.width + nx; m.inky[n] && !seen[n] {
					seen[n] = true
					todo = append(todo, n)
				}
			}
		}
	}
	return s
}

// box is a spot in pixels of the page's boxes.
func (m *mesh) box(s spot, scale float64) tesseract.Box {
	at := func(n int) int { return int(float64(n*m.side) / scale) }
	return tesseract.Box{at(s.Min.X), at(s.Min.Y), at(s.Max.X), at(s.Max.Y)}
}
