package s3blob_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"dpp/internal/blob"
	"dpp/test/servers"
)

func TestSignedURL(t *testing.T) {
	cloud := servers.S3(t)
	cloud.Setenv(t)
	proxy := servers.NewProxy(t, strings.TrimPrefix(cloud.Endpoint, "http://"))
	opts := options(cloud)
	opts.PublicEndpoint = "http://" + proxy.Address()
	s := bucketed(t, opts)
	put(t, s, object("dpp/t/run_1/1/pack_envelope.json", "content"))
	signed, err := s.SignGet(t.Context(), "dpp/t/run_1/1/pack_envelope.json", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(signed, opts.PublicEndpoint+"/"+opts.Bucket+"/dpp/t/run_1/1/pack_envelope.json?") || strings.Contains(signed, cloud.SecretKey) {
		t.Errorf("signed %s", signed)
	}
	status, header, body := get(t, signed)
	if status != http.StatusOK || body != "content" {
		t.Errorf("status %d, %q", status, body)
	}
	for name, want := range map[string]string{
		"Content-Type":        "application/json",
		"Content-Disposition": `attachment; filename="pack_envelope.json"`,
		"Cache-Control":       "private",
	} {
		if got := header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	// What browsers are told is signed as well.
	changed := strings.Replace(signed, "attachment", "inline", 1)
	if status, _, body := get(t, changed); changed == signed || status != http.StatusForbidden || body == "content" {
		t.Errorf("%s: status %d", changed, status)
	}
}

// A URL lives at least as long as was asked for, whatever part of a second it is, and
// at most two seconds longer.
func TestLifeOfAURL(t *testing.T) {
	s := shared(t)
	for ttl, want := range map[time.Duration]string{
		1: "2", time.Second: "2", time.Second + 1: "3", 1500 * time.Millisecond: "3", 10 * time.Minute: "601",
		7*24*time.Hour - 1: "604800", 7 * 24 * time.Hour: "604800",
	} {
		signed, err := s.SignGet(t.Context(), "a/b", ttl)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(signed)
		if err != nil || u.Query().Get("X-Amz-Expires") != want {
			t.Errorf("%v: %s, want %s, %v", ttl, u.Query().Get("X-Amz-Expires"), want, err)
		}
	}
	for _, ttl := range []time.Duration{0, -time.Second, 7*24*time.Hour + 1} {
		if signed, err := s.SignGet(t.Context(), "a/b", ttl); err == nil {
			t.Errorf("%v: %s", ttl, signed)
		}
	}
}

// upload sends a signed put as somebody without credentials.
func upload(t *testing.T, signed blob.SignedPut, content string, change func(*http.Request)) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, signed.URL, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range signed.Header {
		request.Header.Set(name, value)
	}
	if change != nil {
		change(request)
	}
	response := direct(t, request)
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode
}

// By way of the public endpoint, as callers send.
func TestSignPut(t *testing.T) {
	cloud := servers.S3(t)
	cloud.Setenv(t)
	opts := options(cloud)
	opts.PublicEndpoint = "http://" + servers.NewProxy(t, strings.TrimPrefix(cloud.Endpoint, "http://")).Address()
	s := bucketed(t, opts)
	const content = "a document"
	want := blob.Upload{Key: "dpp/t/uploads/upl_1", MediaType: "application/pdf", Size: int64(len(content)), SHA256: sum([]byte(content))}
	sign := func(u blob.Upload) blob.SignedPut {
		t.Helper()
		before := time.Now()
		signed, err := s.SignPut(t.Context(), u, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if signed.ExpiresAt.Before(before.Add(time.Minute)) || signed.ExpiresAt.After(time.Now().Add(time.Minute)) {
			t.Errorf("ends at %v", signed.ExpiresAt)
		}
		return signed
	}
	signed := sign(want)
	if !strings.HasPrefix(signed.URL, opts.PublicEndpoint+"/") {
		t.Errorf("signed %s", signed.URL)
	}
	if signed.Header["Content-Type"] != "application/pdf" || signed.Header["Content-Length"] != "10" || signed.Header["If-None-Match"] != "*" {
		t.Errorf("header %v", signed.Header)
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, status := range map[string]int{
		"another content":       upload(t, signed, "a dOcument", nil),
		"a longer content":      upload(t, signed, content+"!", nil),
		"a shorter content":     upload(t, signed, content[1:], nil),
		"another type":          upload(t, signed, content, header("Content-Type", "text/html")),
		"another sum":           upload(t, signed, "a dOcument", header("X-Amz-Checksum-Sha256", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")),
		"another sum of ours":   upload(t, signed, content, header("X-Amz-Meta-Blob-Sha256", strings.Repeat("0", 64))),
		"without the condition": upload(t, signed, content, func(r *http.Request) { r.Header.Del("If-None-Match") }),
		"more metadata":         upload(t, signed, content, header("X-Amz-Meta-Dpp-Outcome", "COMPLETED")),
		"another key": upload(t, signed, content, func(r *http.Request) {
			r.URL.Path = strings.Replace(r.URL.Path, "upl_1", "upl_2", 1)
		}),
	} {
		if status < 400 || status >= 500 {
			t.Errorf("%s: status %d", name, status)
		}
	}
	infos, err := s.List(t.Context(), "", "", 9)
	if err != nil || len(infos) != 0 {
		t.Fatalf("stored %+v, %v", infos, err)
	}
	if status := upload(t, signed, content, nil); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	info, err := s.Head(t.Context(), want.Key)
	if err != nil || info.SHA256 != want.SHA256 || info.MediaType != want.MediaType || info.Size != want.Size || len(info.Metadata) != 0 {
		t.Errorf("stored %+v, %v", info, err)
	}
	if status := upload(t, signed, content, nil); status != http.StatusPreconditionFailed {
		t.Errorf("again: status %d", status)
	}

	want.Key, want.SHA256 = "dpp/t/uploads/upl_3", ""
	if status := upload(t, sign(want), "any of ten", nil); status != http.StatusOK {
		t.Errorf("without a sum: status %d", status)
	}
	wantContent(t, s, want.Key, "any of ten")
}
