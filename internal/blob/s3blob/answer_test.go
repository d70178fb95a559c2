package s3blob_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dpp/internal/blob"
	"dpp/internal/blob/s3blob"
)

// Whoever recovers a run must not take anything for the absence of its result but the
// server's own word about that key.
func TestOnlyTheServersWordIsAbsence(t *testing.T) {
	page := func(status int) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<html><body>nothing here</body></html>")
		}
	}
	for name, test := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request)
		absent bool
	}{
		"the key is not there":          {refusing(404, "NoSuchKey"), true},
		"the bucket is not there":       {refusing(404, "NoSuchBucket"), false},
		"a 404 of another kind":         {refusing(404, "XAdminUserNotFound"), false},
		"a 404 without a word":          {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, false},
		"a proxy's 404":                 {page(404), false},
		"a proxy's page":                {page(200), false},
		"gone":                          {refusing(410, "NoSuchKey"), false},
		"forbidden":                     {refusing(403, "AccessDenied"), false},
		"forbidden to say of that key":  {refusing(403, "NoSuchKey"), false},
		"an error that names no object": {refusing(500, "NoSuchKey"), false},
		"throttled":                     {refusing(503, "SlowDown"), false},
		"elsewhere":                     {refusing(301, "PermanentRedirect"), false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.answer = func(w http.ResponseWriter, r *http.Request) bool { test.answer(w, r); return true }
			s := open(t, f.options())
			_, headErr := s.Head(t.Context(), "a/b")
			_, _, getErr := s.Get(t.Context(), "a/b", 0, -1)
			_, _, partErr := s.Get(t.Context(), "a/b", 5, 5)
			_, _, noneErr := s.Get(t.Context(), "a/b", 0, 0)
			for name, err := range map[string]error{"Head": headErr, "Get": getErr, "Get of a part": partErr, "Get of nothing": noneErr} {
				if errors.Is(err, blob.ErrNotFound) != test.absent {
					t.Errorf("%s: error %v", name, err)
				}
			}
		})
	}
}

func TestPutMeets(t *testing.T) {
	for name, test := range map[string]struct {
		status    int
		code      string
		times     int
		want      func(blob.PutOutcome, error) bool
		wantTries int
	}{
		"another conditional write": {409, "ConditionalRequestConflict", 2, created, 3},
		"a server that is ill":      {500, "InternalError", 2, created, 3},
		"a busy server":             {503, "SlowDown", 2, created, 3},
		"a damaged transfer":        {400, "BadDigest", 1, created, 2},
		"a server that stays ill":   {500, "InternalError", 99, unknown, 4},
		"a conflict that stays":     {409, "ConditionalRequestConflict", 99, unknown, 4},
		"a refusal of the caller":   {403, "AccessDenied", 99, unknown, 1},
		"no bucket":                 {404, "NoSuchBucket", 99, unknown, 1},
		"no conditional writes":     {501, "NotImplemented", 99, unknown, 1},
		"a limit of size":           {400, "EntityTooLarge", 99, refused, 1},
		"a limit of a proxy":        {413, "", 99, refused, 1},
		"a limit of keys":           {400, "KeyTooLongError", 99, refused, 1},
		"a folder of that name":     {409, "ExistingObjectIsDirectory", 99, refused, 1},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.answer = times(test.times, http.MethodPut, refusing(test.status, test.code))
			s := open(t, f.options())
			outcomes, err := s.Put(t.Context(), []blob.Object{object("a/b", "x")})
			outcome := blob.PutOutcome{}
			if err == nil {
				outcome = outcomes[0]
			}
			if !test.want(outcome, err) || errors.Is(err, blob.ErrNotFound) {
				t.Errorf("%+v, %v", outcome, err)
			}
			if tries := f.count(http.MethodPut, "a/b"); tries != test.wantTries {
				t.Errorf("%d attempts, want %d", tries, test.wantTries)
			}
		})
	}
}

func created(o blob.PutOutcome, err error) bool { return err == nil && o.Err == nil && !o.Existed }
func refused(o blob.PutOutcome, err error) bool { return err == nil && o.Err != nil && !o.Existed }
func unknown(_ blob.PutOutcome, err error) bool { return err != nil }

