package ocrpack

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"dpp"
	"dpp/internal/document"
	"dpp/internal/inputs"
	"dpp/internal/pack"
)

// The priced units, which pages are counted in as well.
const (
	unitLayer = "page_text_layer"
	unitOCR   = "page_ocr"
	unitPage  = "page"
)

// run is one execution. Its own goroutine takes pages in their order and pays for them;
// pages that OCR reads are read by others.
type run struct {
	pack  *Pack
	in    *request
	meter *pack.Meter
	slots chan struct{} // a token for each page that is being read
	busy  sync.WaitGroup

	states []*state
	budget int  // pages that may still be wanted
	spent  bool // the cost limit was reached

	mu    sync.Mutex
	done  int
	late  bool  // the timebox was too short for a page
	fault error // a mistake of ours that ends the run
}

// state is what became of one file so far.
type state struct {
	document *Document
	index    int
	wanted   []int // its pages; known once it was opened
	opened   bool
	content  []byte
	before   int     // pages wanted of the files before it
	pages    []*Page // one for each wanted page; nil while it is not finished
	failure  *pack.Failure
}

func newRun(p *Pack, in *request, meter *pack.Meter) *run {
	r := &run{pack: p, in: in, meter: meter, slots: make(chan struct{}, p.opts.AtOnce), budget: maxPages}
	names := map[string]bool{}
	for i := range in.Files {
		name := fmt.Sprintf("files[%d]", i)
		names[name] = true
		r.states = append(r.states, &state{index: i, document: &Document{Name: name, Pages: []*Page{}}})
	}
	return r
}

// work reads one file after another, until a limit says stop.
func (r *run) work(ctx context.Context, files *inputs.Files) {
	for i := range r.states {
		if r.stopped(ctx) {
			break
		}
		r.file(ctx, files, r.states[i])
		r.busy.Wait() // nobody needs the bytes any more
		r.states[i].content = nil
	}
	r.busy.Wait()
}

// stopped tells whether no further page is begun.
func (r *run) stopped(ctx context.Context) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.spent || r.late || r.fault != nil || ctx.Err() != nil
}

func (r *run) file(ctx context.Context, files *inputs.Files, s *state) {
	content, err := files.Load(ctx, s.index)
	if err != nil {
		r.notLoaded(ctx, s, err)
		return
	}
	s.content = content.Bytes
	s.document.MediaType, s.document.SHA256 = content.MediaType, content.SHA256
	s.document.Name = r.nameOf(s, content.Name)
	if content.MediaType == typePDF {
		r.pdf(ctx, s)
	} else {
		r.image(ctx, s)
	}
}

// notLoaded keeps what a file was refused for; the end of ctx is no reason.
func (r *run) notLoaded(ctx context.Context, s *state, err error) {
	var f *pack.Failure
	switch {
	case errors.As(err, &f):
		s.failure, s.opened = f, true
		s.document.Error = loadProblem(f)
	case ctx.Err() == nil:
		r.fail(err)
	}
}

// nameOf makes a file's name different from those of the files before it.
func (r *run) nameOf(s *state, name string) string {
	if name == "" {
		return s.document.Name
	}
	taken := func(name string) bool {
		for _, other := range r.states {
			if other != s && other.document.Name == name {
				return true
			}
		}
		return false
	}
	made := name
	for n := 2; taken(made); n++ {
		made = fmt.Sprintf("%s (%d)", name, n)
	}
	return made
}

// refuse ends a file without a page.
func (r *run) refuse(s *state, p *Problem) {
	s.document.Error, s.opened, s.wanted = p, true, nil
}

// want tells which pages of a document are read, now that it is known how many it has.
func (r *run) want(s *state, count int) bool {
	s.document.PageCount = count
	ranges := r.in.Files[s.index].ranges
	switch n := len(ranges); {
	case count < 1:
		r.refuse(s, problem(reasonNoPages, "The document has no pages.", "Send a document that has pages."))
		return false
	case n == 0:
		ranges = []pageRange{{1, count}}
	case ranges[n-1].last > count:
		r.refuse(s, problem(reasonOutOfRange, fmt.Sprintf("Pages are named beyond the end of the document, which has %d.", count),
			fmt.Sprintf("Name pages from 1 to %d.", count)))
		return false
	}
	if n := countPages(ranges); n > r.budget {
		r.refuse(s, problem(reasonTooMany, fmt.Sprintf("The file has %d pages to read, and a run reads %d of all files together, of which %d are left.", n, maxPages, r.budget),
			"Name pages, and read the others in another run."))
		return false
	}
	s.wanted = listPages(ranges)
	s.pages = make([]*Page, len(s.wanted))
	s.before = maxPages - r.budget
	s.opened = true
	r.budget -= len(s.wanted)
	r.advance(0)
	return true
}

