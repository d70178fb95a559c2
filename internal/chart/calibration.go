package chart

import "math"

// The area of a reliability diagram, a square.
const (
	squareLeft = 200.0
	squareTop  = 76.0
	squareSide = 320.0
)

// SVG draws the chart.
func (d Calibration) SVG() []byte {
	var bins []Bin
	most, left := int64(1), 0
	for _, bin := range d.Bins {
		switch {
		case bin.Count <= 0: // nothing was predicted there
		case !finite(bin.Predicted, bin.Observed), len(bins) == maxBins:
			left++
		default:
			bins, most = append(bins, bin), max(most, bin.Count)
		}
	}
	base := squareTop + squareSide
	c := newCanvas(d.Caption, base+foot)
	c.note(len(bins), len(bins)+left, "bins")
	x := newScale(0, 1, squareLeft, squareLeft+squareSide, 5)
	y := newScale(0, 1, base, squareTop, 5)
	c.bottom(x, squareTop, base, "predicted")
	c.side(y, squareLeft, squareLeft+squareSide, "observed")
	c.line("mark", x.from, y.from, x.to, y.to)
	path := make([]Point, 0, len(bins))
	for _, bin := range bins {
		p := Point{X: x.at(bin.Predicted), Y: y.at(bin.Observed)}
		path = append(path, p)
		c.circle("fill", p.X, p.Y, 3+float64(9*math.Sqrt(float64(bin.Count)/float64(most))))
	}
	c.curve("curve c0", path)
	return c.end()
}
