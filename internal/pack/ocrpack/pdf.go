package ocrpack

import (
	"context"
	"errors"
	"time"

	"dpp/internal/document"
	"dpp/internal/document/layer"
	"dpp/internal/document/picture"
	"dpp/internal/pack"
)

const (
	// layerPages is how many pages' text layers are read at once.
	layerPages = 25
	// layerDPI and ocrDPI are the resolutions of boxes, and of what OCR reads.
	layerDPI = 200
	ocrDPI   = 300
)

// pdf reads the pages of a PDF document, some at once: those with a text layer by that, the
// others by OCR.
func (r *run) pdf(ctx context.Context, s *state) {
	for next := 0; !s.opened || next < len(s.wanted); {
		if r.stopped(ctx) {
			return
		}
		asked := r.ask(s, next)
		holds := r.holdLayers(len(asked))
		if len(holds) == 0 {
			return
		}
		began := time.Now()
		layers, err := r.pack.reader.Layers(ctx, s.content, document.LayerOptions{
			Pages: asked[:len(holds)], DPI: layerDPI, Words: true, Chars: document.MaxChars,
		})
		release(holds) // each page pays for what it turns out to be
		if err != nil {
			r.noLayers(ctx, s, next, err)
			return
		}
		if !s.opened && !r.want(s, layers.PageCount) {
			return
		}
		if len(layers.Pages) == 0 {
			r.unread(ctx, s, next, began, document.ErrDemanding) // there was no time for one page
			next++
			continue
		}
		n := r.layers(ctx, s, next, layers)
		if next += n; n < len(layers.Pages) {
			return
		}
	}
}

// ask are the pages that come next. Of a document that nobody has looked into they are the
// first ones that are asked for.
func (r *run) ask(s *state, next int) []int {
	if s.opened {
		return s.wanted[next:min(next+layerPages, len(s.wanted))]
	}
	ranges := r.in.Files[s.index].ranges
	if len(ranges) == 0 {
		ranges = []pageRange{{1, layerPages}}
	}
	pages := listPages(ranges)
	return pages[:min(len(pages), layerPages)]
}

// holdLayers keeps room for n pages while their layers are read, or for as many as there is
// room for.
func (r *run) holdLayers(n int) (holds []*pack.Hold) {
	for range n {
		hold, err := r.meter.Reserve(pack.Quantity{Unit: unitLayer, Quantity: 1})
		if err != nil && len(holds) == 0 {
			hold = r.reserve(unitLayer) // says why there is none
		}
		if hold == nil {
			break
		}
		holds = append(holds, hold)
	}
	return holds
}

func release(holds []*pack.Hold) {
	for _, hold := range holds {
		hold.Release()
	}
}

// noLayers ends a document whose text layers could not be read from a page on.
func (r *run) noLayers(ctx context.Context, s *state, next int, err error) {
	if ctx.Err() != nil {
		return
	}
	p := meaning(ctx, err)
	if p == nil {
		p = notRead()
	}
	switch {
	case errors.Is(err, document.ErrNoPages):
		r.refuse(s, problem(reasonNoPages, "The document has no pages.", "Send a document that has pages."))
	case !s.opened:
		r.refuse(s, p)
	default:
		for k := next; k < len(s.wanted); k++ {
			r.finish(s, k, &Page{Number: s.wanted[k], Error: p})
		}
	}
}

// layers goes through pages in their order, and tells of how many it took care.
func (r *run) layers(ctx context.Context, s *state, next int, got *document.Layers) int {
	for i := range got.Pages {
		k := next + i
		if k >= len(s.wanted) || got.Pages[i].Number != s.wanted[k] {
			r.fail(errors.New("ocrpack: a page came that was not asked for"))
			return i
		}
		if !r.layer(ctx, s, k, &got.Pages[i]) {
			return i
		}
	}
	return len(got.Pages)
}

// layer takes care of one page. It tells whether the run goes on.
func (r *run) layer(ctx context.Context, s *state, k int, l *document.Layer) bool {
	switch {
	case l.TooLarge:
		r.finish(s, k, &Page{Number: l.Number, Error: pageSize()})
	case l.Unreadable:
		r.finish(s, k, &Page{Number: l.Number, Error: problem(reasonPage, "The page is broken.", "Save the document again and send that.")})
	case l.Blank, l.Judgement.Verdict == layer.Good:
		r.give(ctx, s, k, l)
	default:
		var notes []string
		if l.Judgement.Verdict == layer.Garbage {
			notes = append(notes, noteGarbage+string(l.Judgement.Reason))
		}
		return r.start(ctx, s, k, func(ctx context.Context) (*Content, error) {
			content, err := r.drawn(ctx, s, k)
			if err == nil {
				content.Notes = append(notes, content.Notes...)
			}
			return content, err
		})
	}
	return !r.stopped(ctx)
}

// give makes a page of its text layer, and pays for it.
func (r *run) give(ctx context.Context, s *state, k int, l *document.Layer) {
	hold := r.reserve(unitLayer)
	if hold == nil {
		return
	}
	defer hold.Release()
	content, err := guarded(func() (*Content, error) { return r.fromLayer(ctx, s, k, l) })
	if err != nil || ctx.Err() != nil {
		r.unread(ctx, s, k, time.Now(), err)
		return
	}
	r.settle(hold, unitLayer)
	r.finish(s, k, &Page{Number: l.Number, Content: content})
}

// drawn reads a page of a document as a picture.
func (r *run) drawn(ctx context.Context, s *state, k int) (*Content, error) {
	g, err := r.pack.reader.Render(ctx, s.content, s.wanted[k], ocrDPI)
	if err != nil {
		return nil, err
	}
	reading, err := r.pack.reader.Picture(ctx, g, r.how())
	if err != nil {
		return nil, err
	}
	return r.fromOCR(ctx, s, k, reading, func() (*picture.Gray, error) { return g, nil })
}
