package chart

import "strconv"

// The area of a chart of lines.
const (
	linesLeft  = 72.0
	linesTop   = 76.0
	linesBase  = linesTop + 260
	legendStep = 18.0
	legendCols = 3
	legendWide = (pageWidth - 2*edge) / legendCols
)

// SVG draws the chart.
func (l Lines) SVG() []byte {
	kept := l.Lines[:min(len(l.Lines), maxSeries)]
	rows := float64((len(kept) + legendCols - 1) / legendCols)
	c := newCanvas(l.Caption, linesBase+foot+float64(rows*legendStep))
	c.note(len(kept), len(l.Lines), "lines")
	x, y := l.scales(kept)
	c.bottom(x, linesTop, linesBase, l.XAxis)
	c.side(y, linesLeft, pageWidth-edge, l.YAxis)
	for i, m := range l.Marks[:min(len(l.Marks), maxMarks)] {
		if finite(m.X) && x.low <= m.X && m.X <= x.high {
			c.line("mark", x.at(m.X), linesTop, x.at(m.X), linesBase)
			c.text("dim", "start", min(x.at(m.X)+4, pageWidth-150), linesTop+14+float64(float64(i)*14), cut(m.Label, labelColumns))
		}
	}
	for i, line := range kept {
		class := "curve c" + strconv.Itoa(i)
		c.curve(class, places(x, y, thin(line.Points)))
		left := edge + float64(float64(i%legendCols)*legendWide)
		at := linesBase + foot + float64(float64(i/legendCols)*legendStep)
		c.line(class, left, at-4, left+18, at-4)
		c.text("label", "start", left+24, at, cut(line.Label, labelColumns))
	}
	return c.end()
}

func (l Lines) scales(lines []Line) (x, y scale) {
	var xs, ys []float64
	for _, line := range lines {
		for _, p := range line.Points {
			if finite(p.X, p.Y) {
				xs, ys = append(xs, p.X), append(ys, p.Y)
			}
		}
	}
	low, high := span(xs)
	x = newScale(low, high, linesLeft, pageWidth-edge, 8)
	low, high = span(ys)
	return x, newScale(low, high, linesBase, linesTop, 6)
}

// thin leaves out points of a line that has too many, evenly; the ends stay.
func thin(points []Point) []Point {
	if len(points) <= maxPoints {
		return points
	}
	kept := make([]Point, maxPoints)
	for k := range kept {
		kept[k] = points[k*(len(points)-1)/(maxPoints-1)]
	}
	return kept
}

func places(x, y scale, points []Point) []Point {
	out := make([]Point, 0, len(points))
	for _, p := range points {
		if finite(p.X, p.Y) {
			out = append(out, Point{X: x.at(p.X), Y: y.at(p.Y)})
		}
	}
	return out
}
