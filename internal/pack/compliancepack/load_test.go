package compliancepack

import (
	"context"
	"encoding/base64"
	"slices"
	"testing"

	"dpp"
	"dpp/internal/document"
	"dpp/internal/document/layer"
	"dpp/internal/document/picture"
	"dpp/internal/document/tesseract"
	"dpp/internal/inputs"
)

// sheets is a reader of one document of four pages: two with text, an empty one, a scan.
type sheets struct{ err error }

func (s *sheets) Layers(context.Context, []byte, document.LayerOptions) (*document.Layers, error) {
	good := layer.Judgement{Verdict: layer.Good}
	return &document.Layers{PageCount: 4, Pages: []document.Layer{
		{Number: 1, Text: "A letter.\nSecond line.", Judgement: good},
		{Number: 2, Text: "On the second page\n is jo@example.org.", Judgement: good},
		{Number: 3, Blank: true},
		{Number: 4, Judgement: layer.Judgement{Verdict: layer.None}},
	}}, s.err
}

func (s *sheets) Render(context.Context, []byte, int, int) (*picture.Gray, error) {
	return &picture.Gray{}, nil
}

func (s *sheets) Picture(context.Context, *picture.Gray, document.OCR) (*document.Reading, error) {
	word := func(text string) tesseract.Word { return tesseract.Word{Text: text, Confidence: 0.8} }
	lines := []tesseract.Line{{Words: []tesseract.Word{word("Card"), word("4111"), word("1111"), word("1111"), word("1111")}}}
	return &document.Reading{Page: &tesseract.Page{Blocks: []tesseract.Block{{Paragraphs: []tesseract.Paragraph{{Lines: lines}}}}}}, nil
}

func (s *sheets) Image(ctx context.Context, _ []byte, _ int, how document.OCR) (*document.Reading, error) {
	return s.Picture(ctx, nil, how)
}

func (s *sheets) ImagePages(context.Context, []byte) (int, error) { return 1, s.err }

func withReader(r Reader, engine *document.Engine) *Pack {
	return New(inputs.New(nil, nil, nil, inputs.Options{}), r, Options{
		Engine: engine, Secret: func(context.Context) ([]byte, error) { return []byte("secret"), nil },
	})
}

func fileOf(mediaType, content string) m {
	return m{"name": "a", "file": m{"kind": "inline", "media_type": mediaType, "data": base64.StdEncoding.EncodeToString([]byte(content))}}
}

const aPDF = "%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"

func TestPagesOfPDFDocuments(t *testing.T) {
	in := m{"documents": []m{fileOf("application/pdf", aPDF)}, "policies": policies("pii"), "redact": true}
	r, err := submit(t, withReader(&sheets{}, &document.Engine{Languages: []string{"eng"}}), in, dpp.USD)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.ids(), []string{"pii.credit_card", "pii.email"}) || r.data.Documents[0].Pages != 4 || !slices.Equal(r.data.Documents[0].Notes, []string{noteOCR}) {
		t.Fatalf("%v %+v", r.ids(), r.data.Documents)
	}
	if l := r.data.Findings[0].Location; l.Page != 2 || l.Line != 2 || l.Column != 5 {
		t.Errorf("%+v", l)
	}
	if l := r.data.Findings[1].Location; l.Page != 4 || l.Line != 1 || l.Column != 6 {
		t.Errorf("%+v", l)
	}
	if r.files["redacted-1.txt"] != "A letter.\nSecond line.\fOn the second page\n is xxxx@xxxx.xx.\f\fCard XXXX XXXX XXXX XXXX\n" {
		t.Errorf("%q", r.files["redacted-1.txt"])
	}
	if usage := r.meter.Usage(); len(usage) != 2 || usage[1].Unit != unitOCR || usage[1].Quantity != 1 {
		t.Errorf("%+v", usage)
	}
	without, err := submit(t, withReader(&sheets{}, nil), in, dpp.USD)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(without.ids(), []string{"pii.email"}) || !slices.Contains(without.data.Reasons, becauseUnread) || !slices.Equal(without.data.Documents[0].Notes, []string{notePages}) {
		t.Errorf("%v %+v", without.ids(), without.data)
	}
}

func TestScansAndBrokenDocuments(t *testing.T) {
	r, err := submit(t, withReader(&sheets{}, &document.Engine{Languages: []string{"eng"}}), m{"documents": []m{fileOf("image/png", aPNG)}, "policies": policies("pii")}, dpp.USD)
	if err != nil || !slices.Equal(r.ids(), []string{"pii.credit_card"}) {
		t.Fatalf("%v", err)
	}
	for reason, cause := range map[string]error{
		reasonEncrypted: document.ErrEncrypted, reasonUnreadable: document.ErrDamaged, reasonTooLarge: document.ErrTooLarge, reasonDemanding: document.ErrDemanding,
	} {
		r, err := submit(t, withReader(&sheets{cause}, nil), m{"documents": []m{text("b", "fine"), fileOf("application/pdf", aPDF)}, "policies": policies("pii")}, dpp.USD)
		if err != nil || r.data.Documents[1].Reason != reason || r.data.Verdict != verdictReview {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

// spelled is a reader of scans of one line of these words.
type spelled struct {
	sheets
	words []string
}

func (s *spelled) Image(context.Context, []byte, int, document.OCR) (*document.Reading, error) {
	var line tesseract.Line
	for _, word := range s.words {
		line.Words = append(line.Words, tesseract.Word{Text: word, Confidence: 0.9})
	}
	return &document.Reading{Page: &tesseract.Page{Blocks: []tesseract.Block{{Paragraphs: []tesseract.Paragraph{{Lines: []tesseract.Line{line}}}}}}}, nil
}

// Engines break addresses at their @: they are found and masked all the same.
func TestAddressesThatOCRBreaks(t *testing.T) {
	for _, words := range [][]string{{"To", "jo", "@example.org", "now"}, {"To", "jo@", "example.org", "now"}, {"To", "jo", "@", "example.org", "now"}, {"To", "jo@example.org", "now"}} {
		r, err := submit(t, withReader(&spelled{words: words}, &document.Engine{Languages: []string{"eng"}}), m{"documents": []m{fileOf("image/png", aPNG)}, "policies": policies("pii"), "redact": true}, dpp.USD)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.data.Findings) != 1 || r.data.Findings[0].Location.Start != 3 || r.files["redacted-1.txt"] != "To xxxx@xxxx.xx now\n" || r.data.Documents[0].MediaType != "image/png" {
			t.Errorf("%q: %+v, %q", words, r.data.Findings, r.files["redacted-1.txt"])
		}
	}
}
