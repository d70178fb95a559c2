package inputs_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"dpp"
	"dpp/internal/blob"
	"dpp/internal/blob/fileblob"
	"dpp/internal/fetch"
	"dpp/internal/inputs"
	"dpp/internal/pack"
	"dpp/internal/store"
)

const mib = 1 << 20

var pdf = []byte("%PDF-1.7\n1 0 obj\n<<>>\nendobj\n")

// png is the beginning of one, and enough for telling.
var png = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00")

// world is what files come from: an object store, rows of uploads, and a server.
type world struct {
	t      *testing.T
	blobs  *fileblob.Store
	rows   rows
	tenant dpp.TenantID
	server *httptest.Server
	loader *inputs.Loader
}

// rows are the uploads that there are; err is what a lookup fails with.
type rows struct {
	uploads map[dpp.UploadID]dpp.Upload
	lookups *int
	err     *error
}

func (r rows) UploadsByID(_ context.Context, ids []dpp.UploadID) ([]store.KnownUpload, error) {
	*r.lookups++
	if *r.err != nil {
		return nil, *r.err
	}
	var found []store.KnownUpload
	for _, id := range ids {
		if u, ok := r.uploads[id]; ok {
			found = append(found, store.KnownUpload{Upload: u, Expired: true, Used: true})
		}
	}
	return found, nil
}

func newWorld(t *testing.T, opts inputs.Options, handler http.HandlerFunc) *world {
	t.Helper()
	blobs, err := fileblob.Open(t.TempDir(), fileblob.Options{BaseURL: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, blobs: blobs, rows: rows{map[dpp.UploadID]dpp.Upload{}, new(int), new(error)}, tenant: dpp.NewTenantID()}
	t.Cleanup(func() { _ = blobs.Close() })
	var policy fetch.Policy
	if handler != nil {
		w.server = httptest.NewServer(handler)
		t.Cleanup(w.server.Close)
		policy.AllowCIDRs = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	}
	w.loader = inputs.New(blobs, w.rows, fetch.New(fetch.Options{Policy: policy}), opts)
	return w
}

func (w *world) owner() dpp.AccountID { return dpp.AccountOf(w.tenant, true) }

// sent is an upload whose bytes have arrived, by the signed request.
func (w *world) sent(mediaType string, content []byte) dpp.Upload {
	w.t.Helper()
	u := w.announced(mediaType, content)
	signed, err := w.blobs.SignPut(w.t.Context(), blob.Upload{Key: u.ObjectKey(), MediaType: mediaType, Size: u.Size, SHA256: u.SHA256}, 1e12)
	if err != nil {
		w.t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(w.t.Context(), http.MethodPut, signed.URL, strings.NewReader(string(content)))
	for name, value := range signed.Header {
		r.Header.Set(name, value)
	}
	answer := httptest.NewRecorder()
	w.blobs.Handler(func(_ http.ResponseWriter, _ *http.Request, err error) { w.t.Fatal(err) }).ServeHTTP(answer, r)
	return u
}

func (w *world) announced(mediaType string, content []byte) dpp.Upload {
	u := dpp.Upload{ID: dpp.NewUploadID(), Tenant: w.tenant, Live: true, Name: "scan.pdf", MediaType: mediaType, Size: int64(len(content)), SHA256: sum(content)}
	w.rows.uploads[u.ID] = u
	return u
}

// load opens and loads one file.
func (w *world) load(n inputs.Need) (*inputs.Content, error) {
	files, err := w.loader.Open(w.t.Context(), w.owner(), []inputs.Need{n})
	if err != nil {
		return nil, err
	}
	defer files.Close()
	return files.Load(w.t.Context(), 0)
}

func (w *world) loaded(n inputs.Need) *inputs.Content {
	w.t.Helper()
	c, err := w.load(n)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// failed checks that a file is refused for a reason, and that the words tell its place
// and none of its secrets.
func failed(t *testing.T, what string, err error, want dpp.Reason, part string) *pack.Failure {
	t.Helper()
	var f *pack.Failure
	if !errors.As(err, &f) {
		t.Errorf("%s: error %v, want %s", what, err, want)
		return &pack.Failure{}
	}
	if f.Reason != want || !strings.Contains(f.Detail, part) || f.Hint == "" {
		t.Errorf("%s: %+v, want %s with %q", what, f, want, part)
	}
	for _, secret := range []string{"s3cret", "127.0.0.1", "scan.pdf"} {
		if strings.Contains(f.Detail+f.Hint, secret) {
			t.Errorf("%s: %q, %q tell %s", what, f.Detail, f.Hint, secret)
		}
	}
	return f
}

func need(f inputs.File) inputs.Need {
	return inputs.Need{File: f, Pointer: "/files/0", MaxBytes: mib, AllowHTTP: true}
}

func inline(mediaType string, content []byte) inputs.File {
	return inputs.File{Kind: inputs.KindInline, MediaType: mediaType, Data: base64.StdEncoding.EncodeToString(content), Name: "scan.pdf"}
}

func upload(u dpp.Upload) inputs.File {
	return inputs.File{Kind: inputs.KindUpload, UploadID: u.ID}
}

func (w *world) at(path string) inputs.File {
	return inputs.File{Kind: inputs.KindURL, URL: w.server.URL + path}
}

func sum(content []byte) string {
	s := sha256.Sum256(content)
	return hex.EncodeToString(s[:])
}

// reply answers with a type and a body.
func reply(mediaType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mediaType)
		_, _ = io.WriteString(w, body)
	}
}
