package picture

import (
	"image"
	"image/color"
	"iter"
)

// Of copies a picture that is gray already; dpi is how many pixels an inch of it has.
func Of(m *image.Gray, dpi int) *Gray {
	g := grayOf(m)
	g.DPI = dpi
	return g
}

// grayOf makes a picture gray, on white paper.
func grayOf(m image.Image) *Gray {
	bounds := m.Bounds()
	g := (&Gray{}).blank(bounds.Dx(), bounds.Dy())
	fill := rows(m)
	for y := range g.Height {
		fill(g.row(y), bounds.Min.X, bounds.Min.Y+y)
	}
	return g
}

// rows returns a function that fills in a row from x, y on: a quick one for those kinds
// of images that decoders return.
func rows(m image.Image) func(row []byte, x, y int) {
	switch m := m.(type) {
	case *image.Gray:
		return func(row []byte, x, y int) { copy(row, m.Pix[m.PixOffset(x, y):]) }
	case *image.YCbCr: // its Y is the brightness
		return func(row []byte, x, y int) { copy(row, m.Y[m.YOffset(x, y):]) }
	case *image.Paletted:
		var shades [256]byte
		for i, c := range m.Palette {
			shades[i] = shadeOf(c)
		}
		return func(row []byte, x, y int) {
			for i, index := range m.Pix[m.PixOffset(x, y):][:len(row)] {
				row[i] = shades[index]
			}
		}
	case *image.RGBA:
		return func(row []byte, x, y int) {
			for i, p := range fours(m.Pix[m.PixOffset(x, y):], row) {
				row[i] = shade(color.RGBA{p[0], p[1], p[2], p[3]}.RGBA())
			}
		}
	case *image.NRGBA:
		return func(row []byte, x, y int) {
			for i, p := range fours(m.Pix[m.PixOffset(x, y):], row) {
				row[i] = shade(color.NRGBA{p[0], p[1], p[2], p[3]}.RGBA())
			}
		}
	default:
		return func(row []byte, x, y int) {
			for i := range row {
				row[i] = shadeOf(m.At(x+i, y))
			}
		}
	}
}

// fours goes through pixels of four bytes, one for each of the row.
func fours(pix, row []byte) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		for i := range row {
			if !yield(i, pix[4*i:4*i+4]) {
				return
			}
		}
	}
}

func shadeOf(c color.Color) byte { return shade(c.RGBA()) }

// shade weighs the colours as JPEG does; each has 16 bits and is weakened by alpha
// already.
func shade(r, g, b, alpha uint32) byte {
	paper := 0xffff - alpha
	return byte((19595*(r+paper) + 38470*(g+paper) + 7471*(b+paper) + 1<<15) >> 24)
}
