package picture

// Otsu returns the shade that divides ink from paper best, for the picture as a whole:
// what is not above it is ink.
func (g *Gray) Otsu() byte {
	var histogram [256]int
	for _, shade := range g.Pix {
		histogram[shade]++
	}
	var sum, dark float64
	for shade, n := range histogram {
		sum += float64(shade) * float64(n)
	}
	best, threshold, count := 0.0, 0, 0
	for shade, n := range histogram {
		count += n
		dark += float64(shade) * float64(n)
		light := len(g.Pix) - count
		if count == 0 || light == 0 {
			continue
		}
		apart := dark/float64(count) - (sum-dark)/float64(light)
		if between := float64(count) * float64(light) * apart * apart; between > best {
			best, threshold = between, shade
		}
	}
	return byte(threshold)
}

// tile is the side, in pixels, of the squares whose paper is compared.
const tile = 64

// Uneven tells whether the paper is so much darker in some places than in others that no
// one shade divides it from ink, as in the shadow of a hand.
func (g *Gray) Uneven() bool {
	const apart = 80
	darkest, lightest := 255, 0
	for y := 0; y+tile <= g.Height; y += tile {
		for x := 0; x+tile <= g.Width; x += tile {
			paper := g.paper(x, y)
			darkest, lightest = min(darkest, paper), max(lightest, paper)
		}
	}
	return lightest-darkest > apart
}

// paper returns how light most of a square is: the shade that nine tenths of its pixels
// do not pass.
func (g *Gray) paper(x, y int) int {
	var histogram [256]int
	for i := range tile {
		for _, shade := range g.row(y + i)[x : x+tile] {
			histogram[shade]++
		}
	}
	left := tile * tile / 10
	for shade := 255; ; shade-- {
		if left -= histogram[shade]; left <= 0 || shade == 0 {
			return shade
		}
	}
}

// Sauvola's parameters: how much darker than its surroundings ink is, at least, and how
// much shades of a page can vary.
const (
	sauvolaK = 0.3
	sauvolaR = 128
)

// Sauvola returns the picture in black and white, each pixel compared with its
// surroundings. It sees text where the light is uneven.
func (g *Gray) Sauvola() *Gray {
	radius := max(g.DPI, 150) / 12 // of the surroundings: a little more than a letter
	out := g.blank(g.Width, g.Height)
	s := newSurroundings(g, radius)
	for y := range g.Height {
		s.moveTo(y)
		row, line := g.row(y), out.row(y)
		for x := range row {
			mean, deviation := s.at(x)
			if float64(row[x]) > mean*(1+sauvolaK*(deviation/sauvolaR-1)) {
				line[x] = 255
			}
		}
	}
	return out
}
