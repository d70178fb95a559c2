package picture

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"slices"
	"testing"

	"golang.org/x/image/tiff"
)

// corner is white, but for its upper left quarter.
func corner(width, height int) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			if x >= width/2 || y >= height/2 {
				m.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	return m
}

func encoded(t testing.TB, encode func(*bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	return encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, m) })
}

func jpegOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	return encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, m, nil) })
}

// webpDot is one pixel.
const webpDot = "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA"

// entry of a directory of TIFF.
type entry struct {
	tag, kind uint16
	count     uint32
	value     uint32
}

// byteOrder is one that can be written in both ways.
type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// tiffOf is a file of pages of 8 times 8 pixels in fax compression, in this order of
// bytes. The first pixel rows of a page are black, as many as the page's number.
func tiffOf(order byteOrder, pages int, more ...entry) []byte {
	b := []byte("II*\x00")
	if order == binary.BigEndian {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 0)
	link := 4
	for number := 1; number <= pages; number++ {
		strip := uint32(len(b))
		b = append(b, fax(number)...)
		unit := uint32(len(b))
		b = order.AppendUint32(order.AppendUint32(b, 300), 1)
		order.PutUint32(b[link:], uint32(len(b)))
		entries := append([]entry{
			{256, 3, 1, 8},     // width
			{257, 3, 1, 8},     // height
			{259, 3, 1, 4},     // fax, of group 4
			{262, 3, 1, 0},     // white is 0
			{273, 4, 1, strip}, // where it is
			{279, 4, 1, uint32(len(fax(number)))},
			{tagXResolution, 5, 1, unit},
			{tagUnit, 3, 1, 2}, // 300 an inch
		}, more...)
		slices.SortFunc(entries, func(a, b entry) int { return int(a.tag) - int(b.tag) })
		b = order.AppendUint16(b, uint16(len(entries)))
		for _, e := range entries {
			b = order.AppendUint32(order.AppendUint16(order.AppendUint16(b, e.tag), e.kind), e.count)
			if e.kind == 3 {
				b = order.AppendUint16(order.AppendUint16(b, uint16(e.value)), 0)
			} else {
				b = order.AppendUint32(b, e.value)
			}
		}
		link = len(b)
		b = order.AppendUint32(b, 0)
	}
	return b
}

// fax is 8 rows of 8 pixels in the code of group 4, the first ones black.
func fax(black int) []byte {
	bits := ""
	for row := range 8 {
		switch {
		case row == 0 && black > 0:
			bits += "001" + "00110101" + "000101" // 0 white, 8 black
		case row == black && black > 0:
			bits += "001" + "10011" + "0000110111" // 8 white, 0 black
		case row < black:
			bits += "1" + "1" // both edges as above
		default:
			bits += "1" // white as above
		}
	}
	var packed []byte
	for i, bit := range bits + "000000000001000000000001" {
		if i%8 == 0 {
			packed = append(packed, 0)
		}
		packed[i/8] |= byte(bit-'0') << (7 - i%8)
	}
	return packed
}

func TestEveryFormatIsDecoded(t *testing.T) {
	m := corner(16, 16)
	pal := image.NewPaletted(m.Rect, color.Palette{color.Black, color.White, color.Transparent})
	rgba, nrgba, wide := image.NewRGBA(m.Rect), image.NewNRGBA(m.Rect), image.NewNRGBA64(m.Rect)
	for y := range 16 {
		for x := range 16 {
			c := m.At(x, y)
			pal.Set(x, y, c)
			rgba.Set(x, y, c)
			wide.Set(x, y, c)
			if m.GrayAt(x, y).Y == 0 {
				nrgba.Set(x, y, c) // the rest is transparent
			}
		}
	}
	for name, content := range map[string][]byte{
		"gray png":        pngOf(t, m),
		"palette png":     pngOf(t, pal),
		"colour png":      pngOf(t, rgba),
		"transparent png": pngOf(t, nrgba),
		"deep png":        pngOf(t, wide),
		"gray jpeg":       jpegOf(t, m),
		"colour jpeg":     jpegOf(t, rgba),
		"tiff":            encoded(t, func(b *bytes.Buffer) error { return tiff.Encode(b, m, nil) }),
		"deflated tiff": encoded(t, func(b *bytes.Buffer) error {
			return tiff.Encode(b, rgba, &tiff.Options{Compression: tiff.Deflate, Predictor: true})
		}),
	} {
		g, err := Decode(content, 1)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := g.Check(); err != nil || !Is(content) {
			t.Errorf("%s: %v", name, err)
		}
		for i, shade := range g.Pix {
			if want := m.Pix[i]; max(shade, want)-min(shade, want) > 20 {
				t.Errorf("%s: pixel %d is %d, want %d", name, i, shade, want)
				break
			}
		}
		if pages, err := Pages(content); pages != 1 || err != nil {
			t.Errorf("%s has %d pages, %v", name, pages, err)
		}
	}
	dot, err := base64.StdEncoding.DecodeString(webpDot)
	if err != nil {
		t.Fatal(err)
	}
	if g, err := Decode(dot, 1); err != nil || g.Width != 1 || len(g.Pix) != 1 {
		t.Errorf("webp: %+v, %v", g, err)
	}
}

