package document_test

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"testing"

	"golang.org/x/image/tiff"

	"dpp/internal/document"
	"dpp/internal/document/picture"
)

func TestImagesAreDecodedForPeople(t *testing.T) {
	d := document.New(shared)
	m := image.NewGray(image.Rect(0, 0, 600, 300))
	m.Pix[0] = 255
	var asPNG, asTIFF bytes.Buffer
	if err := errors.Join(png.Encode(&asPNG, m), tiff.Encode(&asTIFF, m, nil)); err != nil {
		t.Fatal(err)
	}
	for _, file := range [][]byte{asPNG.Bytes(), asTIFF.Bytes()} {
		if n, err := d.ImagePages(t.Context(), file); n != 1 || err != nil {
			t.Errorf("%d pages, %v", n, err)
		}
		for side, want := range map[int]image.Point{100: {100, 50}, 600: {600, 300}, 1 << 40: {600, 300}} {
			g, err := d.Decode(t.Context(), file, 1, side)
			if err != nil || image.Pt(g.Width, g.Height) != want {
				t.Errorf("with sides of %d: %+v, %v", side, g, err)
			}
		}
		if _, err := d.Decode(t.Context(), file, 2, 100); !errors.Is(err, picture.ErrNoPage) {
			t.Errorf("page 2: %v", err)
		}
	}
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"text": {[]byte("text"), picture.ErrFormat}, "half": {asPNG.Bytes()[:asPNG.Len()/2], document.ErrDamaged}, "nothing": {nil, picture.ErrFormat},
	} {
		if _, err := d.Decode(t.Context(), c.file, 1, 100); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := d.ImagePages(t.Context(), []byte("text")); !errors.Is(err, picture.ErrFormat) {
		t.Errorf("text: %v", err)
	}
}
