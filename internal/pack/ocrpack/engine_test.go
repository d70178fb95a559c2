package ocrpack

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/tiff"
	"golang.org/x/text/unicode/norm"

	"dpp"
	"dpp/internal/document/pdftest"
	"dpp/internal/document/picture"
	"dpp/internal/document/picturetest"
	"dpp/internal/pack"
	"dpp/internal/pack/packtest"
)

// pdfWith writes a document of one page of a size in points, with content and what its
// resources hold.
func pdfWith(width, height int, trailer, resources, content string, more ...string) []byte {
	objects := append([]string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
		fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Resources<<%s>>/Contents 4 0 R>>", width, height, resources),
		pdftest.Stream("", content),
	}, more...)
	return pdftest.File(trailer, objects...)
}

// textPDF has a line of text for each string.
func textPDF(lines ...string) []byte {
	content := "BT /F 12 Tf 16 TL 72 720 Td"
	for _, line := range lines {
		content += " (" + line + ") Tj T*"
	}
	return pdfWith(612, 792, "", "/Font<</F 5 0 R>>", content+" ET", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>")
}

// scannedPDF shows a picture with so many pixels an inch, and nothing else.
func scannedPDF(t *testing.T, m *image.Gray, dpi int) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := jpeg.Encode(&file, m, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	size := m.Rect.Size()
	width, height := size.X*72/dpi, size.Y*72/dpi
	return pdfWith(width, height, "", "/XObject<</X 5 0 R>>", fmt.Sprintf("q %d 0 0 %d 0 0 cm /X Do Q", width, height),
		pdftest.Stream(fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode", size.X, size.Y), file.String()))
}

// run runs the pack on files, whose names tell their types.
func runReal(t *testing.T, more string, files ...realFile) (*pack.Outcome, *pack.Meter, error) {
	t.Helper()
	var all []string
	for _, f := range files {
		all = append(all, f.input())
	}
	j, meter := jobOf(dpp.USD, inputsOf(more, all...))
	p := realPack()
	if _, err := p.Estimate(j.Inputs); err != nil {
		t.Fatal(err)
	}
	outcome, err := p.Run(t.Context(), j)
	return outcome, meter, err
}

type realFile struct {
	name    string
	content []byte
}

func (f realFile) input() string {
	kinds := map[string]string{".pdf": typePDF, ".png": "image/png", ".jpg": "image/jpeg", ".tif": typeTIFF}
	return fmt.Sprintf(`{"kind":"inline","media_type":%q,"name":%q,"data":%q}`, kinds[filepath.Ext(f.name)], f.name, base64.StdEncoding.EncodeToString(f.content))
}

func pngOf(t *testing.T, m image.Image) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := png.Encode(&file, m); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// plain is a text with runs of white space as one space, in one normal form.
func plain(text string) string { return strings.Join(strings.Fields(norm.NFC.String(text)), " ") }

func TestPagesOfAllKindsAreRead(t *testing.T) {
	if !hasEngine(t) {
		return
	}
	m := picturetest.Page(200, picturetest.Letter()...)
	var fax bytes.Buffer
	if err := tiff.Encode(&fax, m, nil); err != nil {
		t.Fatal(err)
	}
	gray := &picture.Gray{Width: m.Rect.Dx(), Height: m.Rect.Dy(), Pix: m.Pix}
	turned := gray.Turn(180)
	outcome, meter, err := runReal(t, `,"output":["words","blocks","markdown"],"annotate":true,"find":[{"name":"mail","pattern":"\\S+@\\S+"},{"name":"over a break","pattern":"days and"}]`,
		realFile{"letter.png", pngOf(t, m)}, realFile{"fax.tif", fax.Bytes()}, realFile{"scan.pdf", scannedPDF(t, m, 200)}, realFile{"text.pdf", textPDF(picturetest.Letter()...)},
		realFile{"turned.png", pngOf(t, &image.Gray{Pix: turned.Pix, Stride: turned.Width, Rect: image.Rect(0, 0, turned.Width, turned.Height)})})
	if err != nil {
		t.Fatal(err)
	}
	d, want := dataOf(t, outcome), strings.Join(picturetest.Letter(), " ")
	for i, c := range []struct {
		source        string
		dpi, rotation int
	}{{sourceOCR, 0, 0}, {sourceOCR, 0, 0}, {sourceOCR, ocrDPI, 0}, {sourceLayer, layerDPI, 0}, {sourceOCR, 0, 180}} {
		p := d.Documents[i].Pages[0]
		if p.Content == nil {
			t.Errorf("%s: %+v", d.Documents[i].Name, p.Error)
			continue
		}
		if plain(p.Text) != want || p.Source != c.source || p.DPI != c.dpi || p.Rotation != c.rotation || p.Confidence < 950_000 || len(p.Unreadable) != 0 {
			t.Errorf("%s: %q by %s, %d, turned by %d, confidence %s, %v", d.Documents[i].Name, p.Text, p.Source, p.DPI, p.Rotation, p.Confidence, p.Unreadable)
		}
		if len(p.Words) != len(strings.Fields(want)) || len(p.Blocks) == 0 || !strings.Contains(*p.Markdown, "lazy dog") {
			t.Errorf("%s: %d words, %d blocks, %q", d.Documents[i].Name, len(p.Words), len(p.Blocks), *p.Markdown)
		}
		for _, w := range p.Words {
			if w.Box[0] >= w.Box[2] || w.Box[1] >= w.Box[3] || w.Box[2] > p.Width || w.Box[3] > p.Height {
				t.Errorf("%s: %+v on a page of %d times %d", d.Documents[i].Name, w, p.Width, p.Height)
			}
		}
	}
	if layers, ocr := used(meter); layers != 1 || ocr != 4 {
		t.Errorf("charged %d and %d", layers, ocr)
	}
	checkFound(t, d)
	checkPictures(t, outcome)
	packtest.Seal(t, newManifest(nil), outcome)
}

// checkFound looks at the hits: each document has both.
func checkFound(t *testing.T, d *Data) {
	t.Helper()
	if len(d.Found) != 2*len(d.Documents) {
		t.Fatalf("%d hits: %+v", len(d.Found), d.Found)
	}
	for i, f := range d.Found {
		p := d.Documents[i/2].Pages[0]
		if f.File != d.Documents[f.Document].Name || f.Document != i/2 || f.Page != 1 || f.Confidence < 900_000 {
			t.Errorf("%+v", f)
		}
		switch f.Name {
		case "mail":
			at := slices.IndexFunc(p.Words, func(w Word) bool { return strings.HasPrefix(w.Text, "billing@") })
			if f.Value != "billing@example.com" || at < 0 || p.Words[at].Box != f.Box {
				t.Errorf("%+v", f)
			}
		default:
			if f.Value != "days and" || f.Box[3]-f.Box[1] < 2*(p.Words[0].Box[3]-p.Words[0].Box[1]) {
				t.Errorf("%+v", f)
			}
		}
	}
}

// checkPictures looks at the annotated pages.
func checkPictures(t *testing.T, o *pack.Outcome) {
	t.Helper()
	d := dataOf(t, o)
	if len(o.Artifacts) != len(d.Documents) {
		t.Fatalf("%d artifacts", len(o.Artifacts))
	}
	for i, a := range o.Artifacts {
		m, err := png.Decode(bytes.NewReader(a.Content))
		if err != nil || max(m.Bounds().Dx(), m.Bounds().Dy()) > annotatedSide || a.MediaType != "image/png" {
			t.Fatalf("%s: %v", a.Name, err)
		}
		p := d.Documents[i].Pages[0]
		if p.Annotated != a.Name {
			t.Errorf("%s is %s", p.Annotated, a.Name)
		}
		// The edge of each word's box is in colour.
		scale := float64(m.Bounds().Dx()) / float64(p.Width)
		for _, w := range p.Words[:3] {
			r, g, b, _ := m.At(int(float64(w.Box[0]+3)*scale), int(float64(w.Box[1])*scale)-1).RGBA()
			if r == g && g == b {
				t.Errorf("%s: %q is not marked", a.Name, w.Text)
			}
		}
	}
}

// header is a PNG of which only the beginning is there.
func header(width, height uint32) []byte {
	chunk := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), width), height)
	chunk = append(chunk, 8, 0, 0, 0, 0)
	file := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
	return binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(chunk))
}

