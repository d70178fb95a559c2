package urlpack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"dpp"
	"dpp/internal/document"
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
	shelf   shelf
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
	if e.result.Page != nil {
		r.shelf.put(i, e.result.Page)
	}
	r.done++
	r.meter.Advance(int64(r.done), int64(len(r.in.URLs)), unitURL)
}

// one fetches and reads one URL. An entry without a result is unfinished: a limit
// of the run came first.
func (r *run) one(ctx context.Context, url string) entry {
	req := r.in.request(url)
	req.Begin = func() error { return r.costs.begin(!r.in.known[url].conditional()) }
	body := &weight{places: r.pack.heavy}
	defer body.release()
	pay := r.costs.reader()
	req.Keep = func(n int) error {
		if err := pay(n); err != nil {
			return err
		}
		return body.add(ctx, n)
	}
	answer, err := r.pack.fetcher.Fetch(ctx, req)
	var e *fetch.Error
	switch {
	case err == nil:
		return r.read(ctx, url, answer)
	case errors.As(err, &e) && ctx.Err() == nil:
		return refusal(url, e)
	case errors.As(err, &e), ctx.Err() != nil && errors.Is(err, ctx.Err()):
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

// read makes the entry of a URL that answered.
func (r *run) read(ctx context.Context, url string, answer *fetch.Result) entry {
	var result *Result
	switch {
	case r.in.known[url].still(answer):
		result = &Result{URL: url, OK: true, NotModified: true, Reliability: dpp.FullScore}
	case answer.Status < 200 || answer.Status > 299:
		retryable := answer.Status >= 500 || answer.Status == http.StatusTooManyRequests || answer.Status == http.StatusRequestTimeout
		result = failed(url, "HTTP_STATUS", fmt.Sprintf("The server answered with status %d.", answer.Status), retryable)
	default:
		page, err := r.readPage(ctx, answer)
		switch {
		case err == nil:
			result = &Result{URL: url, OK: true, Page: page, Reliability: page.score}
		case ctx.Err() != nil && errors.Is(err, ctx.Err()):
			return entry{}
		default:
			result = readError(url, err)
		}
	}
	result.FinalURL, result.StatusCode, result.Hops = answer.URL, answer.Status, answer.Hops
	result.TLS, result.Validators = tlsOf(answer.TLS), validatorsOf(answer.Header)
	if len(answer.Body) > 0 || answer.ContentType != "" {
		result.ContentType = limit(printable(firstOf(answer.ContentType, http.DetectContentType(answer.Body))), maxContentType)
	}
	result.FetchedAt = answer.FetchedAt.UTC().Format(timeFormat)
	return entry{result: result}
}

// readPage reads an answer. That takes a processor, so only as many pages are read
// at once, of all runs, as there are processors. Documents are read elsewhere.
func (r *run) readPage(ctx context.Context, answer *fetch.Result) (*Page, error) {
	read := func() (*Page, error) { return readPage(ctx, answer, r.want, r.pack.pdf) }
	if k, err := kindOf(answer); err == nil && k == kindPDF {
		return safely(read)
	}
	select {
	case r.pack.readers <- struct{}{}:
		defer func() { <-r.pack.readers }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return safely(read)
}

// still tells whether an answer is the one that is known: by the server's word, or
// because its version or its content is the same. A condition is not sent on by
// redirects, so a version may be the same in an answer with content.
func (k known) still(answer *fetch.Result) bool {
	switch answer.Status {
	case http.StatusNotModified:
		return k.conditional()
	case http.StatusOK:
		return k.ETag != "" && sameTag(k.ETag, answer.Header.Get("Etag")) ||
			k.SHA256 != "" && !answer.Truncated && k.SHA256 == sumOf(answer.Body)
	default:
		return false
	}
}

// sameTag compares weakly, as the condition does.
func sameTag(a, b string) bool {
	return strings.TrimPrefix(a, "W/") == strings.TrimPrefix(b, "W/")
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
		return failed(url, "CONTENT_TYPE_NOT_SUPPORTED", "The content is neither HTML nor text nor JSON nor a document that is read.", false)
	case errors.Is(err, errMismatch):
		return failed(url, "CONTENT_MISMATCH", "The content is binary, whatever its type says.", false)
	case errors.Is(err, errDocumentSize), errors.Is(err, document.ErrTooLarge):
		return failed(url, "DOCUMENT_TOO_LARGE", "The document is longer than is read, and a part of it says nothing.", false)
	case errors.Is(err, document.ErrEncrypted):
		return failed(url, "DOCUMENT_ENCRYPTED", "The document does not open without a password.", false)
	case errors.Is(err, document.ErrDemanding):
		return failed(url, "DOCUMENT_DEMANDING", "The document takes more time or memory than one may.", false)
	case errors.Is(err, document.ErrDamaged):
		return failed(url, "CONTENT_UNREADABLE", "The document is damaged.", false)
	case errors.Is(err, errReader):
		return failed(url, "DOCUMENT_NOT_READ", "The document could not be read, by no fault of its own.", true)
	case errors.Is(err, errEmpty):
		return failed(url, "CONTENT_EMPTY", "The server answered without content.", false)
	default:
		return failed(url, "CONTENT_UNREADABLE", "The content could not be read.", false)
	}
}
