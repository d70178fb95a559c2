package document_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"dpp/internal/document"
	"dpp/internal/document/layer"
	"dpp/internal/document/pdftest"
	"dpp/internal/document/picturetest"
)

// prose is enough text to be judged by.
func prose() []string {
	return append(slices.Clone(picturetest.Letter()),
		"The goods remain our property until they were paid in full.",
		"Nobody is bound by what was said before this was signed.",
		"Both parties will keep to themselves what they learn here.")
}

func shown(lines []string) string {
	quoted := make([]string, len(lines))
	for i, line := range lines {
		quoted[i] = "(" + strings.NewReplacer("(", "\\(", ")", "\\)").Replace(line) + ")"
	}
	return show(quoted...)
}

// encoded writes a page of text in a font whose encoding, or table of characters, is this.
func encoded(encoding, table, content string) []byte {
	objects := []string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F 4 0 R>>>>/Contents 5 0 R>>",
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica" + encoding + ">>", pdftest.Stream("", content),
	}
	if table != "" {
		objects = append(objects, pdftest.Stream("", table))
	}
	return pdftest.File("", objects...)
}

// cmap is a table that says of each code from 32 to 126 that it is another letter.
func cmap(of func(code int) int) string {
	var rows strings.Builder
	for code := 32; code < 127; code++ {
		fmt.Fprintf(&rows, "<%02X> <%04X>\n", code, of(code))
	}
	return "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n/CMapName /T def /CMapType 2 def\n" +
		"1 begincodespacerange <00> <FF> endcodespacerange\n95 beginbfchar\n" + rows.String() + "endbfchar\nendcmap end end"
}

