package s3blob_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"dpp/internal/blob/s3blob"
	"dpp/test/servers"
)

// fake is a server that answers as a test wants, for what no real one does on demand.
// It asks for no signature, and keeps one bucket in memory.
type fake struct {
	*httptest.Server

	// answer is asked first, and tells whether it has answered.
	answer func(w http.ResponseWriter, r *http.Request) bool
	// overwrites: conditions are ignored.
	overwrites bool
	// sumsOnly: metadata is lost, and the checksum is told.
	sumsOnly bool

	mu       sync.Mutex
	missing  bool // the bucket
	objects  map[string]stored
	rules    string // the lifecycle rules as XML
	blocked  string // the block of public access as XML
	requests []*http.Request
}

type stored struct {
	header  http.Header
	content []byte
}

// newFake starts the server and puts credentials for it into the environment.
func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{objects: map[string]stored{}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	servers.Cloud{Region: "us-east-1", AccessKey: "key", SecretKey: "hush-hush"}.Setenv(t)
	return f
}

func (f *fake) options() s3blob.Options {
	return s3blob.Options{Bucket: "bucket", Endpoint: f.URL, Region: "us-east-1"}
}

// count is how many requests of a method had text in their URLs.
func (f *fake) count(method, text string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, r := range f.requests {
		if r.Method == method && strings.Contains(r.URL.String(), text) {
			n++
		}
	}
	return n
}

func (f *fake) last() *http.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.requests[len(f.requests)-1]
}

// ServeHTTP implements [http.Handler].
func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	content, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has gone
	}
	f.mu.Lock()
	f.requests = append(f.requests, r)
	f.mu.Unlock()
	if f.answer != nil && f.answer(w, r) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case f.missing && r.Method == http.MethodPut && key == "" && r.URL.RawQuery == "":
		f.missing = false
	case f.missing || bucket != "bucket":
		refuse(w, r, http.StatusNotFound, "NoSuchBucket")
	case key != "":
		f.serveObject(w, r, key, content)
	default:
		f.serveBucket(w, r, content)
	}
}

func (f *fake) serveObject(w http.ResponseWriter, r *http.Request, key string, content []byte) {
	object, there := f.objects[key]
	switch {
	case r.Method == http.MethodPut && there && r.Header.Get("If-None-Match") == "*" && !f.overwrites:
		refuse(w, r, http.StatusPreconditionFailed, "PreconditionFailed")
	case r.Method == http.MethodPut:
		f.objects[key] = stored{r.Header, content}
	case !there:
		refuse(w, r, http.StatusNotFound, "NoSuchKey")
	default:
		for name, values := range object.header {
			meta, sum := strings.HasPrefix(name, "X-Amz-Meta-"), strings.HasPrefix(name, "X-Amz-Checksum-")
			if name == "Content-Type" || meta && !f.sumsOnly || sum && f.sumsOnly {
				w.Header()[name] = values
			}
		}
		http.ServeContent(w, r, "", time.Unix(1_800_000_000, 0), strings.NewReader(string(object.content)))
	}
}

func (f *fake) serveBucket(w http.ResponseWriter, r *http.Request, content []byte) {
	query := r.URL.Query()
	setting := map[string]*string{"NoSuchLifecycleConfiguration": &f.rules, "NoSuchPublicAccessBlockConfiguration": &f.blocked}
	for code, name := range map[string]string{"NoSuchLifecycleConfiguration": "lifecycle", "NoSuchPublicAccessBlockConfiguration": "publicAccessBlock"} {
		switch value := setting[code]; {
		case !query.Has(name):
		case r.Method == http.MethodPut:
			*value = string(content)
			return
		case *value == "":
			refuse(w, r, http.StatusNotFound, code)
			return
		default:
			_, _ = io.WriteString(w, *value)
			return
		}
	}
	switch {
	case query.Has("delete"):
		var list struct {
			Object []struct{ Key string }
		}
		if err := xml.Unmarshal(content, &list); err != nil {
			refuse(w, r, http.StatusBadRequest, "MalformedXML")
			return
		}
		for _, o := range list.Object {
			delete(f.objects, o.Key)
		}
		_, _ = io.WriteString(w, `<DeleteResult/>`)
	case query.Has("list-type"):
		_, _ = io.WriteString(w, `<ListBucketResult>`)
		for key, o := range f.objects {
			if strings.HasPrefix(key, query.Get("prefix")) {
				_, _ = fmt.Fprintf(w, `<Contents><Key>%s</Key><Size>%d</Size></Contents>`, key, len(o.content))
			}
		}
		_, _ = io.WriteString(w, `</ListBucketResult>`)
	}
}

// refuse answers as S3 does: a HEAD has no body.
func refuse(w http.ResponseWriter, r *http.Request, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>no</Message></Error>`, code)
	}
}

// times answers the first n requests that match in one way.
func times(n int, method string, answer func(w http.ResponseWriter, r *http.Request)) func(http.ResponseWriter, *http.Request) bool {
	var mu sync.Mutex
	return func(w http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		hit := n > 0 && r.Method == method
		if hit {
			n--
		}
		mu.Unlock()
		if hit {
			answer(w, r)
		}
		return hit
	}
}

func refusing(status int, code string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) { refuse(w, r, status, code) }
}
