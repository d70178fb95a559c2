package ocrpack

import (
	"context"
	"slices"

	"dpp"
	"dpp/internal/document"
	"dpp/internal/document/picture"
	"dpp/internal/document/tesseract"
	"dpp/internal/pack/ocrpack/layout"
	"dpp/internal/pack/ocrpack/trust"
)

// Notes of pages.
const (
	noteGarbage = "text_layer_refused: " // and why
	noteOver    = "text_layer_over_picture"
	noteInk     = "ink_without_text"
	noteDropped = "lines_left_out"
	noteRaw     = "picture_not_shown"
)

// fromLayer makes a page's content of its text layer.
func (r *run) fromLayer(ctx context.Context, s *state, k int, l *document.Layer) (*Content, error) {
	page := l.Page
	if page == nil {
		page = &tesseract.Page{}
	}
	sure := trust.Layer(l.Judgement.Sound, l.Images)
	mapWords(page, func(w *tesseract.Word) { w.Confidence = sure })
	c := &Content{
		Source: sourceLayer, Text: l.Text, Confidence: scoreOf(sure), Rotation: l.Rotation,
		Width: l.Width, Height: l.Height, DPI: layerDPI, Unreadable: []Region{},
	}
	if l.Blank {
		c.Confidence = dpp.FullScore
	} else if l.Images {
		c.Notes = append(c.Notes, noteOver)
	}
	if err := r.fill(ctx, s, k, c, page); err != nil {
		return nil, err
	}
	r.annotate(s, k, c, page, func() (*picture.Gray, error) {
		return r.pack.reader.Render(ctx, s.content, l.Number, lookDPI)
	})
	return c, nil
}

// fromOCR makes a page's content of what was read of its picture, which look shows, held as
// the file has it.
func (r *run) fromOCR(ctx context.Context, s *state, k int, reading *document.Reading, look func() (*picture.Gray, error)) (*Content, error) {
	page := reading.Page
	mapWords(page, func(w *tesseract.Word) { w.Confidence = trust.Word(w.Confidence) })
	sure, coverage := scoreOf(trust.Page(confidences(page), reading.Coverage)), scoreOf(reading.Coverage)
	dropped := leaveOut(page)
	c := &Content{
		Source: sourceOCR, Text: page.Text(), Confidence: sure, Rotation: reading.Rotation,
		Width: reading.Width, Height: reading.Height, DPI: reading.DPI, Coverage: &coverage, Unreadable: []Region{},
	}
	for _, box := range dropped {
		c.Unreadable = append(c.Unreadable, Region{box, regionDoubt})
	}
	if len(dropped) > 0 {
		c.Notes = append(c.Notes, noteDropped)
	}
	if err := r.fill(ctx, s, k, c, page); err != nil {
		return nil, err
	}
	if reading.Coverage >= wholeCoverage && !r.annotates(s, k) {
		return c, nil
	}
	g, err := look()
	if err != nil {
		c.Notes = append(c.Notes, noteRaw)
		return c, ctx.Err() // else the text is there all the same
	}
	g = g.Turn(reading.Rotation)
	if inks := inkBeside(g, page, float64(g.Width)/float64(max(reading.Width, 1))); len(inks) > 0 {
		c.Unreadable = append(c.Unreadable, inks...)
		c.Notes = append(c.Notes, noteInk)
	}
	slices.SortStableFunc(c.Unreadable, func(a, b Region) int { return a.Box[1] - b.Box[1] })
	r.annotate(s, k, c, page, func() (*picture.Gray, error) { return g, nil })
	return c, nil
}

// wholeCoverage is that of a page with nothing beside its words.
const wholeCoverage = 0.97

func mapWords(page *tesseract.Page, change func(*tesseract.Word)) {
	for b := range page.Blocks {
		for p := range page.Blocks[b].Paragraphs {
			for l := range page.Blocks[b].Paragraphs[p].Lines {
				words := page.Blocks[b].Paragraphs[p].Lines[l].Words
				for w := range words {
					change(&words[w])
				}
			}
		}
	}
}

func confidences(page *tesseract.Page) []float64 {
	var all []float64
	for _, word := range page.Words() {
		all = append(all, word.Confidence)
	}
	return all
}

// hopeless is the mean confidence of a line below which it says nothing: dirt and pictures
// that were taken for letters.
const hopeless = 0.15

// leaveOut takes hopeless lines off the page, and returns where they were.
func leaveOut(page *tesseract.Page) (boxes []tesseract.Box) {
	for b := range page.Blocks {
		block := &page.Blocks[b]
		for p := range block.Paragraphs {
			paragraph := &block.Paragraphs[p]
			paragraph.Lines = slices.DeleteFunc(paragraph.Lines, func(l tesseract.Line) bool {
				sum := 0.0
				for _, word := range l.Words {
					sum += word.Confidence
				}
				if sum >= hopeless*float64(len(l.Words)) {
					return false
				}
				boxes = append(boxes, l.Box)
				return true
			})
		}
		block.Paragraphs = slices.DeleteFunc(block.Paragraphs, func(p tesseract.Paragraph) bool { return len(p.Lines) == 0 })
	}
	page.Blocks = slices.DeleteFunc(page.Blocks, func(b tesseract.Block) bool { return len(b.Paragraphs) == 0 })
	return boxes
}

// fill adds the forms that were asked for, and what was looked for.
func (r *run) fill(ctx context.Context, s *state, k int, c *Content, page *tesseract.Page) error {
	if err := r.find(ctx, s, k, c, page); err != nil {
		return err
	}
	for _, word := range page.Words() {
		if word.Confidence < doubtful {
			c.doubts = append(c.doubts, Doubt{
				File: s.document.Name, Document: s.index, Page: s.wanted[k], Text: word.Text, Box: word.Box, Confidence: scoreOf(word.Confidence),
			})
		}
	}
	if r.in.wants("words") {
		c.Words = []Word{}
		for _, word := range page.Words() {
			c.Words = append(c.Words, Word{Text: word.Text, Box: word.Box, Confidence: scoreOf(word.Confidence)})
		}
	}
	if !r.in.wants("blocks") && !r.in.wants("markdown") {
		return nil
	}
	elements := layout.Analyze(page, c.DPI)
	if r.in.wants("markdown") {
		text := layout.Markdown(elements)
		c.Markdown = &text
	}
	if r.in.wants("blocks") {
		c.Blocks = []Block{}
		for _, e := range elements {
			c.Blocks = append(c.Blocks, Block{Kind: e.Kind, Level: e.Level, Text: e.Text, Rows: e.Rows, Box: e.Box, Confidence: scoreOf(meanOf(e.Words))})
		}
	}
	return nil
}

func meanOf(words []tesseract.Word) float64 {
	if len(words) == 0 {
		return 0
	}
	sum := 0.0
	for _, word := range words {
		sum += word.Confidence
	}
	return sum / float64(len(words))
}

// doubtful is the confidence below which a reader should look at a word.
const doubtful = 0.8

// find looks for what was asked for on a page.
func (r *run) find(ctx context.Context, s *state, k int, c *Content, page *tesseract.Page) error {
	if len(r.in.queries) == 0 {
		return nil
	}
	words := newSearch(page)
	for _, q := range r.in.queries {
		hits, err := words.find(ctx, q)
		if err != nil {
			return err
		}
		for _, h := range hits {
			f := words.found(q, h)
			f.File, f.Document, f.Page = s.document.Name, s.index, s.wanted[k]
			c.finds = append(c.finds, f)
		}
	}
	return nil
}