// The object that was there is gone when it is asked for: the key is free again.
func TestPutMeetsADelete(t *testing.T) {
	f := newFake(t)
	f.answer = times(2, http.MethodPut, refusing(412, "PreconditionFailed"))
	s := open(t, f.options())
	put(t, s, object("a/b", "x"))
	wantContent(t, s, "a/b", "x")

	f.answer = times(99, http.MethodPut, refusing(412, "PreconditionFailed"))
	if outcomes, err := s.Put(t.Context(), []blob.Object{object("a/c", "x")}); err == nil {
		t.Errorf("a key that is never free and never there: %+v", outcomes)
	}
	if tries := f.count(http.MethodPut, "a/c"); tries > 10 {
		t.Errorf("%d attempts", tries)
	}
}

// The answer to a write is lost, and its repeat finds the key taken: the caller sees
// by the sum that it was itself.
func TestPutMeetsItself(t *testing.T) {
	f := newFake(t)
	lose := times(1, http.MethodPut, func(http.ResponseWriter, *http.Request) {})
	f.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if !lose(w, r) {
			return false
		}
		f.mu.Lock()
		f.objects["a/b"] = stored{r.Header, []byte("x")}
		f.mu.Unlock()
		panic(http.ErrAbortHandler) // breaks the connection
	}
	s := open(t, f.options())
	o := object("a/b", "x")
	outcomes, err := s.Put(t.Context(), []blob.Object{o})
	if err != nil || !outcomes[0].Existed || outcomes[0].Existing.SHA256 != sum(o.Content) {
		t.Errorf("%+v, %v", outcomes, err)
	}
}

// A server that refuses a taken key may hang up while the content is still being sent:
// nobody ever hears of its refusal, and the key is taken all the same.
func TestARefusalThatNobodyHears(t *testing.T) {
	f := newFake(t)
	s := open(t, f.options())
	put(t, s, object("a/b", "first"))
	f.answer = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut {
			panic(http.ErrAbortHandler)
		}
		return false
	}
	outcomes, err := s.Put(t.Context(), []blob.Object{object("a/b", "second")})
	if err != nil || !outcomes[0].Existed || outcomes[0].Existing.SHA256 != sum([]byte("first")) {
		t.Errorf("%+v, %v", outcomes, err)
	}
	if outcomes, err := s.Put(t.Context(), []blob.Object{object("a/free", "x")}); err == nil {
		t.Errorf("nobody answered: %+v", outcomes)
	}
}

func TestAPutFailsWhole(t *testing.T) {
	f := newFake(t)
	f.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "a/2") {
			refuse(w, r, http.StatusForbidden, "AccessDenied")
			return true
		}
		return false
	}
	s := open(t, f.options())
	batch := []blob.Object{object("a/1", "1"), object("a/2", "2"), object("a/3", "3")}
	if outcomes, err := s.Put(t.Context(), batch); err == nil || outcomes != nil {
		t.Errorf("%+v, %v", outcomes, err)
	}
	f.answer = nil
	outcomes, err := s.Put(t.Context(), batch) // again is safe
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range outcomes {
		if o.Err != nil || o.Existed && o.Existing.SHA256 != sum(batch[i].Content) {
			t.Errorf("%d: %+v", i, o)
		}
	}
}

