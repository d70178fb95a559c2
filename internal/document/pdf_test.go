package document_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"dpp/internal/document"
	"dpp/internal/document/pdftest"
	"dpp/internal/sandbox"
)

const about = `/Title(The \(small\) print)/Author<FEFFD55CAE00>/CreationDate(D:20260301120000+09'00')`

func TestADocument(t *testing.T) {
	got, err := read(t, pages("", about, show("(Hello,)", "(world.)"), show("(Page two)")), document.PDFOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := []document.Page{{Number: 1, Text: "Hello,\nworld."}, {Number: 2, Text: "Page two"}}
	if !slices.Equal(got.Pages, want) || got.PageCount != 2 || got.Cut != document.CutNothing {
		t.Errorf("got %+v", got)
	}
	if got.Title != "The (small) print" || got.Author != "한글" || !got.Created.Equal(time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)) {
		t.Errorf("title %q, author %q, made %v", got.Title, got.Author, got.Created)
	}
}

func TestKorean(t *testing.T) {
	const text = "대한민국 헌법"
	got, err := read(t, korean(text), document.PDFOptions{})
	if err != nil || len(got.Pages) != 1 || got.Pages[0].Text != text {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWhatIsCutIsSaid(t *testing.T) {
	many := make([]string, 30)
	for i := range many {
		many[i] = show(fmt.Sprintf("(Number %02d)", i+1))
	}
	for name, c := range map[string]struct {
		opts  document.PDFOptions
		pages int
		last  string
		cut   document.Cut
	}{
		"nothing":                {document.PDFOptions{}, 30, "Number 30", document.CutNothing},
		"pages":                  {document.PDFOptions{Pages: 3}, 3, "Number 03", document.CutPages},
		"as many pages":          {document.PDFOptions{Pages: 30}, 30, "Number 30", document.CutNothing},
		"in a page":              {document.PDFOptions{Chars: 22}, 3, "Numb", document.CutChars},
		"between pages":          {document.PDFOptions{Chars: 18}, 2, "Number 02", document.CutChars},
		"pages before chars":     {document.PDFOptions{Pages: 1, Chars: 9}, 1, "Number 01", document.CutPages},
		"more than anybody gets": {document.PDFOptions{Pages: 1 << 40, Chars: 1 << 40}, 30, "Number 30", document.CutNothing},
		"time":                   {document.PDFOptions{Time: 1}, 0, "", document.CutTime},
	} {
		got, err := read(t, pages("", "", many...), c.opts)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		last := ""
		if len(got.Pages) > 0 {
			last = got.Pages[len(got.Pages)-1].Text
		}
		if got.PageCount != 30 || len(got.Pages) != c.pages || last != c.last || got.Cut != c.cut {
			t.Errorf("%s: %d pages of %d, the last %q, cut %q", name, len(got.Pages), got.PageCount, last, got.Cut)
		}
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	whole := pages("", "", show("(Hello)"))
	key := strings.Repeat("61", 32)
	encrypted := func(filter string) []byte {
		return pages("/ID[<61><61>]/Encrypt<</Filter/"+filter+"/V 1/R 2/P -4/O<"+key+">/U<"+key+">>>", "", show("(secret)"))
	}
	for name, c := range map[string]struct {
		content []byte
		want    error
	}{
		"nothing at all":           {nil, document.ErrDamaged},
		"a text":                   {[]byte("%PDF or not\n"), document.ErrDamaged},
		"a head":                   {whole[:9], document.ErrDamaged},
		"zeros":                    {make([]byte, 4096), document.ErrDamaged},
		"a document without pages": {pdftest.File("", "<</Type/Catalog>>"), document.ErrDamaged},
		"a password is needed":     {encrypted("Standard"), document.ErrEncrypted},
		"encrypted by others":      {encrypted("Nobody"), document.ErrEncrypted},
		"too many bytes":           {make([]byte, 33<<20), document.ErrTooLarge},
	} {
		if got, err := read(t, c.content, document.PDFOptions{}); !errors.Is(err, c.want) {
			t.Errorf("%s: %+v, %v, want %v", name, got, err, c.want)
		}
	}
}

// TestWhatIsBrokenInPartIsReadInPart, as people who open it would see it.
func TestWhatIsBrokenInPartIsReadInPart(t *testing.T) {
	whole := pages("", "", show("(Hello)"))
	for name, content := range map[string][]byte{
		"a wrong start":  bytes.Replace(whole, []byte("startxref\n"), []byte("startxref\n9"), 1),
		"no table":       append(whole[:bytes.Index(whole, []byte("xref")):bytes.Index(whole, []byte("xref"))], whole[bytes.Index(whole, []byte("trailer")):]...),
		"noise in front": append([]byte("HTTP/1.1 200 OK\r\n\r\n"), whole...),
	} {
		got, err := read(t, content, document.PDFOptions{})
		if err != nil || len(got.Pages) != 1 || got.Pages[0].Text != "Hello" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	broken := bytes.Replace(pages("", "", show("(one)"), show("(two)")), []byte("5 0 obj\n<</Type/Page"), []byte("5 0 obj\n(no)<</Type/Page"), 1)
	got, err := read(t, broken, document.PDFOptions{})
	if err != nil || len(got.Pages) != 2 || !got.Pages[0].Unreadable || got.Pages[1].Text != "two" {
		t.Errorf("a broken page: %+v, %v", got, err)
	}
}

// TestHostileDocumentsEnd: in an answer or a clear error, and the next document is read.
func TestHostileDocumentsEnd(t *testing.T) {
	easy := pages("", "", show("(Hello)"))
	if _, err := read(t, easy, document.PDFOptions{}); err != nil { // the engine is compiled where there is memory for it
		t.Fatal(err)
	}
	forms := []string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</XObject<</X 5 0 R>>>>/Contents 4 0 R>>",
		pdftest.Stream("", strings.Repeat("/X Do ", 50)),
	}
	for n := 6; n <= 36; n++ { // each shows the next one fifty times
		forms = append(forms, pdftest.Stream(fmt.Sprintf("/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>", n), strings.Repeat("/X Do ", 50)))
	}
	forms = append(forms, pdftest.Stream("/Type/XObject/Subtype/Form/BBox[0 0 9 9]", "q Q"))
	for name, content := range map[string][]byte{
		"pages without end": pdftest.File("", "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 2147483647/Kids[2 0 R 2 0 R]>>"),
		"forms in forms":    pdftest.File("", forms...),
		"a small bomb": pdftest.File("", "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
			"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R>>", bomb(t, 256)),
		"brackets":          pdftest.File("", "<</Type/Catalog/Pages 2 0 R/X "+strings.Repeat("[", 1<<20)+">>", "<</Type/Pages/Count 0/Kids[]>>"),
		"a table of itself": []byte("%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 1/Root 1 0 R/Prev 9>>\nstartxref\n9\n%%EOF\n"),
	} {
		t.Run(name, func(t *testing.T) {
			p := sandbox.New(sandbox.Options{Children: 1, CPU: 2 * time.Second, Start: patience, Cache: cache})
			defer func() {
				if err := p.Close(); err != nil {
					t.Error(err)
				}
			}()
			d := document.New(p)
			got, err := d.PDF(t.Context(), content, document.PDFOptions{})
			if err == nil && (len(got.Pages) > document.DefaultPages || slices.ContainsFunc(got.Pages, func(p document.Page) bool { return p.Text != "" })) {
				t.Errorf("got %d pages of %d", len(got.Pages), got.PageCount)
			}
			if err != nil && !errors.Is(err, document.ErrDamaged) && !errors.Is(err, document.ErrDemanding) {
				t.Error(err)
			}
			t.Logf("%v, %v", got != nil, err)
			if got, err := d.PDF(t.Context(), easy, document.PDFOptions{}); err != nil || got.Pages[0].Text != "Hello" {
				t.Errorf("the next one: %+v, %v", got, err)
			}
		})
	}
}

func TestACallerThatLeaves(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := document.New(shared).PDF(ctx, pages("", "", show("(Hello)")), document.PDFOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
