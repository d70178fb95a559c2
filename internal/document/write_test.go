package document_test

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"dpp/internal/document/pdftest"
)

// show is a page's content: one text a line, in font F.
func show(lines ...string) string {
	var b strings.Builder
	b.WriteString("BT /F 12 Tf 14 TL 72 720 Td\n")
	for _, line := range lines {
		fmt.Fprintf(&b, "%s Tj T*\n", line)
	}
	return b.String() + "ET"
}

// pages writes a document with a page of each content, in Helvetica. about is what it
// says of itself, object 4.
func pages(trailer, about string, contents ...string) []byte {
	const helvetica = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
	var kids strings.Builder
	objects := []string{"<</Type/Catalog/Pages 2 0 R>>", "", helvetica, "<<" + about + ">>"}
	for _, content := range contents {
		n := len(objects) + 1
		fmt.Fprintf(&kids, "%d 0 R ", n)
		objects = append(objects,
			fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F 3 0 R>>>>/Contents %d 0 R>>", n+1),
			pdftest.Stream("", content))
	}
	objects[1] = fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", len(contents), kids.String())
	return pdftest.File("/Info 4 0 R"+trailer, objects...)
}

// korean writes a page of a text in a font that is not there, whose characters a table
// tells: the n-th character has the number n.
func korean(text string) []byte {
	var codes, table strings.Builder
	n := 0
	for _, r := range text {
		n++
		fmt.Fprintf(&codes, "%04X", n)
		fmt.Fprintf(&table, "<%04X> <%04X>\n", n, utf16.Encode([]rune{r})[0])
	}
	cmap := fmt.Sprintf("/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"+
		"/CMapName /T def /CMapType 2 def\n1 begincodespacerange <0000> <FFFF> endcodespacerange\n"+
		"%d beginbfchar\n%sendbfchar\nendcmap end end", n, table.String())
	return pdftest.File("",
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F 4 0 R>>>>/Contents 5 0 R>>",
		"<</Type/Font/Subtype/Type0/BaseFont/Batang/Encoding/Identity-H/DescendantFonts[6 0 R]/ToUnicode 7 0 R>>",
		pdftest.Stream("", show("<"+codes.String()+">")),
		"<</Type/Font/Subtype/CIDFontType2/BaseFont/Batang/DW 1000/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor 8 0 R>>",
		pdftest.Stream("", cmap),
		"<</Type/FontDescriptor/FontName/Batang/Flags 4/FontBBox[0 -200 1000 800]/ItalicAngle 0/Ascent 800/Descent -200/CapHeight 700/StemV 80>>",
	)
}

// bomb is a stream of so many MiB of blanks, packed twice: a few hundred bytes.
func bomb(t *testing.T, mib int) string {
	t.Helper()
	var packed bytes.Buffer
	outer := zlib.NewWriter(&packed)
	inner, err := zlib.NewWriterLevel(outer, zlib.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	blanks := bytes.Repeat([]byte{' '}, 1<<20)
	for range mib {
		if _, err := inner.Write(blanks); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(inner.Close(), outer.Close()); err != nil {
		t.Fatal(err)
	}
	return pdftest.Stream("/Filter[/FlateDecode/FlateDecode]", packed.String())
}
