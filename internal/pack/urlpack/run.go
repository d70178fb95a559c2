package urlpack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"dpp/internal/fetch"
	"dpp/internal/pack"
)

// atOnce is how many URLs of a run are under way at the same time.
const atOnce = 8

// run is one execution: workers take URLs in order until none is left or a limit
// says stop.
type run struct {
	pack  *Pack
	in    *inputs
	want  want
	meter *pack.Meter
	costs *account

	mu      sync.Mutex
	next    int
	done    int
	spent   bool  // the cost limit was reached
	fault   error // a mistake of ours that ends the run
	entries []entry
}

// entry is what became of one URL; its result is nil until it is finished.
type entry struct {
	result  *Result
	block   *pack.Block
	refused bool
}

func newRun(p *Pack, in *inputs, meter *pack.Meter) *run {
	return &run{
		pack:    p,
		in:      in,
		want:    in.want(),
		meter:   meter,
		costs:   &account{meter: meter},
		entries: make([]entry, len(in.URLs)),
	}
}

func (r *run) work(ctx context.Context) {
	r.meter.Advance(0, int64(len(r.in.URLs)), unitURL)
	var workers sync.WaitGroup
	for range min(atOnce, len(r.in.URLs)) {
		workers.Go(func() {
			for i, ok := r.take(ctx); ok; i, ok = r.take(ctx) {
				r.finish(i, r.one(ctx, r.in.URLs[i]))
			}
		})
	}
	workers.Wait()
}

func (r *run) take(ctx context.Context) (int, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next >= len(r.in.URLs) || r.spent || r.fault != nil || ctx.Err() != nil {
		return 0, false
	}
	r.next++
	return r.next - 1, true
}

func (r *run) finish(i int, e entry) {
	if e.result == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries[i] = e
	r.done++
	r.meter.Advance(int64(r.done), int64(len(r.in.URLs)), unitURL)
}

// one fetches and reads one URL. An entry without a result is unfinished: a limit
// of the run came first.
func (r *run) one(ctx context.Context, url string) entry {
	req := r.in.request(url)
	req.Begin, req.Keep = r.costs.begin, r.costs.reader()
	answer, err := r.pack.fetcher.Fetch(ctx, req)
	var e *fetch.Error
	switch {
	case err == nil:
		return r.read(ctx, url, answer)
	case errors.As(err, &e) && ctx.Err() == nil:
		return refusal(url, e)
	case errors.As(err, &e):
		return entry{}
	case errors.Is(err, pack.ErrCostLimit):
		r.stopAtCosts()
	default:
		r.fail(err)
	}
	return entry{}
}

func (r *run) stopAtCosts() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spent = true
}

func (r *run) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fault == nil {
		r.fault = err
	}
}

// refusal is the entry of a URL that gave no answer.
func refusal(url string, e *fetch.Error) entry {
	result := failed(url, string(e.Reason), e.Detail(), e.Retryable)
	result.Hops = e.Hops
	made := entry{result: result, refused: e.Blocked}
	if e.Blocked {
		made.block = &pack.Block{URL: e.URL, Hop: e.Hop, Reason: string(e.Reason), AddressClass: string(e.AddressClass)}
	}
	return made
}

// read makes the entry of a URL that answered. Reading takes a processor, so only
// as many pages are read at once, of all runs, as there are processors.
func (r *run) read(ctx context.Context, url string, answer *fetch.Result) entry {
	var result *Result
	if answer.Status < 200 || answer.Status > 299 {
		retryable := answer.Status >= 500 || answer.Status == http.StatusTooManyRequests || answer.Status == http.StatusRequestTimeout
		result = failed(url, "HTTP_STATUS", fmt.Sprintf("The server answered with status %d.", answer.Status), retryable)
	} else {
		select {
		case r.pack.readers <- struct{}{}:
			defer func() { <-r.pack.readers }()
		case <-ctx.Done():
			return entry{}
		}
		page, err := safely(func() (*Page, error) { return readPage(ctx, answer, r.want) })
		switch {
		case err == nil:
			result = &Result{URL: url, OK: true, Page: page, Reliability: page.score}
		case ctx.Err() != nil && errors.Is(err, ctx.Err()):
			return entry{}
		default:
			result = readError(url, err)
		}
	}
	result.FinalURL, result.StatusCode, result.Hops, result.TLS = answer.URL, answer.Status, answer.Hops, tlsOf(answer.TLS)
	result.ContentType = limit(printable(firstOf(answer.ContentType, http.DetectContentType(answer.Body))), maxContentType)
	result.FetchedAt = answer.FetchedAt.UTC().Format(timeFormat)
	return entry{result: result}
}

const (
	maxContentType = 200
	timeFormat     = "2006-01-02T15:04:05.000Z"
)

var errReading = errors.New("the page could not be read")

// safely turns a fault in reading one page into an error of that page.
func safely(read func() (*Page, error)) (page *Page, err error) {
	defer func() {
		if recover() != nil {
			page, err = nil, errReading
		}
	}()
	return read()
}

func readError(url string, err error) *Result {
	switch {
	case errors.Is(err, errUnsupported):
		return failed(url, "CONTENT_TYPE_NOT_SUPPORTED", "The content is neither HTML nor text nor JSON.", false)
	case errors.Is(err, errMismatch):
		return failed(url, "CONTENT_MISMATCH", "The content is binary, whatever its type says.", false)
	case errors.Is(err, errEmpty):
		return failed(url, "CONTENT_EMPTY", "The server answered without content.", false)
	default:
		return failed(url, "CONTENT_UNREADABLE", "The content could not be read.", false)
	}
}
