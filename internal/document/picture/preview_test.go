package picture

import (
	"bytes"
	"errors"
	"image/color"
	"image/png"
	"testing"
)

func TestAPreviewShowsMarksWhereTheyAre(t *testing.T) {
	g := &Gray{Width: 400, Height: 200, Pix: bytes.Repeat([]byte{255}, 400*200)}
	red, blue := color.NRGBA{R: 255, A: 255}, color.NRGBA{B: 255, A: 255}
	file, err := Preview(g, 800, []Mark{{[4]int{80, 80, 160, 160}, red, false}, {[4]int{400, 80, 480, 160}, blue, true}, {[4]int{-90, -9, 9000, 9000}, red, false}}, 100)
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(file))
	if err != nil || m.Bounds().Dx() != 100 || m.Bounds().Dy() != 50 {
		t.Fatalf("%v, %v", m, err)
	}
	isRed := func(x, y int) bool { r, _, b, _ := m.At(x, y).RGBA(); return r > 0xf000 && b < 0x1000 }
	isWhite := func(x, y int) bool { r, _, b, _ := m.At(x, y).RGBA(); return r > 0xf000 && b > 0xf000 }
	if !isRed(9, 15) || !isRed(15, 9) || !isWhite(15, 15) || !isWhite(30, 15) {
		t.Error("the frame is not where the box is")
	}
	if r, _, b, _ := m.At(55, 15).RGBA(); r > 0xd000 || b < 0xf000 {
		t.Error("the filled box is not tinted")
	}
	if _, err := Preview(&Gray{Width: 2, Height: 2}, 2, nil, 100); !errors.Is(err, ErrDamaged) {
		t.Errorf("without pixels: %v", err)
	}
}
