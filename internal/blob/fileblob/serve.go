package fileblob

import (
	"errors"
	"net/http"
	"path"
	"time"

	"dpp/internal/blob"
)

// Errors that [Store.Handler] hands to its Deny beside those of the port.
var (
	// ErrMethod: signed URLs are for GET, HEAD and PUT; Allow is set.
	ErrMethod = errors.New("blob: only GET, HEAD and PUT")
	// ErrRange: no part of the object was asked for (416); Content-Range is set.
	ErrRange = errors.New("blob: range not satisfiable")
)

// Deny answers a request that gets or stores no object, with a problem document that
// fits err: [blob.ErrBadSignature], [blob.ErrNotFound], [ErrMethod], [ErrRange], the
// errors of the port for uploads, or any other, for which the store is to blame.
type Deny func(w http.ResponseWriter, r *http.Request, err error)

// Handler does what URLs are signed for, below [URLPath]: it serves objects, whole or
// in ranges, to be saved and never to be shown as a page of this host, and receives
// uploads.
func (s *Store) Handler(deny Deny) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			s.serve(w, r, deny)
		case http.MethodPut:
			s.receive(w, r, deny)
		default:
			w.Header().Set("Allow", "GET, HEAD, PUT")
			deny(w, r, ErrMethod)
		}
	})
}

func (s *Store) serve(w http.ResponseWriter, r *http.Request, deny Deny) {
	key, err := s.Verify(r.URL, time.Now())
	if err != nil {
		deny(w, r, err)
		return
	}
	object, info, err := s.open(r.Context(), key)
	if err != nil {
		deny(w, r, err)
		return
	}
	defer object.Close() //nolint:errcheck // only read
	setHeader(w.Header(), info)
	http.ServeContent(&rangeGuard{ResponseWriter: w, request: r, deny: deny}, r, "", info.StoredAt, object)
}

func setHeader(h http.Header, info blob.Info) {
	mediaType := info.MediaType
	if mediaType == "" {
		mediaType = "application/octet-stream"
	}
	h.Set("Content-Type", mediaType)
	h.Set("ETag", `"`+info.SHA256+`"`)
	h.Set("Cache-Control", "private")
	h.Set("Content-Disposition", `attachment; filename="`+path.Base(info.Key)+`"`) // a key needs no escaping
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
}

// rangeGuard lets deny write the answer to a range that cannot be satisfied.
type rangeGuard struct {
	http.ResponseWriter
	request *http.Request
	deny    Deny
	denied  bool
}

// WriteHeader implements [http.ResponseWriter].
func (g *rangeGuard) WriteHeader(status int) {
	if status != http.StatusRequestedRangeNotSatisfiable {
		g.ResponseWriter.WriteHeader(status)
		return
	}
	g.denied = true
	for _, name := range []string{"Content-Type", "Content-Disposition", "Content-Security-Policy", "ETag", "Last-Modified"} {
		g.Header().Del(name)
	}
	g.deny(g.ResponseWriter, g.request, ErrRange)
}

// Write implements [http.ResponseWriter].
func (g *rangeGuard) Write(p []byte) (int, error) {
	if g.denied {
		return len(p), nil // what would have explained the status
	}
	return g.ResponseWriter.Write(p)
}

// Unwrap serves [http.ResponseController].
func (g *rangeGuard) Unwrap() http.ResponseWriter { return g.ResponseWriter }
