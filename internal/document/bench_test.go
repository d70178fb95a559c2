package document_test

import (
	"slices"
	"strings"
	"testing"

	"dpp/internal/document"
	"dpp/internal/sandbox"
)

// BenchmarkFirst is the first document of a new child: cold, where the engine has to be
// compiled, and warm, where another child has done so.
func BenchmarkFirst(b *testing.B) {
	easy := pages("", "", show("(Hello)"))
	first := func(b *testing.B, folder func() string) {
		for b.Loop() {
			p := sandbox.New(sandbox.Options{Children: 1, Start: patience, Cache: folder()})
			if _, err := document.New(p).PDF(b.Context(), easy, document.PDFOptions{}); err != nil {
				b.Fatal(err)
			}
			if err := p.Close(); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("cold", func(b *testing.B) { first(b, b.TempDir) })
	b.Run("warm", func(b *testing.B) {
		if _, err := document.New(shared).PDF(b.Context(), easy, document.PDFOptions{}); err != nil {
			b.Fatal(err)
		}
		first(b, func() string { return cache })
	})
}

// BenchmarkPages is documents of 1 and of 100 pages, of 2,000 characters each, in a child
// that is warm.
func BenchmarkPages(b *testing.B) {
	page := show(slices.Repeat([]string{"(" + strings.Repeat("four words of text, ", 4) + ")"}, 25)...)
	d := document.New(shared)
	if _, err := d.PDF(b.Context(), pages("", "", page), document.PDFOptions{}); err != nil {
		b.Fatal(err)
	}
	for name, content := range map[string][]byte{"1": pages("", "", page), "100": pages("", "", slices.Repeat([]string{page}, 100)...)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := d.PDF(b.Context(), content, document.PDFOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLayers is the same 100 pages with every word's place, and pages that are drawn.
func BenchmarkLayers(b *testing.B) {
	page := show(slices.Repeat([]string{"(" + strings.Repeat("four words of text, ", 4) + ")"}, 25)...)
	content := pages("", "", slices.Repeat([]string{page}, 100)...)
	d := document.New(shared)
	if _, err := d.Layers(b.Context(), content, document.LayerOptions{Pages: []int{1}}); err != nil {
		b.Fatal(err)
	}
	b.Run("100", func(b *testing.B) {
		for b.Loop() {
			if got, err := d.Layers(b.Context(), content, document.LayerOptions{Words: true}); err != nil || len(got.Pages) != 100 {
				b.Fatalf("%v, %v", got, err)
			}
		}
	})
	b.Run("drawn", func(b *testing.B) {
		for b.Loop() {
			if _, err := d.Render(b.Context(), content, 50, 300); err != nil {
				b.Fatal(err)
			}
		}
	})
}
