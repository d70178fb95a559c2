package document_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dpp/internal/document"
	"dpp/internal/sandbox"
)

// TestMutilatedDocumentsEnd: whatever is done to a document, it is read as far as it can
// be, or there is a clear error; and the next one is read.
func TestMutilatedDocumentsEnd(t *testing.T) {
	whole := [][]byte{
		pages("", about, show("(Hello,)", "(world.)"), show("(Page two)")),
		korean("대한민국 헌법"),
		sheet(letterBox, 90, "q 500 0 0 700 50 50 cm /X Do Q BT /B 24 Tf 72 700 Td (Big title) Tj ET"),
		scan([]string{"The quick brown fox"}, "BT 3 Tr /F 11 Tf 36 30 Td (The quick brown fox) Tj ET"),
	}
	p := sandbox.New(sandbox.Options{Children: 1, CPU: 5 * time.Second, Start: patience, Memory: 4 << 30, Cache: cache})
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	d := document.New(p)
	rapid.Check(t, func(rt *rapid.T) {
		content := mutilated(rt, whole)
		got, err := d.Layers(t.Context(), content, document.LayerOptions{Words: true})
		if err == nil && (got.PageCount < 1 || len(got.Pages) > got.PageCount) {
			rt.Errorf("%d pages of %d", len(got.Pages), got.PageCount)
		}
		g, drawErr := d.Render(t.Context(), content, 1, 50)
		if drawErr == nil && g.Check() != nil {
			rt.Errorf("drawn %d times %d", g.Width, g.Height)
		}
		for _, err := range []error{err, drawErr} {
			if err != nil && !errors.Is(err, document.ErrDamaged) && !errors.Is(err, document.ErrDemanding) && !errors.Is(err, document.ErrEncrypted) && !errors.Is(err, document.ErrTooLarge) {
				rt.Errorf("another error: %v", err)
			}
		}
	})
	if got, err := d.Layers(t.Context(), whole[0], document.LayerOptions{}); err != nil || got.Pages[0].Text != "Hello,\nworld." {
		t.Errorf("a whole one afterwards: %+v, %v", got, err)
	}
}

// mutilated is a document in which something is changed, cut out, repeated or put in from
// another one.
func mutilated(t *rapid.T, whole [][]byte) []byte {
	content := append([]byte(nil), rapid.SampledFrom(whole).Draw(t, "document")...)
	for range rapid.IntRange(1, 8).Draw(t, "changes") {
		at := rapid.IntRange(0, len(content)-1).Draw(t, "at")
		end := min(at+rapid.IntRange(1, 200).Draw(t, "length"), len(content))
		switch rapid.IntRange(0, 4).Draw(t, "change") {
		case 0:
			content[at] = rapid.Byte().Draw(t, "byte")
		case 1:
			content = append(content[:at:at], content[end:]...)
		case 2:
			content = append(content[:end:end], content[at:]...)
		case 3:
			copy(content[at:end], rapid.SampledFrom(whole).Draw(t, "other"))
		default:
			number := rapid.SampledFrom([]string{"0", "-1", "2147483648", "99999999999999999999", "1e9", "3 0 R", "2 0 R", "null", "[", "<<"}).Draw(t, "number")
			content = append(content[:at:at], append([]byte(number), content[at:]...)...)
		}
		if len(content) == 0 {
			return []byte("%PDF-1.7")
		}
	}
	return content
}