func TestPagesOfTIFF(t *testing.T) {
	for _, order := range []byteOrder{binary.LittleEndian, binary.BigEndian} {
		content := tiffOf(order, 3)
		if pages, err := Pages(content); pages != 3 || err != nil {
			t.Fatalf("%v: %d pages, %v", order, pages, err)
		}
		for page := 1; page <= 3; page++ {
			g, err := Decode(content, page)
			if err != nil {
				t.Fatalf("%v: %v", order, err)
			}
			want := append(make([]byte, 8*page), bytes.Repeat([]byte{255}, 64-8*page)...)
			if !bytes.Equal(g.Pix, want) || g.DPI != 300 {
				t.Errorf("%v, page %d with %d dpi:\n%v", order, page, g.DPI, g.Pix)
			}
		}
		for _, page := range []int{0, 4, -1} {
			if _, err := Decode(content, page); !errors.Is(err, ErrNoPage) {
				t.Errorf("page %d: %v", page, err)
			}
		}
	}
	if pages, err := Pages(tiffOf(binary.LittleEndian, 3, entry{tagSubfile, 4, 1, 1})); !errors.Is(err, ErrDamaged) {
		t.Errorf("of small copies alone: %d pages, %v", pages, err)
	}
	if _, err := Pages(tiffOf(binary.LittleEndian, MaxPages+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("of too many pages: %v", err)
	}
}

// A directory that names itself as the next one, or one before, ends the list.
func TestDirectoriesInACircle(t *testing.T) {
	content := tiffOf(binary.LittleEndian, 2)
	first := slices.Clone(content[4:8])
	copy(content[len(content)-4:], first)
	if pages, err := Pages(content); pages != 2 || err != nil {
		t.Errorf("%d pages, %v", pages, err)
	}
}

func TestWhatAnImageSaysOfItself(t *testing.T) {
	m := corner(64, 48)
	plain := jpegOf(t, m)
	exif := func(orientation uint16, order binary.AppendByteOrder, head string) []byte {
		b := order.AppendUint32([]byte(head), 8)
		b = order.AppendUint16(b, 1)
		b = order.AppendUint32(order.AppendUint16(order.AppendUint16(b, tagOrientation), 3), 1)
		return order.AppendUint32(order.AppendUint16(order.AppendUint16(b, orientation), 0), 0)
	}
	segment := func(marker byte, body []byte) []byte {
		b := binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(body)+2))
		return append(b, body...)
	}
	// The black quarter of a picture that is held as EXIF says is at the upper left.
	for orientation, held := range map[uint16]func(*Gray) *Gray{
		1: func(g *Gray) *Gray { return g },
		2: (*Gray).mirror,
		3: func(g *Gray) *Gray { return g.Turn(180) },
		4: func(g *Gray) *Gray { return g.Turn(180).mirror() },
		5: func(g *Gray) *Gray { return g.Turn(90).mirror() },
		6: func(g *Gray) *Gray { return g.Turn(-90) },
		7: func(g *Gray) *Gray { return g.Turn(-90).mirror() },
		8: func(g *Gray) *Gray { return g.Turn(90) },
	} {
		g := held(grayOf(m))
		file := jpegOf(t, &image.Gray{Pix: g.Pix, Stride: g.Width, Rect: image.Rect(0, 0, g.Width, g.Height)})
		says := segment(0xe1, append([]byte("Exif\x00\x00"), exif(orientation, binary.BigEndian, "MM\x00*")...))
		got, err := Decode(slices.Concat(file[:2], says, file[2:]), 1)
		if err != nil || got.Width != 64 || got.Height != 48 || got.row(5)[5] > 50 || got.row(5)[60] < 200 || got.row(40)[5] < 200 {
			t.Errorf("orientation %d: %v", orientation, err)
		}
	}
	for name, c := range map[string]struct {
		content []byte
		dpi     int
	}{
		"nothing":    {plain, 0},
		"an inch":    {slices.Concat(plain[:2], segment(0xe0, []byte("JFIF\x00\x01\x01\x01\x00\xc8\x00\xc8\x00\x00")), plain[2:]), 200},
		"centimetre": {slices.Concat(plain[:2], segment(0xe0, []byte("JFIF\x00\x01\x01\x02\x00\x76\x00\x76\x00\x00")), plain[2:]), 300},
		"a screen":   {slices.Concat(plain[:2], segment(0xe0, []byte("JFIF\x00\x01\x01\x01\x00\x48\x00\x48\x00\x00")), plain[2:]), 0},
		"a ratio":    {slices.Concat(plain[:2], segment(0xe0, []byte("JFIF\x00\x01\x01\x00\x00\xc8\x00\xc8\x00\x00")), plain[2:]), 0},
	} {
		if g, err := Decode(c.content, 1); err != nil || g.DPI != c.dpi {
			t.Errorf("%s: %+v, %v", name, g.DPI, err)
		}
	}
	file := pngOf(t, m)
	metres := append([]byte("\x00\x00\x00\x09pHYs"), 0, 0, 0x2e, 0x23, 0, 0, 0x2e, 0x23, 1, 0, 0, 0, 0) // 11,811 pixels
	if got := aboutPNG(slices.Concat(file[:33], metres, file[33:])); got.dpi != 300 {
		t.Errorf("png: %+v", got)
	}
}

