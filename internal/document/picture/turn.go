package picture

// Turn turns a picture clockwise, by a multiple of 90 degrees.
func (g *Gray) Turn(degrees int) *Gray {
	switch (degrees%360 + 360) % 360 {
	case 90:
		return g.mapped(g.Height, g.Width, func(x, y int) (int, int) { return y, g.Height - 1 - x })
	case 180:
		return g.mapped(g.Width, g.Height, func(x, y int) (int, int) { return g.Width - 1 - x, g.Height - 1 - y })
	case 270:
		return g.mapped(g.Height, g.Width, func(x, y int) (int, int) { return g.Width - 1 - y, x })
	default:
		return g
	}
}

// mirror swaps left and right.
func (g *Gray) mirror() *Gray {
	return g.mapped(g.Width, g.Height, func(x, y int) (int, int) { return g.Width - 1 - x, y })
}

// mapped is a picture whose pixels come from elsewhere in g.
func (g *Gray) mapped(width, height int, from func(x, y int) (int, int)) *Gray {
	out := g.blank(width, height)
	for y := range height {
		row := out.row(y)
		for x := range row {
			fx, fy := from(x, y)
			row[x] = g.Pix[fy*g.Width+fx]
		}
	}
	return out
}

// upright undoes an orientation of EXIF: 5 to 8 are turned, the even ones up to 4 and
// the odd ones from 5 on are mirrored.
func (g *Gray) upright(orientation int) *Gray {
	switch orientation {
	case 2:
		return g.mirror()
	case 3:
		return g.Turn(180)
	case 4:
		return g.mirror().Turn(180)
	case 5:
		return g.mirror().Turn(270)
	case 6:
		return g.Turn(90)
	case 7:
		return g.mirror().Turn(90)
	case 8:
		return g.Turn(270)
	default:
		return g
	}
}
