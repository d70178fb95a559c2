package inputs_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"dpp"
	"dpp/internal/blob"
	"dpp/internal/inputs"
)

func TestEveryKindGivesTheSame(t *testing.T) {
	w := newWorld(t, inputs.Options{}, reply("application/octet-stream", string(pdf)))
	for name, test := range map[string]struct {
		file      inputs.File
		name, url string
	}{
		"inline": {inline("application/pdf", pdf), "scan.pdf", ""},
		"upload": {upload(w.sent("application/pdf", pdf)), "scan.pdf", ""},
		"url":    {w.at("/a/report%20final.pdf?x=1"), "report final.pdf", w.server.URL + "/a/report%20final.pdf?x=1"},
	} {
		n := need(test.file)
		n.Accept = []string{"image/png", "application/pdf"}
		c := w.loaded(n)
		if !bytes.Equal(c.Bytes, pdf) || c.MediaType != "application/pdf" || c.SHA256 != sum(pdf) || c.Name != test.name || c.URL != test.url {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

func TestALargeUpload(t *testing.T) {
	w := newWorld(t, inputs.Options{}, nil)
	content := append(slices.Clone(pdf), make([]byte, 3*mib)...)
	n := need(upload(w.sent("application/pdf", content)))
	n.MaxBytes = 4 * mib
	if c := w.loaded(n); !bytes.Equal(c.Bytes, content) {
		t.Errorf("%d bytes", len(c.Bytes))
	}
}

func TestWhatIsRejected(t *testing.T) {
	w := newWorld(t, inputs.Options{}, nil)
	foreign := w.sent("application/pdf", pdf)
	foreign.Tenant = dpp.NewTenantID()
	w.rows.uploads[foreign.ID] = foreign
	test := w.sent("application/pdf", pdf)
	test.Live = false
	w.rows.uploads[test.ID] = test
	damaged := w.sent("application/pdf", pdf)
	damaged.SHA256 = sum(png)
	w.rows.uploads[damaged.ID] = damaged
	resized := w.sent("application/pdf", pdf)
	resized.Size++
	w.rows.uploads[resized.ID] = resized
	purged := w.sent("application/pdf", pdf)
	if err := w.blobs.DeletePrefix(t.Context(), purged.ObjectPrefix()); err != nil {
		t.Fatal(err)
	}
	large := bytes.Repeat([]byte("s3cret "), mib/7+1)
	for name, c := range map[string]struct {
		file inputs.File
		part string
	}{
		"no such upload":             {upload(dpp.Upload{ID: dpp.NewUploadID()}), "does not exist"},
		"another tenant's":           {upload(foreign), "does not exist"},
		"the test account's":         {upload(test), "does not exist"},
		"an upload that is purged":   {upload(purged), "does not exist"},
		"one that has not arrived":   {upload(w.announced("application/pdf", pdf)), "does not exist"},
		"another sum":                {upload(damaged), "not those that were announced"},
		"another size":               {upload(resized), "not those that were announced"},
		"an upload of another type":  {upload(w.sent("image/png", pdf)), "bytes are application/pdf"},
		"a large upload":             {upload(w.sent("text/plain", large)), "more than 1 MiB"},
		"bytes of another type":      {inline("application/pdf", png), "bytes are image/png"},
		"text that is no PDF":        {inline("application/pdf", []byte("s3cret")), "bytes are text/plain"},
		"text that is no JSON":       {inline("application/json", []byte(`{"a":s3cret}`)), "bytes are text/plain"},
		"bytes that are no text":     {inline("text/csv", []byte("a,b\n1,\x00\x01\x02")), "bytes are application/octet-stream"},
		"a type that is not taken":   {inline("text/plain", []byte("s3cret")), "which is not taken here"},
		"nothing":                    {inline("text/plain", nil), "is empty"},
		"a large one":                {inline("text/plain", large), "more than 1 MiB"},
		"data that is no base64":     {inputs.File{Kind: inputs.KindInline, MediaType: "text/plain", Data: "s3cret!!"}, "not base64"},
		"data that is not canonical": {inputs.File{Kind: inputs.KindInline, MediaType: "text/plain", Data: "QR=="}, "not base64"},
	} {
		n := need(c.file)
		n.Accept = []string{"application/pdf", "image/png"}
		_, err := w.load(n)
		f := failed(t, name, err, dpp.ReasonInputRejected, c.part)
		if f.Retryable || !strings.Contains(f.Detail, "/files/0") {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestURLs(t *testing.T) {
	w := newWorld(t, inputs.Options{}, func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(rw, r, "/data.csv", http.StatusFound)
		case "/data.csv":
			reply("text/csv; charset=utf-8", "a,b\n1,2\n")(rw, r)
		case "/large":
			_, _ = rw.Write(make([]byte, 2*mib))
		case "/empty":
		case "/busy":
			rw.WriteHeader(http.StatusServiceUnavailable)
		case "/cut":
			rw.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(rw, "s3cret")
		default:
			rw.WriteHeader(http.StatusNotFound)
		}
	})
	if c := w.loaded(need(w.at("/moved"))); c.MediaType != "text/csv" || c.Name != "data.csv" || !strings.HasSuffix(c.URL, "/data.csv") {
		t.Errorf("%+v", c)
	}
	w2 := newWorld(t, inputs.Options{}, nil) // which allows nothing private
	for name, c := range map[string]struct {
		world     *world
		file      inputs.File
		http      bool
		reason    dpp.Reason
		part      string
		retryable bool
		blocked   string
	}{
		"too large":       {w, w.at("/large"), true, dpp.ReasonInputRejected, "more than 1 MiB", false, ""},
		"empty":           {w, w.at("/empty"), true, dpp.ReasonInputRejected, "is empty", false, ""},
		"not there":       {w, w.at("/none?s3cret"), true, dpp.ReasonPackError, "status 404", false, ""},
		"busy":            {w, w.at("/busy"), true, dpp.ReasonPackError, "status 503", true, ""},
		"cut off":         {w, w.at("/cut"), true, dpp.ReasonPackError, "BODY_INCOMPLETE", true, ""},
		"plain http":      {w, w.at("/data.csv"), false, dpp.ReasonInputRejected, "HTTP_NOT_ALLOWED", false, "HTTP_NOT_ALLOWED"},
		"private":         {w2, w.at("/data.csv"), true, dpp.ReasonInputRejected, "NOT_ALLOWED", false, "NOT_ALLOWED"},
		"with a password": {w, inputs.File{Kind: inputs.KindURL, URL: "http://u:s3cret@127.0.0.1/"}, true, dpp.ReasonInputRejected, "USERINFO", false, "USERINFO"},
	} {
		n := need(c.file)
		n.AllowHTTP = c.http
		_, err := c.world.load(n)
		f := failed(t, name, err, c.reason, c.part)
		if f.Retryable != c.retryable || !strings.Contains(f.Detail, "/files/0") {
			t.Errorf("%s: %+v", name, f)
		}
		if (c.blocked == "") != (len(f.Blocked) == 0) || c.blocked != "" && (!strings.Contains(f.Blocked[0].Reason, c.blocked) || strings.Contains(f.Blocked[0].URL, "s3cret")) {
			t.Errorf("%s: evidence %+v", name, f.Blocked)
		}
	}
}

// A server's word for the type is a hint: what it gives is taken for what it is.
func TestAServersTypeIsNotBelieved(t *testing.T) {
	for declared, want := range map[string]string{"text/html": "application/pdf", "": "application/pdf", "application/pdf": "application/pdf"} {
		w := newWorld(t, inputs.Options{}, reply(declared, string(pdf)))
		if c := w.loaded(need(w.at("/"))); c.MediaType != want || c.Name != "" {
			t.Errorf("%q: %+v", declared, c)
		}
	}
}

// What is not the caller's fault is no rejection, and says its cause to the log.
func TestPartsThatFail(t *testing.T) {
	w := newWorld(t, inputs.Options{}, nil)
	u := w.sent("application/pdf", pdf)
	cause := errors.New("the database is away")
	*w.rows.err = cause
	_, err := w.load(need(upload(u)))
	if f := failed(t, "no rows", err, dpp.ReasonPackError, "looked up"); !f.Retryable || !errors.Is(err, cause) {
		t.Errorf("%v", err)
	}
	*w.rows.err = nil
	for name, objects := range map[string]inputs.Objects{
		"no objects":       broken{err: cause},
		"one that breaks":  broken{body: io.MultiReader(bytes.NewReader(pdf[1:]), errReader{cause}), size: int64(len(pdf))},
		"one that is long": broken{body: io.MultiReader(bytes.NewReader(pdf), errReader{cause}), size: int64(len(pdf))},
	} {
		files, err := inputs.New(objects, w.rows, nil, inputs.Options{}).Open(t.Context(), w.owner(), []inputs.Need{need(upload(u))})
		if err != nil {
			t.Fatal(err)
		}
		_, err = files.Load(t.Context(), 0)
		files.Close()
		if f := failed(t, name, err, dpp.ReasonPackError, "/files/0 could not be read"); !f.Retryable || !errors.Is(err, cause) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type broken struct {
	err  error
	body io.Reader
	size int64
}

func (b broken) Get(context.Context, string, int64, int64) (io.ReadCloser, blob.Info, error) {
	return io.NopCloser(b.body), blob.Info{Size: b.size}, b.err
}

type errReader struct{ err error }

func (e errReader) Read([]byte) (int, error) { return 0, e.err }

// A run that is told to stop stops, and for its own reason.
func TestARunThatIsStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w := newWorld(t, inputs.Options{}, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	files, err := w.loader.Open(ctx, w.owner(), []inputs.Need{need(w.at("/")), need(upload(w.sent("application/pdf", pdf)))})
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	for i := range 2 {
		if c, err := files.Load(ctx, i); !errors.Is(err, context.Canceled) {
			t.Errorf("%d: %+v, %v", i, c, err)
		}
	}
}

func TestWhatIsTaken(t *testing.T) {
	w := newWorld(t, inputs.Options{}, nil)
	apng := "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x08acTL\x00\x00\x00\x01"
	for _, c := range []struct {
		declared, content string
		accept            []string
		want              string // empty: refused
	}{
		{"text/csv", table, []string{"text/plain"}, "text/csv"},
		{"application/json", `{"a":1}`, []string{"application/pdf", "text/plain"}, "application/json"},
		{"text/x-log", "a line", []string{"text/plain"}, "text/plain"},
		{"text/plain", table, []string{"text/csv"}, ""},
		{"text/csv", table, []string{"application/csv"}, "text/csv"},
		{"application/octet-stream", string(pdf), []string{"application/pdf"}, "application/pdf"},
		{"application/x-pdf", string(pdf), []string{"application/pdf"}, "application/pdf"},
		{"image/jpg", jpeg, []string{"image/jpeg"}, "image/jpeg"},
		{"IMAGE/PNG", apng, []string{"image/png"}, "image/apng"},
		{"image/png", string(pdf), nil, ""},
		{"application/octet-stream", "\x00\x01", nil, "application/octet-stream"},
		{"application/octet-stream", "\x00\x01", []string{"text/plain"}, ""},
	} {
		n := need(inline(c.declared, []byte(c.content)))
		n.Accept = c.accept
		got, err := w.load(n)
		switch {
		case c.want == "":
			failed(t, c.declared, err, dpp.ReasonInputRejected, "/files/0")
		case err != nil || got.MediaType != c.want:
			t.Errorf("%s of %q: %+v, %v, want %s", c.declared, c.accept, got, err, c.want)
		}
	}
}