// What goes along with every object.
func TestWhatIsSent(t *testing.T) {
	f := newFake(t)
	opts := f.options()
	opts.Encryption, opts.KMSKey = "aws:kms", "alias/dpp"
	put(t, open(t, opts), object("a/b", "content"))
	raw := sha256.Sum256([]byte("content"))
	hex := sum([]byte("content"))
	for name, want := range map[string]string{
		"If-None-Match":                               "*",
		"Content-Type":                                "application/json",
		"X-Amz-Checksum-Sha256":                       base64.StdEncoding.EncodeToString(raw[:]),
		"X-Amz-Content-Sha256":                        hex,
		"X-Amz-Meta-Blob-Sha256":                      hex,
		"X-Amz-Meta-Dpp-Outcome":                      "COMPLETED",
		"X-Amz-Server-Side-Encryption":                "aws:kms",
		"X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": "alias/dpp",
	} {
		if got := f.last().Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	opts.Encryption, opts.KMSKey = "", ""
	put(t, open(t, opts), object("a/c", "content"))
	for name := range f.last().Header {
		if strings.HasPrefix(name, "X-Amz-Server-Side") || name == "X-Amz-Trailer" || name == "Content-Encoding" {
			t.Errorf("%s is sent", name)
		}
	}
}

func TestTheSum(t *testing.T) {
	f := newFake(t)
	s := open(t, f.options())
	put(t, s, object("a/b", "content"))
	wantSum := func(want string) {
		t.Helper()
		info, err := s.Head(t.Context(), "a/b")
		if err != nil || info.SHA256 != want {
			t.Errorf("Head: %+v, %v", info, err)
		}
		body, info, err := s.Get(t.Context(), "a/b", 0, -1)
		if err != nil || info.SHA256 != want {
			t.Fatalf("Get: %+v, %v", info, err)
		}
		closeBody(t, body)
	}
	wantSum(sum([]byte("content"))) // from our own metadata
	f.sumsOnly = true
	wantSum(sum([]byte("content"))) // from the server's checksum
	f.objects["a/b"].header.Set("X-Amz-Checksum-Sha256", "2yYqQsvXzZFGW4rUFpDZYh6Y0pnYD9bZ2pVXnQ5BW9E=-2")
	wantSum("") // that of parts is none
	f.objects["a/b"].header.Del("X-Amz-Checksum-Sha256")
	wantSum("")
}

// A content that was damaged in the store or on its way is not given as if it were
// whole, whether or not the server tells its own checksum.
func TestADamagedContentIsNoticed(t *testing.T) {
	for _, told := range []bool{true, false} {
		f := newFake(t)
		f.sumsOnly = told
		s := open(t, f.options())
		put(t, s, object("a/b", "content"))
		f.objects["a/b"].content[0] = 'C'
		body, _, err := s.Get(t.Context(), "a/b", 0, -1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(body); err == nil {
			t.Error("it was read to the end without an error")
		}
		closeBody(t, body)
	}
}

func TestAServerThatIgnoresRanges(t *testing.T) {
	f := newFake(t)
	f.answer = func(_ http.ResponseWriter, r *http.Request) bool { r.Header.Del("Range"); return false }
	s := open(t, f.options())
	put(t, s, object("a/b", "content"), object("a/c", ""))
	if _, _, err := s.Get(t.Context(), "a/b", 3, 2); err == nil {
		t.Error("a part was read")
	}
	for _, length := range []int64{3, 7, 9} {
		body, _, err := s.Get(t.Context(), "a/b", 0, length)
		if err != nil {
			t.Fatal(err)
		}
		if content, err := io.ReadAll(body); err != nil || string(content) != "content"[:min(length, 7)] {
			t.Errorf("%q, %v", content, err)
		}
		closeBody(t, body)
	}
	body, info, err := s.Get(t.Context(), "a/c", 3, 2)
	if err != nil || info.Size != 0 {
		t.Fatalf("%+v, %v", info, err)
	}
	closeBody(t, body)
}

// An answer of 200 may hold errors.
func TestADeleteThatIsRefusedInside(t *testing.T) {
	f := newFake(t)
	s := open(t, f.options())
	put(t, s, object("a/b", "x"), object("a/c", "x"))
	code := "AccessDenied"
	f.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if !r.URL.Query().Has("delete") {
			return false
		}
		_, _ = io.WriteString(w, `<DeleteResult><Error><Key>a/b</Key><Code>`+code+`</Code><Message>no</Message></Error></DeleteResult>`)
		return true
	}
	if err := s.DeletePrefix(t.Context(), "a/"); err == nil || !strings.Contains(err.Error(), "1 of 2 objects stay") {
		t.Errorf("error %v", err)
	}
	code = "NoSuchKey" // gone already
	if err := s.DeletePrefix(t.Context(), "a/"); err != nil {
		t.Error(err)
	}
}

// Objects of others, under names that are no keys, are none of ours.
func TestListLeavesOutWhatIsNoKey(t *testing.T) {
	f := newFake(t)
	s := open(t, f.options())
	put(t, s, object("a/b", "x"))
	f.objects["a/"] = stored{}
	f.objects["a/with space"] = stored{}
	infos, err := s.List(t.Context(), "a/", "", 9)
	if err != nil || len(infos) != 1 || infos[0].Key != "a/b" {
		t.Errorf("%+v, %v", infos, err)
	}
}

// A signature and the content that it covers go nowhere but to the endpoint.
func TestNoRedirectionIsFollowed(t *testing.T) {
	elsewhere := newFake(t)
	f := newFake(t)
	f.answer = func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, elsewhere.URL+r.URL.Path, http.StatusTemporaryRedirect)
		return true
	}
	s := open(t, f.options())
	for name, err := range everything(t.Context(), s) {
		if err == nil || errors.Is(err, blob.ErrNotFound) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if len(elsewhere.requests) > 0 {
		t.Errorf("followed to %s", elsewhere.requests[0].URL)
	}
}

