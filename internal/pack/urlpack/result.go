package urlpack

import (
	"net/http"
	"regexp"

	"dpp"
	"dpp/internal/fetch"
)

// Data is what a run of this pack finds.
type Data struct {
	// Results holds one entry for each URL of the inputs, in their order.
	Results []*Result `json:"results"`
}

// Result is what became of one URL.
type Result struct {
	URL   string       `json:"url"`
	OK    bool         `json:"ok"`
	Error *ResultError `json:"error,omitzero"`
	// What is known of the way there, also where it did not succeed.
	FinalURL    string      `json:"final_url,omitzero"`
	StatusCode  int         `json:"status_code,omitzero"`
	Hops        []fetch.Hop `json:"hops,omitzero"`
	ContentType string      `json:"content_type,omitzero"`
	FetchedAt   string      `json:"fetched_at,omitzero"`
	TLS         *TLS        `json:"tls,omitzero"`
	Validators  *Validators `json:"validators,omitzero"`
	// NotModified: the content is the one that the caller knows, and is not given.
	NotModified bool `json:"not_modified,omitzero"`
	// Page is set exactly where OK is true and NotModified is not.
	*Page
	Reliability dpp.Score `json:"reliability"`
}

// TLS is the certificate of the server that answered, which was verified.
type TLS struct {
	Version   string   `json:"version"`
	Issuer    string   `json:"issuer"`
	Names     []string `json:"names"`
	NotBefore string   `json:"not_before"`
	NotAfter  string   `json:"not_after"`
}

const (
	maxCertificateNames = 20
	maxCertificateText  = 200
)

func tlsOf(t *fetch.TLS) *TLS {
	if t == nil {
		return nil
	}
	shown := &TLS{
		Version:   t.Version,
		Issuer:    limit(printable(t.Issuer), maxCertificateText),
		Names:     []string{},
		NotBefore: t.NotBefore.UTC().Format(timeFormat),
		NotAfter:  t.NotAfter.UTC().Format(timeFormat),
	}
	for _, name := range t.Names[:min(len(t.Names), maxCertificateNames)] {
		shown.Names = append(shown.Names, limit(printable(name), maxCertificateText))
	}
	return shown
}

// Validators are what a server says of an answer's version, for unchanged_since.
type Validators struct {
	ETag         string `json:"etag,omitzero"`
	LastModified string `json:"last_modified,omitzero"`
}

const maxValidator = 256

// validatorsOf keeps what can be sent again.
func validatorsOf(header http.Header) *Validators {
	v := new(Validators)
	if tag := header.Get("Etag"); len(tag) <= maxValidator && etagForm.MatchString(tag) {
		v.ETag = tag
	}
	if at, err := http.ParseTime(header.Get("Last-Modified")); err == nil {
		v.LastModified = at.UTC().Format(http.TimeFormat)
	}
	if *v == (Validators{}) {
		return nil
	}
	return v
}

// etagForm is that of RFC 9110, in ASCII.
var etagForm = regexp.MustCompile(`^(W/)?"[\x21\x23-\x7e]*"$`)

// ResultError says why there is no page.
type ResultError struct {
	Reason    string `json:"reason_code"`
	Detail    string `json:"detail"`
	Retryable bool   `json:"retryable"`
}

// Page is what was read.
type Page struct {
	Title string `json:"title"`
	// Each of these is there when it was asked for.
	Markdown *string `json:"markdown,omitzero"`
	Text     *string `json:"text,omitzero"`
	HTML     *string `json:"html,omitzero"`
	Links    *Links  `json:"links,omitzero"`

	Content  *Content  `json:"content"`
	Metadata *Metadata `json:"metadata"`
	// NeedsJavaScript is there for HTML.
	NeedsJavaScript *Scripted `json:"needs_javascript,omitzero"`
	Risks           []Risk    `json:"risks"`
	// ContentSHA256 is of the body as it was sent, its content encoding undone.
	ContentSHA256 string `json:"content_sha256"`
	ContentBytes  int    `json:"content_bytes"`
	// Chars is the length of the text given (Markdown, else text, else HTML), and
	// TotalChars that of the whole main content as plain text.
	Chars      int `json:"chars"`
	TotalChars int `json:"total_chars"`
	// Truncated: a text was cut at the number of characters asked for, or the
	// body at the pack's bound.
	Truncated bool `json:"truncated"`
	// Artifacts names the file of each form whose text was cut, with all of it.
	Artifacts map[string]string `json:"artifacts,omitzero"`
	*Extracted
	// Document is there for documents with pages.
	Document *Document `json:"document,omitzero"`
	// Notes name what lowers the reliability.
	Notes []string `json:"notes,omitzero"`

	score dpp.Score
	whole []wholeText
}

// Content tells how the main content was found.
type Content struct {
	Found method `json:"found_by"`
	// Agreement is how much of their text the two article extractors have in common,
	// where they found the content; Density is the share of it outside of links.
	Agreement *dpp.Score `json:"agreement,omitzero"`
	Density   dpp.Score  `json:"text_density"`
}

const notFetched = "NOT_FETCHED"

func failed(url, reason, detail string, retryable bool) *Result {
	return &Result{URL: url, Error: &ResultError{Reason: reason, Detail: detail, Retryable: retryable}}
}
