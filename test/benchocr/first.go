package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"dpp/internal/document"
	"dpp/internal/document/pdftest"
	"dpp/internal/document/tesseract"
	"dpp/internal/sandbox"
)

// firsts are what the first results of a process take, and what documents with text do.
type firsts struct{ rows []first }

type first struct {
	what string
	took time.Duration
	used usage
}

// firstResults measures what is done once, from nothing compiled on, and leaves the cache
// filled.
func firstResults(ctx context.Context, cache, truth string) (*firsts, error) {
	picture, err := os.ReadFile(filepath.Join(truth, "ocr", "01_letter_300.png"))
	if err != nil {
		return nil, err
	}
	short, err := os.ReadFile(filepath.Join(truth, "ocr", "15_letter_text.pdf"))
	if err != nil {
		return nil, err
	}
	read := func(d *document.Documents) error {
		_, err := d.Image(ctx, picture, 1, document.OCR{Time: time.Minute})
		return err
	}
	layers := func(content []byte) func(*document.Documents) error {
		return func(d *document.Documents) error {
			_, err := d.Layers(ctx, content, document.LayerOptions{Words: true})
			return err
		}
	}
	all := &firsts{}
	for _, step := range []struct {
		what    string
		picture bool
		do      func(*document.Documents) error
	}{
		{"a picture, nothing compiled", true, read},
		{"a picture, from the cache", true, read},
		{"a PDF page with text, nothing compiled", false, layers(short)},
		{"a PDF page with text, from the cache", false, layers(short)},
		{"a PDF document of 100 pages with text, every word with its place", false, layers(textPages(100))},
		{"a drawing of a PDF page with 300 pixels an inch", false, func(d *document.Documents) error {
			_, err := d.Render(ctx, short, 1, 300)
			return err
		}},
	} {
		if step.picture && len(tesseract.BuiltIn()) == 0 {
			continue
		}
		got, err := inNewPool(cache, step.do)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", step.what, err)
		}
		got.what = step.what
		all.rows = append(all.rows, got)
	}
	return all, nil
}

// inNewPool measures a job from the start of a pool on, whose children are watched.
func inNewPool(cache string, do func(*document.Documents) error) (f first, err error) {
	pool := sandbox.New(sandbox.Options{Children: 1, Cache: cache, CPU: 2 * time.Minute, Wall: 2 * time.Minute, Start: 2 * time.Minute})
	defer func() { err = errors.Join(err, pool.Close()) }()
	w := watchChildren()
	began := time.Now()
	err = do(document.New(pool))
	f.took = time.Since(began)
	f.used = w.stop()
	return f, err
}

// watching looks at children again and again, as those that are gone tell nothing.
type watching struct {
	done  chan struct{}
	ended sync.WaitGroup
	most  usage
}

func watchChildren() *watching {
	w := &watching{done: make(chan struct{})}
	w.ended.Go(func() {
		const often = 5 * time.Millisecond
		ticker := time.NewTicker(often)
		defer ticker.Stop()
		for {
			now := childrenUse()
			w.most = usage{user: max(w.most.user, now.user), peak: max(w.most.peak, now.peak)}
			select {
			case <-w.done:
				return
			case <-ticker.C:
			}
		}
	})
	return w
}

func (w *watching) stop() usage {
	close(w.done)
	w.ended.Wait()
	return w.most
}

func (f *firsts) table() string {
	var b strings.Builder
	b.WriteString("| first result of a new process | time | most memory of a child |\n|---|---:|---:|\n")
	for _, row := range f.rows {
		fmt.Fprintf(&b, "| %s | %.2f s | %d MiB |\n", row.what, row.took.Seconds(), row.used.peak>>20)
	}
	return b.String()
}

// textPages writes a document with so many pages of 2,000 characters.
func textPages(n int) []byte {
	line := "(" + strings.Repeat("four words of text, ", 4) + ") Tj T*\n"
	content := "BT /F 12 Tf 14 TL 72 720 Td\n" + strings.Repeat(line, 25) + "ET"
	const before = 4 // objects before the first page
	var kids strings.Builder
	for i := range n {
		fmt.Fprintf(&kids, "%d 0 R ", before+1+i)
	}
	objects := []string{
		"<</Type/Catalog/Pages 2 0 R>>", fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", n, kids.String()),
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>", pdftest.Stream("", content),
	}
	for range n {
		objects = append(objects, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F 3 0 R>>>>/Contents 4 0 R>>")
	}
	return pdftest.File("", objects...)
}
