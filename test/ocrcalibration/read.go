package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"dpp/internal/document"
	"dpp/internal/document/picture"
	"dpp/internal/document/picturetest"
	"dpp/internal/document/tesseract"
	"dpp/internal/sandbox"
)

// sheet is a page whose text is known.
type sheet struct {
	name, language string
	words          []string
	g              *picture.Gray
}

// sample is what came of one reading.
type sample struct {
	Page     string    `json:"page"`
	Way      string    `json:"way"`
	Coverage float64   `json:"coverage"`
	Truth    int       `json:"truth"` // words of the page
	Words    []reading `json:"words"`
}

// reading is a word that was read.
type reading struct {
	Confidence float64 `json:"confidence"` // the engine's own
	Chars      int     `json:"chars"`
	Right      bool    `json:"right"`
}

// sheetsIn are the pages of a folder of truth whose truth covers all of them, and one that
// is drawn.
func sheetsIn(dir string) ([]sheet, error) {
	var all []sheet
	for _, file := range []struct{ page, text string }{
		{"ocr/01_letter_300.png", "ocr/01_letter_300.gt.txt"},
		{"ocr/03_invoice_300.png", "ocr/03_invoice_300.gt.txt"},
		{"ocr/05_contract_300.png", "ocr/05_contract_300.gt.txt"},
		{"ocr/08_kor_300.png", "ocr/08_kor_300.gt.txt"},
		{"ocr_real/phototest.tif", "ocr_real/phototest.gold.txt"},
	} {
		content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file.page)))
		if err != nil {
			return nil, err
		}
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file.text)))
		if err != nil {
			return nil, err
		}
		g, err := picture.Decode(content, 1)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file.page, err)
		}
		if g.DPI == 0 {
			g.DPI = 300
		}
		s := sheet{name: filepath.Base(file.page), language: document.DefaultLanguage, words: wordsOf(string(text)), g: g}
		if strings.Contains(s.name, "kor") {
			s.language = "kor"
		}
		all = append(all, s)
	}
	const dpi = 300
	lines := append(picturetest.Letter(), picturetest.Letter()...)
	m := picturetest.Page(dpi, lines...)
	drawn := &picture.Gray{Width: m.Rect.Dx(), Height: m.Rect.Dy(), DPI: dpi, Pix: m.Pix}
	return append(all, sheet{name: "drawn", language: document.DefaultLanguage, words: wordsOf(strings.Join(lines, " ")), g: drawn}), nil
}

// read reads all pages in all ways with the program that is installed, and with the engine
// that is built in, where there are these. What there is so far goes to save after each page.
func read(ctx context.Context, dir string, log io.Writer, save func([]sample) error) ([]sample, error) {
	sheets, err := sheetsIn(dir)
	if err != nil {
		return nil, err
	}
	program, err := tesseract.FindProgram(ctx)
	if err != nil && !errors.Is(err, tesseract.ErrNoProgram) {
		return nil, err
	}
	var programs []*tesseract.Program
	if program != nil {
		programs = append(programs, program)
	}
	if len(tesseract.BuiltIn()) > 0 {
		programs = append(programs, nil)
	}
	var all []sample
	for _, s := range sheets {
		for _, p := range programs {
			more, err := readWith(ctx, s, p, log)
			if err == nil {
				all = append(all, more...)
				err = save(all)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// readWith reads a page in all ways with one engine; nil is the one that is built in.
func readWith(ctx context.Context, s sheet, program *tesseract.Program, log io.Writer) (all []sample, err error) {
	if program != nil && !slices.Contains(program.Languages(), s.language) {
		return nil, nil
	}
	const patience = 10 * time.Minute
	opts := sandbox.Options{Children: 1, CPU: patience, Wall: patience, Start: patience}
	if program != nil {
		opts.Readable = program.Readable()
	}
	pool := sandbox.New(opts)
	defer func() { err = errors.Join(err, pool.Close()) }()
	documents := document.New(pool).WithPrograms(pool)
	for _, w := range ways() {
		g, err := w.do(s.g)
		if err != nil {
			return nil, fmt.Errorf("%s, %s: %w", s.name, w.name, err)
		}
		got, err := documents.Picture(ctx, g, document.OCR{Languages: []string{s.language}, Program: program, Time: time.Minute})
		if errors.Is(err, document.ErrDemanding) {
			_, _ = fmt.Fprintf(log, "%s, %s: %v\n", s.name, w.name, err)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s, %s: %w", s.name, w.name, err)
		}
		all = append(all, sampleOf(s, w, got))
		_, _ = fmt.Fprintf(log, "%s, %s: %d words of %d, coverage %.2f, confidence %.2f\n",
			s.name, w.name, len(got.Page.Words()), len(s.words), got.Coverage, got.Page.Confidence())
	}
	return all, nil
}

func sampleOf(s sheet, w way, got *document.Reading) sample {
	out := sample{Page: s.name, Way: w.name, Coverage: got.Coverage, Truth: len(s.words)}
	words := got.Page.Words()
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = strings.Join(wordsOf(word.Text), "")
	}
	for i, right := range matched(s.words, texts) {
		out.Words = append(out.Words, reading{Confidence: words[i].Confidence, Chars: len([]rune(texts[i])), Right: right})
	}
	return out
}