// scan writes a page that is a picture of lines, with this content over it.
func scan(lines []string, content string) []byte {
	const dpi = 150
	m := picturetest.Page(dpi, lines...)
	wide, high := m.Rect.Dx()*72/dpi, m.Rect.Dy()*72/dpi
	return pdftest.File("",
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
		fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Resources<</Font<</F 5 0 R>>/XObject<</X 6 0 R>>>>/Contents 4 0 R>>", wide, high),
		pdftest.Stream("", fmt.Sprintf("q %d 0 0 %d 0 0 cm /X Do Q\n%s", wide, high, content)),
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
		pdftest.Stream(fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8", m.Rect.Dx(), m.Rect.Dy()), string(m.Pix)),
	)
}

// over is lines of text that are not drawn, each where picturetest.Page has it on a page
// of this height; or else, small, all in the margin below.
func over(lines []string, height int, there bool) string {
	var b strings.Builder
	if there {
		fmt.Fprintf(&b, "BT 3 Tr /F 11 Tf 18 TL 36 %d Td\n", height-36-11)
	} else {
		b.WriteString("BT 3 Tr /F 3 Tf 4 TL 36 30 Td\n")
	}
	for _, line := range lines {
		fmt.Fprintf(&b, "(%s) Tj T*\n", strings.NewReplacer("(", "\\(", ")", "\\)").Replace(line))
	}
	return b.String() + "ET"
}

func TestLayersAreJudged(t *testing.T) {
	lines := prose()
	high := picturetest.Page(150, lines...).Rect.Dy() * 72 / 150
	misread := make([]string, len(lines))
	for i, line := range lines {
		misread[i] = strings.Map(func(r rune) rune { return rune(moved(int(r))) }, line)
	}
	const unnamed = "/Encoding<</Type/Encoding/Differences[32"
	for name, c := range map[string]struct {
		content []byte
		verdict layer.Verdict
		reason  layer.Reason
		images  bool
	}{
		"a letter":                      {pages("", "", shown(lines)), layer.Good, "", false},
		"an invoice of numbers":         {pages("", "", show(slices.Repeat([]string{"(2026-0471   4 x 12.50   50.00)"}, 30)...)), layer.Good, "", false},
		"a listing":                     {pages("", "", show(slices.Repeat([]string{"(if err := f\\(x[i], &y\\); err != nil { return nil, err })"}, 10)...)), layer.Good, "", false},
		"a page with a picture":         {sheet(letterBox, 0, "q 200 0 0 200 72 72 cm /X Do Q "+shown(lines)), layer.Good, "", false},
		"nothing":                       {pages("", "", ""), layer.None, "", false},
		"a scan":                        {scan(lines, ""), layer.None, "", true},
		"a scan that was read":          {scan(lines, over(lines, high, true)), layer.Good, "", true},
		"a scan with a stamp":           {scan(lines, "BT /F 9 Tf 40 10 Td (Received 2026-11-29) Tj ET"), layer.Garbage, layer.ReasonPicture, true},
		"a scan that was read badly":    {scan(lines, over(misread, high, true)), layer.Garbage, layer.ReasonWords, true},
		"a scan with text beside it":    {scan(lines, over(lines, high, false)), layer.Garbage, layer.ReasonPlace, true},
		"text that nobody sees":         {pages("", "", "3 Tr "+shown(lines)), layer.Garbage, layer.ReasonPlace, false},
		"no table of characters":        {strayed(korean("대한민국 헌법 제일조")), layer.Garbage, layer.ReasonCharacters, false},
		"letters without names":         {encoded(unnamed+strings.Repeat("/g1 /x9", 60)+"]>>", "", shown(lines)), layer.Garbage, layer.ReasonCharacters, false},
		"a table of other letters":      {encoded("/ToUnicode 6 0 R", cmap(func(c int) int { return moved(c) }), shown(lines)), layer.Garbage, layer.ReasonWords, false},
		"a table of private characters": {encoded("/ToUnicode 6 0 R", cmap(func(c int) int { return 0xe000 + c }), shown(lines)), layer.Garbage, layer.ReasonCharacters, false},
		"the bytes of UTF-8":            {encoded("/Encoding/WinAnsiEncoding", "", show(slices.Repeat([]string{"(Zo\\303\\253 said it\\342\\200\\231s na\\303\\257ve)"}, 5)...)), layer.Garbage, layer.ReasonEncoding, false},
	} {
		got, err := layers(t, c.content, document.LayerOptions{Words: true})
		if err != nil || len(got.Pages) != 1 {
			t.Errorf("%s: %+v, %v", name, got, err)
			continue
		}
		l := got.Pages[0]
		if l.Judgement.Verdict != c.verdict || l.Judgement.Reason != c.reason || l.Images != c.images {
			t.Errorf("%s: %+v, pictures %v, want %s %s; it says %.60q", name, l.Judgement, l.Images, c.verdict, c.reason, l.Text)
		}
		if l.Blank != (name == "nothing") {
			t.Errorf("%s: blank is %v", name, l.Blank)
		}
	}
}

// moved is the letter of a code as where each stands for another.
func moved(code int) int {
	switch {
	case code >= 'a' && code <= 'z':
		return 'a' + (code-'a'+5)%26
	case code >= 'A' && code <= 'Z':
		return 'A' + (code-'A'+5)%26
	default:
		return code
	}
}

// strayed takes a document's word away of which character is which.
func strayed(content []byte) []byte {
	return []byte(strings.Replace(string(content), "/ToUnicode 7 0 R", "                ", 1))
}

// What was filled into a form is part of the page, as people see it.
func TestFilledFormsAreRead(t *testing.T) {
	content := pdftest.File("",
		"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]>>>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F 5 0 R>>>>/Contents 4 0 R/Annots[6 0 R]>>",
		pdftest.Stream("", "BT /F 12 Tf 72 700 Td (Name:) Tj ET"),
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
		"<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(Kim Minji)/F 4/Rect[120 690 300 715]/AP<</N 7 0 R>>/P 3 0 R>>",
		pdftest.Stream("/Type/XObject/Subtype/Form/BBox[0 0 180 25]/Resources<</Font<</F 5 0 R>>>>", "BT /F 12 Tf 2 10 Td (Kim Minji) Tj ET"),
	)
	got, err := layers(t, content, document.LayerOptions{DPI: 72, Words: true})
	if err != nil {
		t.Fatal(err)
	}
	l := got.Pages[0]
	if !strings.Contains(l.Text, "Name:") || !strings.Contains(l.Text, "Kim Minji") {
		t.Errorf("it says %q", l.Text)
	}
	if box := wordOf(l, "Kim").Box; box[0] < 118 || box[0] > 126 || box[1] < 77 || box[3] > 102 {
		t.Errorf("the name is at %v", box)
	}
}
