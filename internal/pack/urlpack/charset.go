package urlpack

import (
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
)

// decoded is a body as text.
type decoded struct {
	text    string
	charset string
	guessed bool // nothing declared the character set
	damaged int  // characters that could not be read
}

// decodeText reads a body in the character set that it declares, by byte order
// mark, header or page, or else the likeliest one.
func decodeText(body []byte, contentType string) decoded {
	enc, name, certain := charset.DetermineEncoding(body, contentType)
	guessed := !certain && !declares(body, name)
	if guessed && utf8.Valid(body) {
		enc, name = encoding.Nop, "utf-8"
	}
	d := decoded{charset: name, guessed: guessed && !isPlainASCII(body)}
	raw := body
	if name != "utf-8" {
		if converted, err := enc.NewDecoder().Bytes(body); err == nil {
			raw = converted
		}
	}
	text := strings.TrimPrefix(strings.ToValidUTF8(string(raw), "\uFFFD"), "\uFEFF")
	d.damaged = strings.Count(text, "\uFFFD")
	d.text = text
	return d
}

// declares tells whether the page itself names the character set that was found
// in it: the finder reports a guess and a declaration in the page alike.
func declares(body []byte, name string) bool {
	head := strings.ToLower(string(body[:min(len(body), 1024)]))
	i := strings.Index(head, "charset")
	if i < 0 {
		return false
	}
	rest := strings.TrimLeft(head[i+len("charset"):], " =\"'")
	end := strings.IndexAny(rest, " \"'/>;")
	if end < 0 {
		return false
	}
	_, canonical := charset.Lookup(rest[:end])
	return canonical == name
}

func isPlainASCII(body []byte) bool {
	for _, c := range body {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// mediaType is the type without its parameters, in lower case.
func mediaType(contentType string) string {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind, _, _ = strings.Cut(contentType, ";")
	}
	return strings.ToLower(strings.TrimSpace(kind))
}
