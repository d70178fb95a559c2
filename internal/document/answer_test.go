package document

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
)

func TestDates(t *testing.T) {
	at := func(month time.Month, day, hour, minute, second int) time.Time {
		return time.Date(2026, month, day, hour, minute, second, 0, time.UTC)
	}
	for text, want := range map[string]time.Time{
		"D:20261123071412Z":        at(11, 23, 7, 14, 12),
		"D:20261123071412Z00'00'":  at(11, 23, 7, 14, 12),
		"D:20261123071412+09'00'":  at(11, 22, 22, 14, 12),
		"D:20261123071412+09'00":   at(11, 22, 22, 14, 12),
		"D:20261123071412-05":      at(11, 23, 12, 14, 12),
		"20261123071412+09:00":     at(11, 22, 22, 14, 12),
		" D:20261123 ":             at(11, 23, 0, 0, 0),
		"D:2026":                   at(1, 1, 0, 0, 0),
		"D:202611":                 at(11, 1, 0, 0, 0),
		"":                         {},
		"D:":                       {},
		"D:20261323":               {},
		"D:2026112307141":          {},
		"D:202611230714120":        {},
		"D:0000":                   {},
		"yesterday":                {},
		"D:20261123071412+99'99'":  {},
		"2026-11-23T07:14:12Z":     {},
		"D:２０２６":                   {},
		strings.Repeat("1", 1<<16): {},
	} {
		if got := parseDate(text); !got.Equal(want) || got.IsZero() != want.IsZero() {
			t.Errorf("%.40q: %v, want %v", text, got, want)
		}
	}
}

func FuzzDate(f *testing.F) {
	f.Add("D:20261123071412+09'00'")
	f.Add("D:2026Z")
	f.Fuzz(func(t *testing.T, text string) {
		if got := parseDate(text); !got.IsZero() && (got.Year() < 0 || got.Year() > 10_000) {
			t.Errorf("%q is in the year %d", text, got.Year())
		}
	})
}

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"a\r\nb\rc\n\nd":          "a\nb\nc\n\nd",
		" a\tb\x00\x1b[2J\u0085 ": "a b[2J",
		"infor\ufffemal":          "informal",
		"bad\xff\xfe bytes":       "bad bytes",
		"대한민국":                    "대한민국",
		"1234567890123":           "1234567890",
	} {
		if got := clean(text, 10, '\n'); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := clean("a\r\nb", 10, ' '); got != "a b" {
		t.Errorf("on one line: %q", got)
	}
}

// FuzzAnswer: whatever a child says it has read, what comes out is what was asked for.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"outcome":"read","page_count":2,"pages":[{"text":"one"},{"text":"two\r\n","unreadable":true}],"cut":"chars","title":"t"}`), 2, 5)
	f.Add([]byte(`{"outcome":"read","page_count":-1,"pages":[{},{},{}],"cut":"nonsense","title":"\u0000\u001b[2J"}`), 1, 0)
	f.Fuzz(func(t *testing.T, body []byte, pages, chars int) {
		asked := PDFOptions{Pages: pages, Chars: chars}.request(t.Context())
		var answer pdfAnswer
		if json.Unmarshal(body, &answer) != nil {
			return
		}
		p := answer.document(asked)
		got := utf8.RuneCountInString(p.Title + p.Author)
		if p.PageCount < 0 || len(p.Pages) > asked.Pages || got > 2*maxTag {
			t.Fatalf("%d pages of %d, %d characters about it", len(p.Pages), p.PageCount, got)
		}
		all, texts := 0, []string{p.Title, p.Author}
		for i, page := range p.Pages {
			if page.Number != i+1 {
				t.Fatalf("page %d is number %d", i+1, page.Number)
			}
			all += utf8.RuneCountInString(page.Text)
			texts = append(texts, page.Text)
		}
		if all > asked.Chars {
			t.Fatalf("%d characters, %d were asked for", all, asked.Chars)
		}
		for _, text := range texts {
			if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
				t.Fatalf("%q", text)
			}
		}
	})
}
