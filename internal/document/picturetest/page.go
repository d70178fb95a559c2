// Package picturetest draws pages for tests, whose text is therefore known.
package picturetest

import (
	"image"
	"image/color"
	"image/draw"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Letter is a page of text without a word that occurs twice.
func Letter() []string {
	return []string{
		"The quick brown fox jumps over a lazy dog.",
		"Invoice number 2026-0471 is due on 14 March.",
		"Please pay 1,250.00 EUR within thirty days",
		"and write to billing@example.com about errors.",
		"Grease, belts (type V) and bearings were sent.",
	}
}

// Geometry of a page, in points: a 72nd of an inch.
const (
	size    = 11
	leading = 18
	margin  = 36
)

// Page draws lines of text in 11 points, black on white, as a scanner with this
// resolution sees them, with half an inch of paper around.
func Page(dpi int, lines ...string) *image.Gray {
	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		panic(err) // it is compiled in
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: float64(dpi), Hinting: font.HintingNone})
	if err != nil {
		panic(err) // the same
	}
	points := func(n int) int { return n * dpi / 72 }
	width := 0
	for _, line := range lines {
		width = max(width, font.MeasureString(face, line).Ceil())
	}
	page := image.NewGray(image.Rect(0, 0, width+2*points(margin), len(lines)*points(leading)+2*points(margin)))
	draw.Draw(page, page.Rect, image.White, image.Point{}, draw.Src)
	pen := font.Drawer{Dst: page, Src: image.NewUniform(color.Black), Face: face}
	for i, line := range lines {
		pen.Dot = fixed.P(points(margin), points(margin)+i*points(leading)+points(size))
		pen.DrawString(line)
	}
	return page
}
