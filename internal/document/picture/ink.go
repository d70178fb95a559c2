package picture

import "image"

// Ink is where a picture has ink, as far as one shade tells; single dots are none.
type Ink struct {
	g     *Gray
	shade byte
	// Total is how many pixels there are of it.
	Total int
}

// Ink looks for it.
func (g *Gray) Ink() *Ink {
	i := &Ink{g: g, shade: g.Otsu()}
	i.Total = i.In(image.Rect(0, 0, g.Width, g.Height))
	return i
}

// In counts the ink in a part of the picture.
func (i *Ink) In(part image.Rectangle) int {
	part = part.Intersect(image.Rect(0, 0, i.g.Width-1, i.g.Height-1))
	count := 0
	for y := part.Min.Y; y < part.Max.Y; y++ {
		row, below := i.g.row(y), i.g.row(y+1)
		for x := part.Min.X; x < part.Max.X; x++ {
			if row[x] <= i.shade && row[x+1] <= i.shade && below[x] <= i.shade {
				count++
			}
		}
	}
	return count
}