// reserve keeps room for a page. Where there is none, those under way may leave some, as
// what could not be read costs nothing. It tells whether there is room.
func (r *run) reserve(unit string) *pack.Hold {
	hold, err := r.meter.Reserve(pack.Quantity{Unit: unit, Quantity: 1})
	if errors.Is(err, pack.ErrCostLimit) {
		r.busy.Wait()
		hold, err = r.meter.Reserve(pack.Quantity{Unit: unit, Quantity: 1})
	}
	switch {
	case err == nil:
		return hold
	case errors.Is(err, pack.ErrCostLimit):
		r.mu.Lock()
		r.spent = true
		r.mu.Unlock()
	default:
		r.fail(err)
	}
	return nil
}

// settle counts a page that was read.
func (r *run) settle(hold *pack.Hold, unit string) {
	if err := hold.Settle(pack.Quantity{Unit: unit, Quantity: 1}); err != nil {
		r.fail(err)
	}
}

// start has a page read by OCR, as soon as there is room for it, and pays for it where that
// succeeds. It tells whether the run goes on.
func (r *run) start(ctx context.Context, s *state, k int, read func(context.Context) (*Content, error)) bool {
	if len(r.pack.opts.Engines) == 0 {
		r.finish(s, k, &Page{Number: s.wanted[k], Error: noEngine()})
		return true
	}
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	hold := r.reserve(unitOCR)
	if hold == nil || r.stopped(ctx) {
		if hold != nil {
			hold.Release()
		}
		<-r.slots
		return false
	}
	r.busy.Go(func() {
		defer func() { <-r.slots }()
		defer hold.Release()
		began := time.Now()
		content, err := guarded(func() (*Content, error) { return read(ctx) })
		if err != nil {
			r.unread(ctx, s, k, began, err)
			return
		}
		r.settle(hold, unitOCR)
		r.finish(s, k, &Page{Number: s.wanted[k], Content: content})
	})
	return true
}

var errFault = errors.New("ocrpack: a page could not be read")

// guarded turns a fault in reading a page into an error of that page.
func guarded(read func() (*Content, error)) (content *Content, err error) {
	defer func() {
		if recover() != nil {
			content, err = nil, errFault
		}
	}()
	return read()
}

// unread keeps why a page has no text. A page for which the timebox left too little is not
// finished.
func (r *run) unread(ctx context.Context, s *state, k int, began time.Time, err error) {
	if ctx.Err() != nil {
		return
	}
	if end, ok := ctx.Deadline(); ok && errors.Is(err, document.ErrDemanding) && end.Sub(began) < pageTime*5/4 {
		r.mu.Lock()
		r.late = true
		r.mu.Unlock()
		return
	}
	p := meaning(ctx, err)
	if p == nil {
		p = notRead()
	}
	r.finish(s, k, &Page{Number: s.wanted[k], Error: p})
}

// pageTime is how long a page may be read by OCR.
const pageTime = document.DefaultOCRTime

// finish keeps what became of a page.
func (r *run) finish(s *state, k int, page *Page) {
	s.pages[k] = page
	r.advance(1)
}

func (r *run) advance(by int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done += by
	total := 0
	for _, s := range r.states {
		total += max(len(s.wanted), 1)
	}
	r.meter.Advance(int64(r.done), int64(total), unitPage)
}

func (r *run) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fault == nil {
		r.fault = err
	}
}

// how is the way in which pages are read.
func (r *run) how() document.OCR {
	return document.OCR{Languages: r.in.languages, Program: r.in.engine.Program, Time: pageTime}
}

func scoreOf(share float64) dpp.Score {
	const thousandth = dpp.FullScore / 1000
	return dpp.Score(min(max(share, 0), 1)*1000+0.5) * thousandth
}
