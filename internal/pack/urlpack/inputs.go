package urlpack

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/fetch"
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
}

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

func decodeInputs(raw jsontext.Value) (*inputs, error) {
	in := new(inputs)
	if err := json.Unmarshal(raw, in); err != nil {
		return nil, fmt.Errorf("url inputs: %w", err)
	}
	return in, nil
}

func valueOr[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

func (in *inputs) want() want {
	w := want{chars: int(valueOr(in.MaxChars, defaultChars)), markdown: len(in.Formats) == 0}
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
	return fetch.Request{
		URL:       url,
		AllowHTTP: valueOr(in.AllowHTTP, false),
		MaxHops:   int(valueOr(in.MaxHops, fetch.MaxHops)),
		Timeout:   time.Duration(valueOr(in.FetchTimeout, defaultTimeout)) * time.Second,
		MaxBody:   maxBody,
		Robots:    valueOr(in.RespectRobots, false),
		Header: map[string][]string{
			"Accept": {"text/html,application/xhtml+xml,application/json;q=0.9,text/plain;q=0.9,*/*;q=0.5"},
		},
	}
}

// rest is the same request for some of the URLs.
func (in *inputs) rest(urls []string) *inputs {
	left := *in
	left.URLs = urls
	return &left
}
