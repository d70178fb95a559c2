package compliancepack

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"dpp/internal/pack/compliancepack/redact"
	"dpp/internal/pack/compliancepack/rule"
)

// Whatever a document is, places lie within it and nothing panics.
func FuzzDocument(f *testing.F) {
	for _, seed := range []string{
		`{"a":"jo\u0040example.org","b":[1,{"c":null}]}`, "a: &x [1, *x]\nb: {<<: *x}\n---\nc: \"jo\\x40example.org\"\n", "<p>jo<b>@</b>example.org &#64; &amp;<!-- x --><script>a</script>",
		"plain jo@example.org 4111 1111 1111 1111\r\nsecond\fthird", "\\ud83d\\ude00 &#x1F600; é 한국", `{"a":`, "a: b: c", "<", "&", "\\u12",
	} {
		for kind := range uint8(5) {
			f.Add(seed, kind)
		}
	}
	p := shared()
	known, err := p.catalogue()
	if err != nil {
		f.Fatal(err)
	}
	made, err := known.plan(&request{Policies: []askedPolicy{{ID: "pii"}, {ID: "secrets"}}})
	if err != nil {
		f.Fatal(err)
	}
	k, err := newKeys([]byte("secret"), tenant)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, given string, kind uint8) {
		if len(given) > 10_000 {
			return
		}
		text, form := strings.ToValidUTF8(given, "\uFFFD"), format(kind%5)
		views := []view{sourceView(text, form), visibleView(text), joinedView(text)}
		s := &scanner{plan: made, secrets: known.scanner, names: k.names}
		found := s.scan(t.Context(), "a", views...)
		st := parse(t.Context(), text, form)
		offsets := make([]int, 0, len(found.hits))
		places := newLocator(text, kind%2 == 0)
		points := utf8.RuneCountInString(text)
		for _, h := range found.hits {
			if h.start < 0 || h.start >= h.end || h.end > len(text) || !utf8.RuneStart(text[h.start]) || h.end < len(text) && !utf8.RuneStart(text[h.end]) {
				t.Fatalf("%+v in %d bytes", h, len(text))
			}
			if p := places.locate(h.start, h.end); p.Line < 1 || p.Column < 1 || p.Start >= p.End || p.End > points || p.endLine < p.Line {
				t.Fatalf("%+v of %d", p, points)
			}
			excerpt(text, found.spans, h.start, h.end)
			offsets = append(offsets, h.start)
		}
		if st.pointers != nil && len(st.pointers(t.Context(), found.spans, offsets)) != len(offsets) {
			t.Fatal("pointers are missing")
		}
		if redacted := redact.Redact(text, found.spans, redact.Text); !utf8.ValidString(redacted) {
			t.Fatal("the copy is no text")
		}
	})
}

// Whatever an expression is, it is refused with a place or says something of a document.
func FuzzRule(f *testing.F) {
	for _, seed := range []string{"true", "text.contains('a')", "doc.a[0] > 1", "lines.exists(l, l.size() > 3)", "pii(text).size() > 0", "near('a', 'b', 3)", "json_path(doc, '$..a')", "1 +", "'"} {
		f.Add(seed)
	}
	l, err := rule.New()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		compiled, err := l.Compile(expression)
		if err != nil {
			if explain(err) == "The expression cannot be used." {
				t.Fatalf("%v has no place", err)
			}
			return
		}
		k := &check{violated: compiled}
		if _, err := k.judge(t.Context(), rule.Document{Text: "a text\nof two lines", Doc: map[string]any{"a": []any{int64(1)}}, Name: "n"}); err != nil {
			t.Fatal(err)
		}
	})
}

// What nobody sealed is not opened.
func FuzzSealed(f *testing.F) {
	k, err := newKeys([]byte("secret"), tenant)
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := k.sealText([]byte(`{"text":"x"}`), 1)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add("AQAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, given string) {
		_, _ = sealedNumber(given)
		if text, err := k.unseal(given); err == nil && string(text) != `{"text":"x"}` {
			t.Fatalf("%q was opened", text)
		}
	})
}

// The way back from a view leads to where its parts stand.
func FuzzViews(f *testing.F) {
	f.Add(`a\u0040b\\c\"d`, uint8(3))
	f.Add("<p>a&#64;b</p>", uint8(2))
	f.Add("a @ b@ @ c @", uint8(0))
	f.Fuzz(func(t *testing.T, given string, kind uint8) {
		text := strings.ToValidUTF8(given, "\uFFFD")
		for _, v := range []view{sourceView(text, format(kind%5)), visibleView(text), joinedView(text)} {
			before := 0
			for at := range v.text {
				start, end := v.start(at), v.end(at)
				if start < before || start > len(text) || end > len(text) {
					t.Fatalf("offset %d is from %d to %d of %d, after %d", at, end, start, len(text), before)
				}
				before = start
			}
			if v.end(len(v.text)) > len(text) {
				t.Fatal("it ends behind the document")
			}
		}
	})
}

// Whatever the bytes of a file are, what is read of them is text, and says so where it is not
// what stood there.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("caf\xe9 jo@example.org"), "text/plain; charset=iso-8859-1")
	f.Add([]byte("\xff\xfea\x00@\x00"), "text/plain")
	f.Add([]byte("<meta charset=euc-kr>\xb0\xa1\x80"), "text/html")
	f.Add([]byte("\xef\xbb\xbf{}"), "application/json")
	f.Fuzz(func(t *testing.T, content []byte, mediaType string) {
		text, notes := decode(content, mediaType)
		if !utf8.ValidString(text) {
			t.Fatalf("%q is no text", text)
		}
		if strings.ContainsRune(text, '\uFFFD') && !slices.Contains(notes, noteDamaged) {
			t.Fatalf("%q, and %v", text, notes)
		}
		if c, err := fromText(text, "a", "", mediaType); err == nil {
			views, _ := c.views()
			for _, v := range views {
				if v.end(len(v.text)) > len(text) {
					t.Fatal("a view ends behind the document")
				}
			}
		}
	})
}
