package api

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/klauspost/compress/gzip"
)

// Caching of answers.
const (
	cacheNever   = "no-store"           // a tenant's own numbers
	cachePrivate = "private, no-cache"  // runs: ask again with the ETag
	cachePublic  = "public, max-age=60" // the same for everyone
)

// zipFrom is how large a body must be to be worth compressing.
const zipFrom = 1 << 10

func newZipper() *gzip.Writer {
	z, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is one of the package's own
	}
	return z
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// json answers with a value as JSON.
func (x *exchange) json(status int, cache string, value any) error {
	body, err := json.Marshal(value, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("api: answer: %w", err)
	}
	x.Header().Set("Cache-Control", cache)
	x.write(status, "application/json", body)
	return nil
}

// send is [exchange.json] for values that can always be written.
func (x *exchange) send(status int, mediaType string, value any) {
	body, err := json.Marshal(value, json.Deterministic(true))
	if err != nil {
		x.cause = fmt.Errorf("api: answer: %w", err)
		body = []byte("{}")
	}
	x.write(status, mediaType, body)
}

// write answers with a body, compressed where that is worth it and accepted. What
// goes wrong on the way to the caller concerns nobody else.
func (x *exchange) write(status int, mediaType string, body []byte) {
	h := x.Header()
	h.Set("Content-Type", mediaType)
	h.Add("Vary", "Accept-Encoding")
	if len(body) >= zipFrom && acceptsGzip(x.r.Header.Values("Accept-Encoding")) {
		body = x.api.zip(body)
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	x.WriteHeader(status)
	_, _ = x.Write(body)
}

func (a *API) zip(body []byte) []byte {
	var out bytes.Buffer
	z, ok := a.zippers.Get().(*gzip.Writer)
	if !ok {
		z = newZipper()
	}
	defer a.zippers.Put(z)
	z.Reset(&out)
	_, err := z.Write(body)
	if err = firstError(err, z.Close()); err != nil {
		panic(err) // a buffer takes everything
	}
	return out.Bytes()
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// acceptsGzip reads Accept-Encoding: gzip, or else *, with a weight above zero.
func acceptsGzip(values []string) bool {
	star := false
	for _, part := range strings.Split(strings.Join(values, ","), ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		refused := strings.Trim(strings.TrimPrefix(strings.ReplaceAll(strings.ToLower(weight), " ", ""), "q="), "0.") == "" && weight != ""
		switch strings.ToLower(strings.TrimSpace(coding)) {
		case "gzip", "x-gzip":
			return !refused
		case "*":
			star = !refused
		}
	}
	return star
}
