package compliancepack

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"time"

	"dpp"
	"dpp/internal/document"
	"dpp/internal/document/pdftest"
	"dpp/internal/document/picturetest"
	"dpp/internal/document/tesseract"
	"dpp/internal/sandbox"
)

// patience bounds how long a test waits for a child, whose engine the race detector makes
// ten times as slow.
const patience = 5 * time.Minute

// realPack reads documents in the sandbox, and pictures with the engine that is built in.
func realPack(t *testing.T) *Pack {
	t.Helper()
	cache, err := sandbox.UserCache() // what children compile is kept as a server keeps it
	if err != nil {
		t.Fatal(err)
	}
	// The race detector wants several times the memory, where the engine is compiled.
	pool := sandbox.New(sandbox.Options{Children: 1, Start: patience, CPU: patience, Wall: patience, Memory: 4 << 30, Cache: cache})
	t.Cleanup(func() {
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	})
	return withReader(document.New(pool), &document.Engine{Languages: tesseract.BuiltIn()})
}

// hasEngine tells whether OCR can be tested.
func hasEngine(t *testing.T) bool {
	t.Helper()
	if len(tesseract.BuiltIn()) == 0 {
		t.Log("the engine was not built in (make assets): scans were not tested")
		return false
	}
	return true
}

// scannedPDF has a page with a line of text, and behind it one that shows a picture and
// nothing else.
func scannedPDF(t *testing.T, line string, picture *image.Gray, dpi int) string {
	t.Helper()
	var file bytes.Buffer
	if err := jpeg.Encode(&file, picture, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	size := picture.Rect.Size()
	width, height := size.X*72/dpi, size.Y*72/dpi
	page := func(content int) string {
		return fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Resources<</Font<</F 7 0 R>>/XObject<</X 8 0 R>>>>/Contents %d 0 R>>", width, height, content)
	}
	return string(pdftest.File("",
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 2/Kids[3 0 R 4 0 R]>>", page(5), page(6),
		pdftest.Stream("", fmt.Sprintf("BT /F 12 Tf 20 %d Td (%s) Tj ET", height-30, line)),
		pdftest.Stream("", fmt.Sprintf("q %d 0 0 %d 0 0 cm /X Do Q", width, height)),
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
		pdftest.Stream(fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode", size.X, size.Y), file.String()),
	))
}

// Values in pictures are found by the engine itself, on their page, paid by the page, and do
// not leave.
func TestScansByTheEngine(t *testing.T) {
	if !hasEngine(t) {
		return
	}
	const dpi = 200
	page := picturetest.Page(dpi, "The card of the customer is", "4539 1488 0343 6467, and the", "letter went to anna.berger@pinefold.net", "on the third of May.")
	var scan bytes.Buffer
	if err := png.Encode(&scan, page); err != nil {
		t.Fatal(err)
	}
	r, err := submit(t, realPack(t), m{
		"documents": []m{named("scan.png", fileOf("image/png", scan.String())), named("scan.pdf", fileOf("application/pdf", scannedPDF(t, "Call +44 20 7123 4567.", page, dpi)))},
		"policies":  policies("pii", "secrets"), "redact": true,
	}, dpp.USD)
	if err != nil {
		t.Fatal(err)
	}
	checkScans(t, r)
	if usage := r.meter.Usage(); len(usage) != 2 || usage[1].Unit != unitOCR || usage[1].Quantity != 2 {
		t.Errorf("%+v", usage)
	}
	for _, value := range []string{"4539", "1488", "6467", "anna", "berger", "pinefold", "7123"} {
		if strings.Contains(r.everything(), value) {
			t.Errorf("%s left", value)
		}
	}
	if r.Reliability < 800_000 || r.data.Verdict != verdictFail {
		t.Errorf("%s, %s", r.data.Verdict, r.Reliability)
	}
}

// checkScans looks at what was found, and at the copies.
func checkScans(t *testing.T, r *ran) {
	t.Helper()
	type place struct {
		document, rule string
		page, line     int
	}
	got := map[place]string{}
	for _, f := range r.data.Findings {
		got[place{f.Document, f.RuleID, f.Location.Page, f.Location.Line}] = f.Excerpt
	}
	for want, excerpt := range map[place]string{
		{"scan.png", "pii.credit_card", 1, 3}: "XXXX XXXX XXXX XXXX, and the",
		{"scan.png", "pii.email", 1, 5}:       "letter went to xxxx@xxxx.xx",
		{"scan.pdf", "pii.phone", 1, 1}:       "Call +XX XXX XXX XXXX.",
		{"scan.pdf", "pii.credit_card", 2, 3}: "XXXX XXXX XXXX XXXX, and the",
		{"scan.pdf", "pii.email", 2, 5}:       "letter went to xxxx@xxxx.xx",
	} {
		if got[want] != excerpt {
			t.Errorf("%+v: %q, want %q", want, got[want], excerpt)
		}
	}
	if len(got) != 5 {
		t.Errorf("%+v", got)
	}
	for i, pages := range []int{1, 2} {
		d := r.data.Documents[i]
		text := r.files[d.Artifact]
		if d.Pages != pages || d.MediaType != []string{"image/png", typePDF}[i] || strings.Count(text, "\f") != pages-1 || !strings.Contains(text, "The card of the customer is\n\nXXXX") || !strings.Contains(text, "on the third of May.") {
			t.Errorf("%+v: %q", d, text)
		}
	}
}
