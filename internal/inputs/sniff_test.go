package inputs_test

import (
	"bytes"
	"mime"
	"strings"
	"testing"

	"dpp/internal/inputs"
)

var gif, jpeg, zip = "GIF89a\x01\x00\x01\x00\x00\x00\x00;", "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01", "PK\x03\x04\x14\x00\x00\x00\x08\x00"

const (
	website = "<!DOCTYPE html><html><head><title>x</title></head><body>y</body></html>"
	table   = "a,b,c\n1,2,3\n4,5,6\n"
)

func TestTypeOf(t *testing.T) {
	for _, c := range []struct{ content, declared, want string }{
		// Signatures count, whatever was declared.
		{string(pdf), "", "application/pdf"},
		{string(pdf), "text/plain", "application/pdf"},
		{"\xef\xbb\xbf\n" + string(pdf), "text/plain", "application/pdf"},
		{string(pdf) + "\xe2\xe3\xcf\xd3", "image/png", "application/pdf"},
		{string(png), "text/csv", "image/png"},
		{jpeg, "", "image/jpeg"},
		{gif, "application/json", "image/gif"},
		{zip, "", "application/zip"},
		{"%!PS-Adobe-3.0\n", "text/plain", "application/postscript"},
		{"\x00\x01\x02\x03\x04", "text/plain", "application/octet-stream"},
		{"a,b\n1,\x002\n", "text/csv", "application/octet-stream"},
		{strings.Repeat("a", 5000) + "\x00", "text/plain", "application/octet-stream"},
		// Text is what it was declared as.
		{table, "text/csv", "text/csv"},
		{table, "text/csv; charset=utf-8; header=present", "text/csv"},
		{table, "TEXT/CSV", "text/csv"},
		{table, "application/csv", "text/csv"},
		{table, "text/plain", "text/plain"},
		{table, "text/markdown", "text/markdown"},
		{table, "", "text/plain"},
		{table, "application/pdf", "text/plain"},
		{"# Title\n\ntext", "text/markdown; variant=GFM", "text/markdown"},
		{"<h1>Title</h1>\n\n*text*", "text/markdown", "text/markdown"},
		{"{\"a\":1}\n{\"a\":2}\n", "application/x-ndjson", "application/x-ndjson"},
		{"{\"a\":1}\n{\"a\":2}\n", "application/jsonl", "application/x-ndjson"},
		{"a\tb\n", "text/tab-separated-values", "text/tab-separated-values"},
		{"x = 1\n", "text/x-python", "text/plain"},
		{"caf\xe9;1\n", "text/csv", "text/csv"}, // an older character set
		{"\xff\xfea\x00,\x00b\x00", "text/csv", "text/csv"},
		// JSON is so if it is well-formed, HTML and XML where they look so.
		{`{"a":[1,2]}`, "application/json", "application/json"},
		{`{"a":[1,2]}`, "application/geo+json", "application/json"},
		{`{"a":[1,2]}`, "", "application/json"},
		{`  [1]`, "application/octet-stream", "application/json"},
		{`{"a":[1,2`, "application/json", "text/plain"},
		{`{"a":1,"a":2}`, "application/json", "text/plain"},
		{`12`, "application/json", "application/json"},
		{`12`, "", "text/plain"},
		{website, "", "text/html"},
		{website, "text/plain", "text/plain"},
		{"<p>a piece", "text/html", "text/html"},
		{`<?xml version="1.0"?><a/>`, "application/xml", "text/xml"},
		{`<?xml version="1.0"?><a/>`, "", "text/xml"},
		{`<svg xmlns="http://www.w3.org/2000/svg"></svg>`, "", "image/svg+xml"},
		{`{\rtf1 text}`, "text/rtf", "text/rtf"},
		{`{\rtf1 text}`, "application/json", "text/rtf"},
		// Short signatures that words begin with are none.
		{"BMW sells cars, and has done so for a while.", "", "text/plain"},
		{"MZ is a signature", "text/plain", "text/plain"},
		{"ID3 tags", "", "text/plain"},
		{"GIF89a is a format", "text/markdown", "text/markdown"},
		{"What begins with %PDF- is a PDF.", "", "text/plain"},
		{"", "", "text/plain"},
		{"x", "no type at all", "text/plain"},
		{"x", ";;;", "text/plain"},
	} {
		if got := inputs.TypeOf([]byte(c.content), c.declared); got != c.want {
			t.Errorf("%.30q as %q: %s, want %s", c.content, c.declared, got, c.want)
		}
	}
}

// FuzzTypeOf holds that every content has a type, the same each time; that it is
// one of text only for what can be text; and that what somebody declares changes it to
// nothing but another type of text.
func FuzzTypeOf(f *testing.F) {
	for _, seed := range []string{string(pdf), string(png), jpeg, gif, zip, website, table, `{"a":1}`, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "\x00", "ID3\x04", "\xff\xfb\x90"} {
		f.Add([]byte(seed), "text/csv")
		f.Add([]byte(seed), "application/pdf")
	}
	text := map[string]bool{
		"text/plain": true, "text/csv": true, "text/tab-separated-values": true, "text/markdown": true, "application/x-ndjson": true, "application/json": true,
		"text/html": true, "application/xhtml+xml": true, "text/xml": true, "image/svg+xml": true, "text/rtf": true,
	}
	f.Fuzz(func(t *testing.T, content []byte, declared string) {
		own, got := inputs.TypeOf(content, ""), inputs.TypeOf(content, declared)
		if base, params, err := mime.ParseMediaType(got); err != nil || base != got || len(params) > 0 {
			t.Errorf("%q is no plain media type", got)
		}
		if got != inputs.TypeOf(bytes.Clone(content), declared) {
			t.Error("another type the second time")
		}
		if own != got && (!text[own] || !text[got]) {
			t.Errorf("%s became %s as %q", own, got, declared)
		}
	})
}