// Over TLS, with a certificate that AWS_CA_BUNDLE makes known.
func TestOverTLS(t *testing.T) {
	f := newFake(t)
	secure := httptest.NewTLSServer(f)
	t.Cleanup(secure.Close)
	opts := f.options()
	opts.Endpoint = secure.URL
	for name, err := range everything(t.Context(), open(t, opts)) {
		if err == nil {
			t.Errorf("%s: a certificate of nobody was taken", name)
		}
	}
	bundle := filepath.Join(t.TempDir(), "bundle.pem")
	if err := os.WriteFile(bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CA_BUNDLE", bundle)
	s := open(t, opts)
	put(t, s, object("a/b", "content"))
	if got := f.last().Header.Get("X-Amz-Content-Sha256"); got != sum([]byte("content")) {
		t.Errorf("signed %q", got)
	}
	wantContent(t, s, "a/b", "content")
}

func TestOpen(t *testing.T) {
	f := newFake(t)
	t.Run("a region is needed where there is no endpoint", func(t *testing.T) {
		t.Setenv("AWS_REGION", "")
		if s, err := s3blob.Open(t.Context(), s3blob.Options{Bucket: "bucket"}); err == nil {
			t.Errorf("opened %v", s)
		}
		open(t, s3blob.Options{Bucket: "bucket", Endpoint: f.URL})
	})
	t.Run("addressing", func(t *testing.T) {
		for _, test := range []struct {
			endpoint, public string
			addressing       s3blob.Addressing
			want             string
		}{
			{"", "", s3blob.AddressingAuto, "https://bucket.s3.us-east-1.amazonaws.com/a/b?"},
			{"", "", s3blob.AddressingPath, "https://s3.us-east-1.amazonaws.com/bucket/a/b?"},
			{"http://store:9000", "", s3blob.AddressingAuto, "http://store:9000/bucket/a/b?"},
			{"http://store:9000", "", s3blob.AddressingHost, "http://bucket.store:9000/a/b?"},
			{"http://store:9000", "https://files.example.com", s3blob.AddressingAuto, "https://files.example.com/bucket/a/b?"},
			{"http://store:9000", "https://files.example.com", s3blob.AddressingHost, "https://bucket.files.example.com/a/b?"},
			{"http://store:9000", "https://files.example.com/s3", s3blob.AddressingPath, "https://files.example.com/s3/bucket/a/b?"},
			{"", "https://files.example.com", s3blob.AddressingAuto, "https://files.example.com/bucket/a/b?"},
		} {
			s := open(t, s3blob.Options{Bucket: "bucket", Endpoint: test.endpoint, PublicEndpoint: test.public, Addressing: test.addressing})
			signed, err := s.SignGet(t.Context(), "a/b", 1e9)
			if err != nil || !strings.HasPrefix(signed, test.want) {
				t.Errorf("%+v: %s, %v", test, signed, err)
			}
		}
	})
}
