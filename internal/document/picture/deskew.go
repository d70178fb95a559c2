package picture

import "math"

// Skew is looked for within maxSkew degrees, first in large steps, then around the best.
const (
	maxSkew   = 10.0
	coarse    = 0.5
	fine      = 0.05
	skewPixel = 800 // width that is looked at; a thousandth of a radian is a pixel then
	minEdges  = 200 // of which an angle can be told
)

// Skew returns by how many degrees the lines of text fall to the right, as far as can be
// seen; 0 where there are none. It looks for the angle at which the lower edges of letters
// stand in as few rows as possible.
func (g *Gray) Skew() float64 {
	edges := g.edges(max(g.Width/skewPixel, 1))
	if len(edges) < minEdges {
		return 0
	}
	rows := make([]float64, g.Height+2*g.Width) // a turn moves edges by less than the width, up or down
	best, straight := 0.0, sharpness(edges, 0, g.Width, rows)
	sharpest := straight
	try := func(angle float64) {
		if s := sharpness(edges, angle, g.Width, rows); s > sharpest {
			best, sharpest = angle, s
		}
	}
	for angle := -maxSkew; angle <= maxSkew; angle += coarse {
		try(angle)
	}
	for around, angle := best, best-coarse; angle <= around+coarse; angle += fine {
		try(angle)
	}
	const clearly = 1.1
	if sharpest < clearly*straight || math.Abs(best) > maxSkew-coarse {
		return 0
	}
	return best
}

type point struct{ x, y int }

// edges are where ink ends and paper is below it, in a picture smaller by a factor.
func (g *Gray) edges(factor int) []point {
	ink := g.Otsu()
	width, height := g.Width/factor, g.Height/factor
	isInk := func(x, y int) bool { return g.Pix[y*factor*g.Width+x*factor] <= ink }
	var all []point
	for y := range height - 1 {
		for x := range width {
			if isInk(x, y) && !isInk(x, y+1) {
				all = append(all, point{x, y})
			}
		}
	}
	return all
}

// sharpness is the sum of squares of how many edges stand in a row, after a turn. rows is
// room for those numbers, of which so many are above the picture.
func sharpness(edges []point, angle float64, above int, rows []float64) float64 {
	clear(rows)
	slope, sum := math.Tan(angle*math.Pi/180), 0.0
	for _, p := range edges {
		row := &rows[above+p.y-int(math.Round(slope*float64(p.x)))]
		sum += 2**row + 1 // (n + 1)² - n²
		*row++
	}
	return sum
}

// Straighten turns the picture back by an angle that [Gray.Skew] returned, around its
// middle. It keeps its size, so that little is lost of a page with margins; what comes in
// at the corners is paper.
func (g *Gray) Straighten(degrees float64) *Gray {
	out := g.blank(g.Width, g.Height)
	paper := g.border()
	t := turning(g.Width, g.Height, degrees)
	for y := range out.Height {
		row := out.row(y)
		for x := range row {
			fx, fy := t.back(float64(x), float64(y))
			row[x] = g.between(fx, fy, paper)
		}
	}
	return out
}

// turn is one around the middle of a picture.
type turn struct{ sin, cos, x, y float64 }

func turning(width, height int, degrees float64) turn {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	return turn{sin, cos, float64(width-1) / 2, float64(height-1) / 2}
}

// back tells where a point of the straightened picture was.
func (t turn) back(x, y float64) (float64, float64) {
	dx, dy := x-t.x, y-t.y
	return t.x + dx*t.cos - dy*t.sin, t.y + dx*t.sin + dy*t.cos
}

// Back tells where a point of a picture was before [Gray.Straighten] turned it.
func (g *Gray) Back(degrees float64, x, y int) (int, int) {
	fx, fy := turning(g.Width, g.Height, degrees).back(float64(x), float64(y))
	return int(math.Round(fx)), int(math.Round(fy))
}

// between is the shade at a point between four pixels; outside there is paper.
func (g *Gray) between(x, y float64, paper byte) byte {
	left, top := int(math.Floor(x)), int(math.Floor(y))
	if left < 0 || top < 0 || left+1 >= g.Width || top+1 >= g.Height {
		return paper
	}
	right, down := float32(x-float64(left)), float32(y-float64(top))
	upper, lower := g.row(top)[left:left+2], g.row(top + 1)[left:left+2]
	above := float32(upper[0])*(1-right) + float32(upper[1])*right
	below := float32(lower[0])*(1-right) + float32(lower[1])*right
	return byte(above*(1-down) + below*down + 0.5)
}

// border is the shade that most pixels at the edges have at least.
func (g *Gray) border() byte {
	var histogram [256]int
	count := 0
	for y := range g.Height {
		row := g.row(y)
		for _, x := range [...]int{0, g.Width - 1} {
			histogram[row[x]]++
			count++
		}
	}
	for shade, left := 255, count/2; shade > 0; shade-- {
		if left -= histogram[shade]; left <= 0 {
			return byte(shade)
		}
	}
	return 0
}
