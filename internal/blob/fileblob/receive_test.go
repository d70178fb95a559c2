package fileblob_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"dpp/internal/blob"
	"dpp/internal/blob/fileblob"
)

func someUpload(size int) blob.Upload {
	return blob.Upload{Key: someKey, MediaType: "application/pdf", Size: int64(size)}
}

func signedPut(t testing.TB, s *fileblob.Store, upload blob.Upload) blob.SignedPut {
	t.Helper()
	signed, err := s.SignPut(t.Context(), upload, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// send hands a body of any kind to the handler.
func send(t *testing.T, s *fileblob.Store, upload blob.Upload, body io.Reader, change func(*http.Request)) (status int) {
	t.Helper()
	signed := signedPut(t, s, upload)
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPut, signed.URL, body)
	request.ContentLength = upload.Size
	for name, value := range signed.Header {
		request.Header.Set(name, value)
	}
	if change != nil {
		change(request)
	}
	response := serve(s, request)
	defer response.Body.Close()
	return response.StatusCode
}

func wantNothing(t *testing.T, s *fileblob.Store, dir string) {
	t.Helper()
	infos, err := s.List(t.Context(), "", "", 9)
	if files := filesIn(t, dir); err != nil || len(infos) != 0 || len(files) != 0 {
		t.Errorf("stored %v, files %v, %v", infos, files, err)
	}
}

// unread fails the test where a body is read that need not be.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

func TestWhatTheHeaderTellsIsRefusedUnread(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, fileblob.Options{})
	defer closeStore(t, s)
	for name, test := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"another type":        {func(r *http.Request) { r.Header.Set("Content-Type", "text/html") }, 415},
		"two types":           {func(r *http.Request) { r.Header.Add("Content-Type", "application/pdf") }, 415},
		"an encoding":         {func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, 415},
		"a byte more":         {func(r *http.Request) { r.ContentLength++ }, 413},
		"a byte less":         {func(r *http.Request) { r.ContentLength-- }, 400},
		"no length":           {func(r *http.Request) { r.ContentLength = -1 }, 400},
		"a URL for something": {func(r *http.Request) { r.URL.RawQuery += "&x=1" }, 403},
	} {
		if status := send(t, s, someUpload(large), unread{t}, test.change); status != test.status {
			t.Errorf("%s: status %d, want %d", name, status, test.status)
		}
	}
	wantNothing(t, s, dir)
	put(t, s, blob.Object{Key: someKey, Content: []byte("x")})
	if status := send(t, s, someUpload(large), unread{t}, nil); status != http.StatusConflict {
		t.Errorf("over an object: status %d", status)
	}
}

func TestAnUploadThatFailsLeavesNothing(t *testing.T) {
	for _, size := range []int{10, large, 3 << 20} {
		dir := t.TempDir()
		s := open(t, dir, fileblob.Options{})
		defer closeStore(t, s)
		content := make([]byte, size)
		summed := someUpload(size)
		summed.SHA256 = strings.Repeat("0", 64)
		for name, test := range map[string]struct {
			upload blob.Upload
			body   io.Reader
			status int
		}{
			"ends early":           {someUpload(size), bytes.NewReader(content[1:]), 400},
			"ends at once":         {someUpload(size), bytes.NewReader(nil), 400},
			"breaks in the middle": {someUpload(size), io.MultiReader(bytes.NewReader(content[size/2:]), iotest.ErrReader(io.ErrUnexpectedEOF)), 400},
			"has another sum":      {summed, bytes.NewReader(content), 422},
		} {
			if status := send(t, s, test.upload, test.body, nil); status != test.status {
				t.Errorf("%d bytes, %s: status %d, want %d", size, name, status, test.status)
			}
		}
		wantNothing(t, s, dir)
		if status := send(t, s, someUpload(size), iotest.OneByteReader(bytes.NewReader(content)), nil); status != http.StatusOK {
			t.Errorf("%d bytes: status %d", size, status)
		}
	}
}

func TestAnUploadLostToAnotherLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, fileblob.Options{})
	defer closeStore(t, s)
	// The other one is stored while the last of the body is read.
	body := io.MultiReader(bytes.NewReader(make([]byte, large-1)), &once{func() byte {
		put(t, s, blob.Object{Key: someKey, Content: []byte("the other")})
		return 'x'
	}})
	if status := send(t, s, someUpload(large), body, nil); status != http.StatusConflict {
		t.Errorf("status %d", status)
	}
	if files := filesIn(t, dir); len(files) != 0 {
		t.Errorf("files %v", files)
	}
}

// once is a reader of one byte, which it asks for.
type once struct{ ask func() byte }

func (o *once) Read(b []byte) (int, error) {
	if o.ask == nil {
		return 0, io.EOF
	}
	b[0] = o.ask()
	o.ask = nil
	return 1, nil
}

// A disk that takes nothing is no fault of the sender's.
func TestAnUploadThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, fileblob.Options{})
	closeStore(t, s)
	if status := send(t, s, someUpload(large), bytes.NewReader(make([]byte, large)), nil); status != http.StatusInternalServerError {
		t.Errorf("status %d", status)
	}
}

