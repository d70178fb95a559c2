package picture

import "math"

// surroundings are sums over squares of a picture, kept as sums over the columns of a
// row of squares, so that they take the memory of a few rows.
type surroundings struct {
	g           *Gray
	radius      int
	sum, square []int64 // by column; then summed up from the left
	left        []int64 // sums of sum from the left
	leftSquare  []int64
	top, bottom int // rows that are in
}

func newSurroundings(g *Gray, radius int) *surroundings {
	return &surroundings{
		g: g, radius: radius,
		sum: make([]int64, g.Width), square: make([]int64, g.Width),
		left: make([]int64, g.Width+1), leftSquare: make([]int64, g.Width+1),
	}
}

// moveTo makes y the middle row. Rows come from the top to the bottom.
func (s *surroundings) moveTo(y int) {
	for ; s.bottom < min(y+s.radius+1, s.g.Height); s.bottom++ {
		s.add(s.bottom, 1)
	}
	for ; s.top < y-s.radius; s.top++ {
		s.add(s.top, -1)
	}
	for x := range s.sum {
		s.left[x+1] = s.left[x] + s.sum[x]
		s.leftSquare[x+1] = s.leftSquare[x] + s.square[x]
	}
}

func (s *surroundings) add(y int, sign int64) {
	for x, shade := range s.g.row(y) {
		s.sum[x] += sign * int64(shade)
		s.square[x] += sign * int64(shade) * int64(shade)
	}
}

// at returns the mean of a square around x and the middle row, and how far shades are
// from it.
func (s *surroundings) at(x int) (mean, deviation float64) {
	from, to := max(x-s.radius, 0), min(x+s.radius+1, s.g.Width)
	n := float64((to - from) * (s.bottom - s.top))
	mean = float64(s.left[to]-s.left[from]) / n
	return mean, math.Sqrt(max(float64(s.leftSquare[to]-s.leftSquare[from])/n-mean*mean, 0))
}
