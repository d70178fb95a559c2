package picture

import "math"

// Scale makes a picture larger by a factor of 1 to 8, smoothly, by cubic splines. Where it
// would have too many pixels the factor is less; a picture that cannot grow is returned
// as it is.
func (g *Gray) Scale(factor float64) *Gray {
	factor = min(factor, 8, float64(MaxSide)/float64(max(g.Width, g.Height)), math.Sqrt(MaxPixels/float64(g.Width*g.Height)))
	width, height := int(float64(g.Width)*factor), int(float64(g.Height)*factor)
	if width <= g.Width || height <= g.Height {
		return g
	}
	out := g.blank(width, height)
	out.DPI = int(float64(g.DPI)*factor + 0.5)
	columns, rows := taps(g.Width, width), taps(g.Height, height)
	wide := make([]float32, g.Width)
	for y := range height {
		for x := range wide {
			wide[x] = 0
		}
		for i, weight := range rows[y].weights {
			for x, shade := range g.row(rows[y].from[i]) {
				wide[x] += weight * float32(shade)
			}
		}
		line := out.row(y)
		for x := range line {
			var sum float32
			for i, weight := range columns[x].weights {
				sum += weight * wide[columns[x].from[i]]
			}
			line[x] = byte(min(max(sum+0.5, 0), 255))
		}
	}
	return out
}

// tap is which pixels make one, and how much of each.
type tap struct {
	from    [4]int
	weights [4]float32
}

// taps are those of a row that grows, by the spline of Catmull and Rom. Beyond the edge
// the last pixel is repeated.
func taps(from, to int) []tap {
	all := make([]tap, to)
	for i := range all {
		at := (float64(i)+0.5)*float64(from)/float64(to) - 0.5
		first := math.Floor(at)
		t := at - first
		weights := [4]float64{
			((2-t)*t - 1) * t / 2,
			((3*t-5)*t*t + 2) / 2,
			((4-3*t)*t + 1) * t / 2,
			(t - 1) * t * t / 2,
		}
		for k, weight := range weights {
			all[i].from[k] = min(max(int(first)+k-1, 0), from-1)
			all[i].weights[k] = float32(weight)
		}
	}
	return all
}

// Shrink makes a picture smaller by a factor below 1: each pixel is the mean of those in
// its place.
func (g *Gray) Shrink(factor float64) *Gray {
	width, height := max(int(float64(g.Width)*factor), 1), max(int(float64(g.Height)*factor), 1)
	if factor >= 1 || width >= g.Width || height >= g.Height {
		return g
	}
	out := g.blank(width, height)
	out.DPI = int(float64(g.DPI)*factor + 0.5)
	sums := make([]int, width)
	for y := range height {
		clear(sums)
		top, bottom := y*g.Height/height, (y+1)*g.Height/height
		for from := top; from < bottom; from++ {
			row := g.row(from)
			for x := range sums {
				for _, shade := range row[x*g.Width/width : (x+1)*g.Width/width] {
					sums[x] += int(shade)
				}
			}
		}
		for x := range sums {
			wide := (x+1)*g.Width/width - x*g.Width/width
			out.row(y)[x] = byte(sums[x] / (wide * (bottom - top))) //nolint:gosec // it is a mean of bytes
		}
	}
	return out
}
