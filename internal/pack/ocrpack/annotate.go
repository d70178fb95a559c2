package ocrpack

import (
	"fmt"
	"image/color"

	"dpp/internal/document/picture"
	"dpp/internal/document/tesseract"
	"dpp/internal/pack"
)

// Bounds of annotated pages.
const (
	annotatedSide = 1_000 // pixels
	maxAnnotated  = 20    // pages of a run, the first ones
	maxShelf      = 16 * mib
	// lookSide and lookDPI are the size in which pages are looked at.
	lookSide = 2_000
	lookDPI  = 100
)

// The colours of boxes: green, amber, red, blue, violet.
var (
	colourSure   = color.NRGBA{0, 150, 70, 255}
	colourDoubt  = color.NRGBA{230, 140, 0, 255}
	colourBad    = color.NRGBA{210, 0, 0, 255}
	colourFound  = color.NRGBA{0, 90, 230, 255}
	colourUnread = color.NRGBA{150, 0, 170, 255}
)

// Confidences from which on a word has the colour of one that is sure, or of one in doubt.
const (
	lookSure  = 0.95
	lookDoubt = doubtful
)

// annotates tells whether a page is shown, too: the first ones of a run are.
func (r *run) annotates(s *state, k int) bool { return r.in.annotate() && s.before+k < maxAnnotated }

// annotate makes a picture of a page with its words. A page that cannot be shown is only not
// shown.
func (r *run) annotate(s *state, k int, c *Content, page *tesseract.Page, look func() (*picture.Gray, error)) {
	if !r.annotates(s, k) {
		return
	}
	g, err := look()
	if err == nil {
		c.picture, err = picture.Preview(g, c.Width, marks(c, page), annotatedSide)
	}
	if err != nil {
		c.Notes = append(c.Notes, noteRaw)
		return
	}
	c.Annotated = fmt.Sprintf("page-%d-%d.png", s.index, s.wanted[k])
}

// marks are the boxes that are drawn, those that matter most last.
func marks(c *Content, page *tesseract.Page) (all []picture.Mark) {
	for _, word := range page.Words() {
		m := picture.Mark{Box: word.Box, Color: colourBad}
		switch {
		case word.Confidence >= lookSure:
			m.Color = colourSure
		case word.Confidence >= lookDoubt:
			m.Color = colourDoubt
		}
		all = append(all, m)
	}
	for _, region := range c.Unreadable {
		all = append(all, picture.Mark{Box: region.Box, Color: colourUnread})
	}
	for _, f := range c.finds {
		all = append(all, picture.Mark{Box: f.Box, Color: colourFound, Filled: true})
	}
	return all
}

// shelve turns the pictures of pages, in their order, into artifacts, as far as there is room.
func shelve(pages []*Page) (kept []pack.Artifact, left []pack.Discard) {
	bytes := 0
	for _, p := range pages {
		if p.Content == nil || p.Annotated == "" {
			continue
		}
		if bytes += len(p.picture); bytes > maxShelf {
			left = append(left, pack.Discard{
				Item: p.Annotated, Reason: "ARTIFACT_LEFT_OUT", Detail: fmt.Sprintf("A run keeps annotated pages of at most %d MiB.", maxShelf/mib),
			})
			bytes -= len(p.picture)
			p.Annotated = ""
			continue
		}
		kept = append(kept, pack.Artifact{Name: p.Annotated, MediaType: "image/png", Content: p.picture})
	}
	return kept, left
}