func TestFilesThatCannotBeRead(t *testing.T) {
	const encrypt = "/ID[<61><61>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<61616161616161616161616161616161616161616161616161616161616161>/U<61616161616161616161616161616161616161616161616161616161616161>>>"
	for name, c := range map[string]struct {
		file   realFile
		reason string
		says   string
	}{
		"a password":      {realFile{"a.pdf", pdfWith(612, 792, encrypt, "", "")}, reasonEncrypted, "password"},
		"no pages":        {realFile{"a.pdf", pdftest.File("", "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 0/Kids[]>>")}, reasonNoPages, "no pages"},
		"35,000 points":   {realFile{"a.pdf", pdfWith(35_000, 35_000, "", "", "0 0 m 9 9 l S")}, reasonPixels, "14400 points"},
		"pages in a loop": {realFile{"a.pdf", pdftest.File("", "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 9/Kids[2 0 R 2 0 R]>>")}, "", ""},
		"a broken PDF":    {realFile{"a.pdf", []byte("%PDF-1.7\ngarbage")}, reasonDamaged, "damaged"},
		"a large PNG":     {realFile{"a.png", header(30_000, 30_000)}, reasonPixels, "40000000 pixels"},
		"a long PNG":      {realFile{"a.png", header(40_000, 10)}, reasonPixels, "32767"},
		"half a PNG":      {realFile{"a.png", pngOf(t, picturetest.Page(100, "text"))[:400]}, reasonDamaged, "damaged"},
		"a broken TIFF":   {realFile{"a.tif", []byte("II*\x00\xff\xff\xff\xff")}, reasonDamaged, "damaged"},
		"another type":    {realFile{"a.png", textPDF("text")}, "/files/0", "application/pdf"},
		"no document":     {realFile{"a.pdf", []byte("text")}, "/files/0", "text/plain"},
	} {
		if filepath.Ext(c.file.name) != ".pdf" && !hasEngine(t) {
			continue
		}
		outcome, meter, err := runReal(t, "", c.file)
		var f *pack.Failure
		if !errors.As(err, &f) || f.Reason != dpp.ReasonInputRejected || meter.Total() != 0 {
			t.Errorf("%s: %+v, %v, charged %s", name, outcome, err, meter.Total())
			continue
		}
		if !strings.Contains(f.Detail, c.reason) || !strings.Contains(f.Detail, c.says) || f.Hint == "" || len(f.Discarded) == 0 {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// A word that nobody can read is no text; where it stood is told.
func TestUnreadablePlacesAreMarked(t *testing.T) {
	if !hasEngine(t) {
		return
	}
	m := picturetest.Page(200, append(picturetest.Letter(), "", "", "", "", "", "", "", "", "")...)
	blot := image.Rect(m.Rect.Dx()/3, m.Rect.Dy()*6/10, m.Rect.Dx()*2/3, m.Rect.Dy()*8/10)
	for y := blot.Min.Y; y < blot.Max.Y; y++ {
		for x := blot.Min.X; x < blot.Max.X; x++ {
			m.Pix[m.PixOffset(x, y)] = 40
		}
	}
	outcome, _, err := runReal(t, "", realFile{"blot.png", pngOf(t, m)})
	if err != nil {
		t.Fatal(err)
	}
	p := dataOf(t, outcome).Documents[0].Pages[0]
	if !strings.HasPrefix(plain(p.Text), strings.Join(picturetest.Letter(), " ")) {
		t.Errorf("%q", p.Text)
	}
	if !slices.ContainsFunc(p.Unreadable, func(r Region) bool {
		return image.Rect(r.Box[0], r.Box[1], r.Box[2], r.Box[3]).Intersect(blot).Size().X > blot.Dx()/2
	}) {
		t.Errorf("%v, want it about %v; coverage %s", p.Unreadable, blot, p.Coverage)
	}
}

// truth reads a file of the folder that TRUTH_DIR names, if there is one.
func truth(t *testing.T, name string) ([]byte, bool) {
	t.Helper()
	dir := os.Getenv("TRUTH_DIR")
	if dir == "" {
		t.Logf("TRUTH_DIR is not set: %s was not read", name)
		return nil, false
	}
	content, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return content, true
}

func TestDocumentsWhoseTextIsKnown(t *testing.T) {
	for _, c := range []struct{ page, text, language, markdown string }{
		{"ocr/15_letter_text.pdf", "ocr/15_letter_text.gt.txt", "eng", ""},
		{"ocr/17_kor_text.pdf", "ocr/17_kor_text.gt.txt", "kor", ""},
		{"ocr/03_invoice_300.png", "ocr/03_invoice_300.gt.txt", "eng", "| Grease NLGI-2 400 g | 6 | 5.10 | 30.60 |\n"},
		{"ocr/13_letter_300_rot90.png", "ocr/13_letter_300_rot90.gt.txt", "eng", ""},
	} {
		content, ok := truth(t, c.page)
		if !ok || filepath.Ext(c.page) != ".pdf" && !hasEngine(t) {
			continue
		}
		text, _ := truth(t, c.text)
		outcome, _, err := runReal(t, `,"output":["markdown"],"languages":["`+c.language+`"]`, realFile{filepath.Base(c.page), content})
		if err != nil {
			t.Errorf("%s: %v", c.page, err)
			continue
		}
		pages := strings.Split(strings.TrimRight(string(text), "\f\n"), "\f")
		got := dataOf(t, outcome).Documents[0].Pages
		if len(got) != len(pages) {
			t.Errorf("%s has %d pages, want %d", c.page, len(got), len(pages))
			continue
		}
		for i, want := range pages {
			if plain(got[i].Text) != plain(want) || !strings.Contains(*got[i].Markdown, c.markdown) {
				t.Errorf("%s, page %d:\n%s\nwant\n%s", c.page, i+1, got[i].Text, want)
			}
		}
	}
}