func TestImagesThatAreRefused(t *testing.T) {
	large := pngOf(t, corner(16, 16))
	binary.BigEndian.PutUint32(large[16:], 35_000)
	binary.BigEndian.PutUint32(large[20:], 35_000)
	binary.BigEndian.PutUint32(large[29:], crc32.ChecksumIEEE(large[12:29]))
	tall := tiffOf(binary.LittleEndian, 1)
	i := bytes.Index(tall, []byte{1, 1, 3, 0, 1, 0, 0, 0, 8, 0})
	tall[i+8], tall[i+9] = 0xff, 0xff
	whole := jpegOf(t, corner(64, 64))
	for name, c := range map[string]struct {
		content []byte
		want    error
	}{
		"nothing":          {nil, ErrFormat},
		"text":             {[]byte("hello"), ErrFormat},
		"a gif":            {[]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), ErrFormat},
		"a large png":      {large, ErrTooLarge},
		"a large tiff":     {tall, ErrTooLarge},
		"half a jpeg":      {whole[:len(whole)/2], ErrDamaged},
		"a png of nothing": {[]byte("\x89PNG\r\n\x1a\n"), ErrDamaged},
		"an empty tiff":    {[]byte("II*\x00\x00\x00\x00\x00"), ErrDamaged},
		"a tiff nowhere":   {[]byte("II*\x00\xff\xff\xff\xff"), ErrDamaged},
	} {
		if g, err := Decode(c.content, 1); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, %v, want %v", name, g, err, c.want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(pngOf(f, corner(8, 8)), 1)
	f.Add(jpegOf(f, corner(8, 8)), 1)
	f.Add(tiffOf(binary.LittleEndian, 2), 2)
	f.Add(tiffOf(binary.BigEndian, 1, entry{tagOrientation, 3, 1, 6}), 1)
	if dot, err := base64.StdEncoding.DecodeString(webpDot); err == nil {
		f.Add(dot, 1)
	}
	f.Fuzz(func(t *testing.T, content []byte, page int) {
		if len(content) > 1<<16 {
			return
		}
		pages, err := Pages(content)
		if err == nil && (pages < 1 || pages > MaxPages) {
			t.Errorf("%d pages", pages)
		}
		g, err := Decode(content, page)
		switch {
		case err == nil:
			if err := g.Check(); err != nil {
				t.Error(err)
			}
		case !errors.Is(err, ErrFormat) && !errors.Is(err, ErrTooLarge) && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNoPage):
			t.Errorf("another error: %v", err)
		}
	})
}