func TestSoManyUploadsAtOnce(t *testing.T) {
	s := open(t, t.TempDir(), fileblob.Options{Uploads: 1})
	defer closeStore(t, s)
	second := someUpload(1)
	second.Key = "a/b"
	body := &once{func() byte {
		if status := send(t, s, second, unread{t}, nil); status != http.StatusServiceUnavailable {
			t.Errorf("beside another: status %d", status)
		}
		return 'x'
	}}
	if status := send(t, s, someUpload(1), body, nil); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	if status := send(t, s, second, strings.NewReader("x"), nil); status != http.StatusOK {
		t.Errorf("after another: status %d", status)
	}
}

// A sweep spares the file of an upload under way, however long it takes.
func TestASweepSparesAnUpload(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, fileblob.Options{})
	defer closeStore(t, s)
	body := io.MultiReader(bytes.NewReader(make([]byte, large-1)), &once{func() byte {
		age(t, dir, filesIn(t, dir)[0], 1000*time.Hour)
		if removed, err := s.Sweep(t.Context()); removed != 0 || err != nil {
			t.Errorf("removed %d, %v", removed, err)
		}
		return 'x'
	}})
	if status := send(t, s, someUpload(large), body, nil); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
}

// A sender that stops is answered and let go; the next one is not kept from its turn.
func TestASenderThatStops(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, fileblob.Options{Uploads: 1, UploadPace: 50 * time.Millisecond})
	defer closeStore(t, s)
	server := httptest.NewServer(s.Handler(deny))
	defer server.Close()
	s.SetBaseURL(server.URL)
	for _, size := range []int{10, 3 << 20} {
		target, err := url.Parse(signedPut(t, s, someUpload(size)).URL)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := net.Dial("tcp", target.Host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close() //nolint:errcheck // the test is over
		_, err = fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/pdf\r\nContent-Length: %d\r\n\r\n%s", target.RequestURI(), size, strings.Repeat("x", size/2))
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || response.StatusCode != http.StatusBadRequest {
			t.Fatalf("%d bytes: %v, %v", size, response, err)
		}
		response.Body.Close()
	}
	wantNothing(t, s, dir)
}

func TestVerifyPut(t *testing.T) {
	s := open(t, t.TempDir(), fileblob.Options{})
	defer closeStore(t, s)
	want := someUpload(123)
	want.MediaType = `text/plain; charset="utf-8"; x=a+b&c%20d`
	want.SHA256 = strings.Repeat("0f", 32)
	good, err := url.Parse(signedPut(t, s, want).URL)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.VerifyPut(good, time.Now()); err != nil || got != want {
		t.Fatalf("%+v, %v", got, err)
	}
	if key, err := s.Verify(good, time.Now()); !errors.Is(err, blob.ErrBadSignature) {
		t.Errorf("for reading: %q, %v", key, err)
	}
	if got, err := s.VerifyPut(signed(t, s, time.Minute), time.Now()); !errors.Is(err, blob.ErrBadSignature) {
		t.Errorf("by a download's: %+v, %v", got, err)
	}
	if got, err := s.VerifyPut(good, time.Now().Add(2*time.Minute)); !errors.Is(err, blob.ErrBadSignature) {
		t.Errorf("after its end: %+v, %v", got, err)
	}
	for name := range good.Query() {
		for change, values := range map[string][]string{"none": nil, "empty": {""}, "another": {"7"}, "two": {good.Query().Get(name), good.Query().Get(name)}, "lines": {good.Query().Get(name) + "\n"}} {
			query := good.Query()
			query[name] = values
			u := *good
			u.RawQuery = query.Encode()
			if got, err := s.VerifyPut(&u, time.Now()); !errors.Is(err, blob.ErrBadSignature) {
				t.Errorf("%s, %s: %+v, %v", name, change, got, err)
			}
		}
	}
}

// FuzzVerifyPut holds that nobody may store anything but what was signed for.
func FuzzVerifyPut(f *testing.F) {
	s := open(f, f.TempDir(), fileblob.Options{})
	f.Cleanup(func() { closeStore(f, s) })
	want := someUpload(123)
	signed, err := url.Parse(signedPut(f, s, want).URL)
	if err != nil {
		f.Fatal(err)
	}
	now := time.Now()
	f.Add(signed.Path, signed.RawQuery)
	f.Add(signed.Path, strings.Replace(signed.RawQuery, "size=123", "size=124", 1))
	f.Add(signed.Path, strings.Replace(signed.RawQuery, "&size=123", "%0a123&size=", 1))
	f.Add("/blobs/a", "expires=99999999999&sha256=&sig=&size=1&type=a")
	f.Fuzz(func(t *testing.T, path, rawQuery string) {
		got, err := s.VerifyPut(&url.URL{Path: path, RawQuery: rawQuery}, now)
		if err == nil && got != want {
			t.Errorf("%q allows %+v", path+"?"+rawQuery, got)
		}
		if err != nil && (!errors.Is(err, blob.ErrBadSignature) || got != blob.Upload{}) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
