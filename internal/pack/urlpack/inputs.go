package urlpack

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/fetch"
	"dpp/internal/pack"
)

const (
	maxURLs        = 30
	defaultChars   = 20_000
	maxChars       = 200_000
	defaultTimeout = 15
	maxTimeout     = 30
)

// inputs are what a caller asks for. What is absent stays absent when the rest of
// the work is handed back in the same form.
type inputs struct {
	URLs          []string `json:"urls"`
	Formats       []string `json:"formats,omitzero"`
	MaxChars      *whole   `json:"max_chars_per_url,omitzero"`
	FetchTimeout  *whole   `json:"fetch_timeout_sec,omitzero"`
	MaxHops       *whole   `json:"max_redirect_hops,omitzero"`
	AllowHTTP     *bool    `json:"allow_http,omitzero"`
	RespectRobots *bool    `json:"respect_robots,omitzero"`
	// Extract names the fields to find in each page.
	Extract map[string]fieldSpec `json:"extract,omitzero"`
	// UnchangedSince tells what the caller knows of some of the URLs.
	UnchangedSince []known `json:"unchanged_since,omitzero"`

	fields []field
	known  map[string]known
}

// known is an earlier answer of a URL, as its result told it.
type known struct {
	URL          string `json:"url"`
	ETag         string `json:"etag,omitzero"`
	LastModified string `json:"last_modified,omitzero"`
	SHA256       string `json:"content_sha256,omitzero"`
}

// conditional tells whether the server can be asked for what has changed.
func (k known) conditional() bool { return k.ETag != "" || k.LastModified != "" }

// whole is an integer in any JSON spelling: 5, 5.0 and 0.5e1 are the same.
type whole int

var errWhole = errors.New("not a whole number")

func (w *whole) UnmarshalJSON(text []byte) error {
	value, err := strconv.ParseFloat(string(text), 64)
	if err != nil || value != float64(int32(value)) {
		return errWhole
	}
	*w = whole(value)
	return nil
}

// decodeInputs reads inputs. Findings about them are a [*pack.InputError].
func decodeInputs(raw jsontext.Value) (*inputs, error) {
	in := new(inputs)
	if err := json.Unmarshal(raw, in); err != nil || len(in.URLs) == 0 {
		return nil, &pack.InputError{Fields: []pack.FieldError{{
			Code: "type", Message: "The inputs are not of the form that the schema describes.", Expected: "an object with urls",
		}}}
	}
	findings := in.readKnown()
	fields, wrong := compileFields(in.Extract)
	if findings = append(findings, wrong...); len(findings) > 0 {
		return nil, &pack.InputError{Fields: findings}
	}
	in.fields = fields
	return in, nil
}

// readKnown checks that each earlier answer is one of a URL of the inputs.
func (in *inputs) readKnown() (findings []pack.FieldError) {
	in.known = make(map[string]known, len(in.UnchangedSince))
	for i, k := range in.UnchangedSince {
		refuse := func(part, code, message, expected string) {
			findings = append(findings, pack.FieldError{
				Pointer: pack.Pointer("unchanged_since", strconv.Itoa(i), part), Code: code, Message: message, Expected: expected,
			})
		}
		switch _, twice := in.known[k.URL]; {
		case twice:
			refuse("url", "duplicate", "An earlier item is about the same URL.", "")
		case !slices.Contains(in.URLs, k.URL):
			refuse("url", "not_allowed", "The URL is none of urls.", "a URL as it stands in urls")
		}
		if k.ETag == "" && k.LastModified == "" && k.SHA256 == "" {
			refuse("url", "required", "Say what is known of the URL.", "etag, last_modified or content_sha256")
		}
		if _, err := http.ParseTime(k.LastModified); k.LastModified != "" && err != nil {
			refuse("last_modified", "pattern", "The time is not of the form that HTTP has.", "Wed, 21 Oct 2015 07:28:00 GMT")
		}
		in.known[k.URL] = k
	}
	return findings
}

func valueOr[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

func (in *inputs) want() want {
	w := want{chars: int(valueOr(in.MaxChars, defaultChars)), markdown: len(in.Formats) == 0, fields: in.fields}
	for _, format := range in.Formats {
		switch format {
		case "markdown":
			w.markdown = true
		case "text":
			w.text = true
		case "html":
			w.html = true
		case "links":
			w.links = true
		}
	}
	return w
}

func (in *inputs) request(url string) fetch.Request {
	header := http.Header{"Accept": {accepted}}
	if k := in.known[url]; k.ETag != "" {
		header.Set("If-None-Match", k.ETag)
	} else if k.LastModified != "" {
		header.Set("If-Modified-Since", k.LastModified)
	}
	return fetch.Request{
		URL:       url,
		AllowHTTP: valueOr(in.AllowHTTP, false),
		MaxHops:   int(valueOr(in.MaxHops, fetch.MaxHops)),
		Timeout:   time.Duration(valueOr(in.FetchTimeout, defaultTimeout)) * time.Second,
		MaxBodyOf: maxBodyOf,
		Robots:    valueOr(in.RespectRobots, false),
		Header:    header,
	}
}

const accepted = "text/html,application/xhtml+xml,application/json;q=0.9,text/plain;q=0.9,application/pdf;q=0.8,*/*;q=0.5"

// rest is the same request for some of the URLs.
func (in *inputs) rest(urls []string) *inputs {
	left := *in
	left.URLs = urls
	left.UnchangedSince = nil
	for _, k := range in.UnchangedSince {
		if slices.Contains(urls, k.URL) {
			left.UnchangedSince = append(left.UnchangedSince, k)
		}
	}
	return &left
}
