package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
)

// Mark is a box that is drawn over a picture.
type Mark struct {
	// Box is x0, y0, x1, y1 in pixels of the picture that was read, from the top left.
	Box   [4]int
	Color color.NRGBA
	// Filled: the box is tinted, and not only framed.
	Filled bool
}

// Preview is a picture for people, as a PNG with no side longer than side pixels: g, with
// marks whose boxes are of a picture of this width that shows the same, and may be larger.
func Preview(g *Gray, width int, marks []Mark, side int) ([]byte, error) {
	if err := g.Check(); err != nil {
		return nil, err
	}
	small := g.Shrink(float64(max(side, 1)) / float64(max(g.Width, g.Height)))
	out := image.NewRGBA(image.Rect(0, 0, small.Width, small.Height))
	draw.Draw(out, out.Rect, &image.Gray{Pix: small.Pix, Stride: small.Width, Rect: out.Rect}, image.Point{}, draw.Src)
	scale := float64(small.Width) / float64(max(width, 1))
	for _, m := range marks {
		m.draw(out, scale)
	}
	var file bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&file, out); err != nil {
		return nil, err
	}
	return file.Bytes(), nil
}

// draw frames the box, outside of what is in it, and tints it where wanted.
func (m *Mark) draw(out *image.RGBA, scale float64) {
	low := func(n int) int { return int(math.Floor(float64(n)*scale)) - 1 }
	high := func(n int) int { return int(math.Ceil(float64(n)*scale)) + 1 }
	box := image.Rect(low(m.Box[0]), low(m.Box[1]), high(m.Box[2]), high(m.Box[3]))
	if m.Filled {
		const tint = 64
		light := m.Color
		light.A = tint
		draw.Draw(out, box.Intersect(out.Rect), image.NewUniform(light), image.Point{}, draw.Over)
	}
	ink := image.NewUniform(m.Color)
	for _, edge := range [...]image.Rectangle{
		{box.Min, image.Pt(box.Max.X, box.Min.Y+1)},
		{image.Pt(box.Min.X, box.Max.Y-1), box.Max},
		{box.Min, image.Pt(box.Min.X+1, box.Max.Y)},
		{image.Pt(box.Max.X-1, box.Min.Y), box.Max},
	} {
		draw.Draw(out, edge.Intersect(out.Rect), ink, image.Point{}, draw.Over)
	}
}
