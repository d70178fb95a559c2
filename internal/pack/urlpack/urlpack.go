// Package urlpack is the pack "url": it fetches web pages through the judged
// fetcher and gives their main content as Markdown or text, with title, metadata
// and links, one result for each URL in the order of the inputs.
//
// One failing URL never fails the others. What a page can cost in time, memory
// and money is bounded before it is looked at.
package urlpack

import (
	"context"
	"embed"
	"runtime"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/fetch"
	"dpp/internal/pack"
)

//go:embed schema/*.json
var schemas embed.FS

// The most decoded bytes that are read of one page, and of one that is declared to be
// a PDF document.
const (
	maxBody     = 4 * mib
	maxDocument = 16 * mib
)

func maxBodyOf(contentType string) int64 {
	if kindNamed(mediaType(contentType)) == kindPDF {
		return maxDocument
	}
	return maxBody
}

// Pack is the url pack.
type Pack struct {
	fetcher  *fetch.Fetcher
	pdf      PDFReader
	manifest *pack.Manifest
	readers  chan struct{} // holds a token for each page being read
	heavy    chan struct{} // and for each body that is larger than that of a page
}

var _ pack.Pack = (*Pack)(nil)

// Options of a [Pack]. The zero value works.
type Options struct {
	// PDF reads PDF documents. Without it they are content that is not read.
	PDF PDFReader
}

// New returns the pack on a fetcher, whose policy says what may be reached.
func New(fetcher *fetch.Fetcher, opts Options) *Pack {
	return &Pack{
		fetcher: fetcher, pdf: opts.PDF, manifest: newManifest(),
		readers: make(chan struct{}, runtime.GOMAXPROCS(0)), heavy: make(chan struct{}, heavyAtOnce),
	}
}

// Manifest describes the pack.
func (p *Pack) Manifest() *pack.Manifest { return p.manifest }

// typicalPage is what a page is expected to weigh, in bytes.
const typicalPage = 200 << 10

// Estimate counts the URLs. Whether one can be fetched shows in its result: a bad
// one never keeps the others from being fetched.
func (p *Pack) Estimate(raw jsontext.Value) (pack.Estimate, error) {
	in, err := decodeInputs(raw)
	if err != nil {
		return pack.Estimate{}, err
	}
	n := int64(len(in.URLs))
	free := int64(0) // of content, where the server says that nothing changed
	for _, url := range in.URLs {
		if in.known[url].conditional() {
			free++
		}
	}
	least := quantities(n, min(1, n-free))
	return pack.Estimate{
		Minimum: quantities(1, 1-min(1, free)),
		All:     least,
		Low:     least,
		Likely:  quantities(n, (n*typicalPage+mib-1)/mib),
		High:    quantities(n, n*maxDocument/mib),
	}, nil
}

func quantities(urls, mibs int64) []pack.Quantity {
	list := []pack.Quantity{{Unit: unitURL, Quantity: urls}}
	if mibs > 0 {
		list = append(list, pack.Quantity{Unit: unitMiB, Quantity: mibs})
	}
	return list
}

// Run fetches the URLs.
func (p *Pack) Run(ctx context.Context, job pack.Job) (*pack.Outcome, error) {
	in, err := decodeInputs(job.Inputs)
	if err != nil {
		return nil, err
	}
	r := newRun(p, in, job.Meter)
	r.work(ctx)
	return r.outcome(ctx)
}

func newManifest() *pack.Manifest {
	return &pack.Manifest{
		Type:         "url",
		Version:      "1.1.0",
		Title:        "Web pages as text",
		Description:  "Fetches up to 30 web pages safely and returns the main content of each as Markdown or text, with title, metadata, links, certificate, risks and the fields asked for.",
		InputsSchema: schema("inputs"),
		DataSchema:   schema("data"),
		Prices: []dpp.Price{
			{Unit: unitURL, Per: 1, Amount: 1000},
			{Unit: unitMiB, Per: 1, Amount: 500},
		},
		Units: map[string]string{
			unitURL: "a URL whose fetch was begun, redirects included; a URL that is refused or whose name is not found costs nothing",
			unitMiB: "each begun MiB (1,048,576 bytes) of page content, its content encoding undone, added up over the run; none for what the server says is unchanged",
		},
		Limits: map[string]int64{
			"max_urls":                      maxURLs,
			"max_url_bytes":                 2048,
			"max_redirect_hops":             fetch.MaxHops,
			"max_fetch_timeout_sec":         maxTimeout,
			"default_fetch_timeout_sec":     defaultTimeout,
			"max_bytes_per_url":             maxBody,
			"max_bytes_per_pdf":             maxDocument,
			"max_header_bytes":              64 << 10,
			"max_chars_per_url":             maxChars,
			"default_max_chars_per_url":     defaultChars,
			"max_links_per_kind_and_url":    maxLinks,
			"max_extracted_fields":          maxFields,
			"max_extracted_chars_per_value": maxExtracted,
			"max_extracted_chars_per_url":   maxAllExtracted,
			"max_selector_bytes":            maxSelector,
			"max_json_schema_bytes":         maxSchema,
			"max_artifact_chars":            maxWhole,
			"max_artifact_bytes_per_run":    maxArtifacts,
			"max_html_nodes":                maxNodes,
			"max_html_depth":                maxDepth,
			"simultaneous_fetches":          atOnce,
			"simultaneous_fetches_per_host": 4,
		},
		Reliability: reliability,
		Example:     schema("example"),
		Spillable:   []string{"/results"},
	}
}

const reliability = "Each page starts, by how its content was found (content.found_by), at 1.00 for plain text and JSON (verbatim), " +
	"0.95 times the share of pages with text for documents (document), 0.60 + 0.25 * agreement + 0.10 * text_density where two article " +
	"extractors found it (extractors), 0.75 + 0.10 * text_density where the page itself marks its main content (markup), 0.55 + 0.10 * " +
	"text_density where the whole page is given (page); agreement is how much of their text the extractors have in common, text_density the " +
	"share of the content outside of links; then times 0.5 for less than 200 characters of text, 0.9 for a guessed character set, 0.6 for more " +
	"than one unreadable character in a thousand, 0.7 for a page longer or more complex than is read, 0.7 for broken pages of a document, 0.7 for " +
	"JSON that is not valid. A URL that gave no page counts 0, one that has not changed 1. The run's reliability is the mean over the pages that were " +
	"read times their share of the URLs that were tried; URLs that a limit left undone do not count. What lowered it is named in notes."

func schema(name string) jsontext.Value {
	text, err := schemas.ReadFile("schema/" + name + ".json")
	if err != nil {
		panic("urlpack: " + err.Error()) // embedded at build time: cannot happen in a binary that was built
	}
	return jsontext.Value(text)
}
