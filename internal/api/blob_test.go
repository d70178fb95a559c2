package api_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"dpp"
	"dpp/internal/api"
	"dpp/internal/blob"
	"dpp/internal/blob/fileblob"
)

// put does what was signed for, without a key.
func (s *site) put(signed blob.SignedPut, content io.Reader, length int64, header ...string) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPut, signed.URL, content)
	if err != nil {
		s.t.Fatal(err)
	}
	for name, value := range signed.Header {
		r.Header.Set(name, value)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	r.ContentLength = length
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, body}
}

func (s *site) signPut(upload blob.Upload) blob.SignedPut {
	s.t.Helper()
	signed, err := s.Ports.Blob.SignPut(s.t.Context(), upload, time.Minute)
	if err != nil {
		s.t.Fatal(err)
	}
	return signed
}

// What is sent by a signed request passes the bound of other bodies, and is what can
// be fetched then.
func TestAnUpload(t *testing.T) {
	s := newSite(t, options{})
	content := bytes.Repeat([]byte("0123456789abcdef"), (api.MaxBody+1<<20)/16)
	upload := blob.Upload{Key: "dpp/ten_1/uploads/upl_1/content", MediaType: "application/pdf", Size: int64(len(content))}
	if a := s.put(s.signPut(upload), bytes.NewReader(content), upload.Size); a.status != http.StatusOK || len(a.body) != 0 || a.header.Get("X-Trace-Id") == "" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	url, err := s.Ports.Blob.SignGet(t.Context(), upload.Key, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if a := s.download(url); a.status != http.StatusOK || a.header.Get("Content-Type") != "application/pdf" || !bytes.Equal(a.body, content) {
		t.Errorf("%d, %d bytes", a.status, len(a.body))
	}
	if strings.Contains(s.logs.String(), "upl_1") {
		t.Error("a path was logged")
	}
}

func TestRefusedUploads(t *testing.T) {
	s := newSite(t, options{})
	const content = "a document"
	upload := blob.Upload{Key: "a/b", MediaType: "application/pdf", Size: 10, SHA256: strings.Repeat("0", 64)}
	signed, unsummed := s.signPut(upload), upload
	unsummed.SHA256 = ""
	changed := signed
	changed.URL = strings.Replace(signed.URL, "size=10", "size=11", 1)
	send := func(signed blob.SignedPut, length int64, header ...string) answer {
		return s.put(signed, strings.NewReader(content), length, header...)
	}
	huge := int64(40 << 20) // more than is read of what is refused
	for name, test := range map[string]struct {
		got    answer
		status int
		reason dpp.Reason
		header string
	}{
		"a changed URL": {send(changed, 10), 403, dpp.ReasonScopeMissing, ""},
		"another type":  {send(signed, 10, "Content-Type", "text/html"), 415, dpp.ReasonUnsupportedMediaType, "Content-Type"},
		"packed":        {send(signed, 10, "Content-Encoding", "gzip"), 415, dpp.ReasonUnsupportedMediaType, "Content-Type"},
		"no length":     {send(signed, -1), 400, dpp.ReasonBadRequest, "Content-Length"},
		"a byte less":   {s.put(signed, strings.NewReader(content[1:]), 9), 400, dpp.ReasonBadRequest, "Content-Length"},
		"a byte more":   {s.put(signed, strings.NewReader(content+"!"), 11), 413, dpp.ReasonBodyTooLarge, ""},
		"far too much":  {s.put(signed, io.LimitReader(zeros{}, huge), huge), 413, dpp.ReasonBodyTooLarge, ""},
		"another sum":   {send(signed, 10), 422, dpp.ReasonValidationFailed, ""},
	} {
		p := s.wantProblem(test.got, test.status, test.reason)
		if got := len(p.Errors) > 0; got != (test.header != "") || got && p.Errors[0].Header != test.header {
			t.Errorf("%s: %+v", name, p.Errors)
		}
	}
	if a := send(s.signPut(unsummed), 10); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	s.wantProblem(send(signed, 10), 409, dpp.ReasonUploadExists)
	a := s.do(call{method: "OPTIONS", path: "/blobs/a/b", anonymous: true})
	if a.status != http.StatusNoContent || a.header.Get("Allow") != "GET, HEAD, OPTIONS, PUT" {
		t.Errorf("%d, Allow %q", a.status, a.header.Get("Allow"))
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// An upload that stops is refused with words, and a store that cannot write is not the
// caller's fault.
func TestUploadsThatFail(t *testing.T) {
	s := newSite(t, options{})
	signed := s.signPut(blob.Upload{Key: "a/b", MediaType: "text/plain", Size: 100})
	path := strings.TrimPrefix(signed.URL, s.url)
	resp := s.raw("PUT " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello")
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("%d", resp.StatusCode)
	}
	if err := s.Ports.Blob.(*fileblob.Store).Close(); err != nil {
		t.Fatal(err)
	}
	a := s.put(signed, strings.NewReader(strings.Repeat("x", 100)), 100)
	if p := s.wantProblem(a, 503, dpp.ReasonDependencyDown); a.header.Get("Retry-After") == "" || !p.Retryable {
		t.Errorf("%+v", p)
	}
}
