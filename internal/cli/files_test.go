package cli

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	uploadID = "upl_06d0e0v5xv1zfc3aa8xkm2w7vg"
	uploaded = `{"kind":"upload","upload_id":"` + uploadID + `"}`
)

// filesSchema has files in every way that a schema can have them.
const filesSchema = `{"type":"object","$defs":{"input_file":{"type":"object","properties":{"url":{"type":"string"}}},"named":{"properties":{"file":{"$ref":"#/$defs/input_file"}}},
	"loop":{"$ref":"#/$defs/loop"}},
	"properties":{"question":{"type":"string"},"files":{"type":"array","items":{"$ref":"#/$defs/input_file"}},"file":{"$ref":"#/$defs/input_file"},
	"pair":{"prefixItems":[{"type":"string"},{"$ref":"#/$defs/input_file"}],"items":{"type":"string"}},
	"documents":{"items":{"oneOf":[{"properties":{"text":{"type":"string"}}},{"$ref":"#/$defs/named"}]}},
	"maybe":{"if":{},"then":{"$ref":"#/$defs/input_file"}},"any/~name":{"additionalProperties":{"allOf":[{"$ref":"#/$defs/input_file"}]}},"loop":{"$ref":"#/$defs/loop"}}}`

func TestWhereFilesStand(t *testing.T) {
	for inputs, want := range map[string]string{
		`{"file":"@a.pdf"}`:                                     "/file=a.pdf",
		`{"files":["@a","@b c.pdf","@/d/e"]}`:                   "/files/0=a /files/1=b c.pdf /files/2=/d/e",
		`{"documents":[{"text":"@a","file":"@b","name":"@c"}]}`: "/documents/0/file=b",
		`{"pair":["@a","@b","@c"]}`:                             "/pair/1=b",
		`{"maybe":"@a"}`:                                        "/maybe=a",
		`{"any/~name":{"x":"@a","y/":"@b"}}`:                    "/any~1~0name/x=a /any~1~0name/y~1=b",
		`{"question":"@home, or not?","files":[]}`:              "",
		`{"unknown":"@a","file":"a","files":["@"]}`:             "",
		`{"file":{"kind":"url","url":"@a"}}`:                    "",
		`{"files":{"0":"@a"},"loop":"@a","pair":"@"}`:           "",
	} {
		paths, err := localFiles(jsontext.Value(filesSchema), jsontext.Value(inputs))
		var got []string
		for at, path := range paths {
			got = append(got, at+"="+path)
		}
		wanted := strings.Split(want, " /")
		if err != nil || len(got) != len(paths) || want == "" && len(got) > 0 || want != "" && len(got) != len(wanted) {
			t.Errorf("%s: %q, %v", inputs, got, err)
		}
		for _, one := range got {
			if !strings.Contains(want, one) {
				t.Errorf("%s: %s", inputs, one)
			}
		}
	}
}

// filesBench is a bench in a folder with files, whose server has a pack that takes some.
func filesBench(t *testing.T) (*bench, *server) {
	b, s := online(t, nil)
	s.answers = answers{
		"GET /v1/packs/reader": says(`{"pack_type":"reader","inputs_schema":` + filesSchema + `}`),
		"POST /v1/runs":        says(runDoc("QUEUED", 1, "")),
		"POST /v1/uploads": func(w http.ResponseWriter, r *http.Request) {
			says(fmt.Sprintf(`{"upload_id":%q,"put":{"url":"%s/store?sig=s3cret","headers":{"Content-Length":"9"},"expires_at":"2025-01-02T03:04:05.678Z"},"expires_at":"2025-01-02T03:04:05.678Z"}`, uploadID, s.URL))(w, r)
		},
		"PUT /store": says(""),
	}
	for name, content := range map[string]string{"scan.pdf": "%PDF-1.7\n", "empty": "", "in.json": `{"files":["@scan.pdf"]}`} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return b, s
}

func (b *bench) submitFiles(inputs string) outcome {
	return b.run("run", "submit", "--pack", "reader", "--max-cost", "1", "--inputs", inputs)
}

func TestLocalFilesAreSent(t *testing.T) {
	b, s := filesBench(t)
	for inputs, want := range map[string]string{
		`{"files":["@scan.pdf"]}`: `{"files":[` + uploaded + `]}`,
		`@in.json`:                `{"files":[` + uploaded + `]}`,
		`{"n":1.50e2,"question":"@scan.pdf","file":"@scan.pdf","files":["@scan.pdf",{"kind":"url","url":"https://a/"}]}`: `{"n":1.50e2,"question":"@scan.pdf","file":` + uploaded +
			`,"files":[` + uploaded + `,{"kind":"url","url":"https://a/"}]}`,
	} {
		before := s.count("POST /v1/uploads")
		o := b.submitFiles(inputs)
		if o.code != exitDone {
			t.Fatalf("exit %d: %s", o.code, o.err)
		}
		contains(t, s.bodies["POST /v1/runs"], `"inputs":`+want)
		contains(t, s.bodies["POST /v1/uploads"], `"media_type":"application/pdf"`, `"size_bytes":9`, `"sha256":"`, `"name":"scan.pdf"`)
		contains(t, o.err, "scan.pdf was sent as "+uploadID)
		if n := s.count("POST /v1/uploads") - before; n != 1 || s.bodies["PUT /store"] != "%PDF-1.7\n" {
			t.Errorf("%d uploads of %q", n, s.bodies["PUT /store"])
		}
	}
	uploads := s.count("POST /v1/uploads")
	for _, inputs := range []string{`{"question":"@scan.pdf"}`, `{"files":[]}`} {
		if o := b.submitFiles(inputs); o.code != exitDone || s.count("POST /v1/uploads") != uploads {
			t.Errorf("%s: exit %d: %s", inputs, o.code, o.err)
		}
		contains(t, s.bodies["POST /v1/runs"], `"inputs":`+inputs)
	}
}

func TestFilesThatCannotBeSent(t *testing.T) {
	b, s := filesBench(t)
	large, err := os.Create("large")
	if err != nil {
		t.Fatal(err)
	}
	if err := large.Truncate(64<<20 + 1); err != nil { // of holes
		t.Fatal(err)
	}
	if err := large.Close(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"none.pdf": "the file at /files/1: none.pdf: no such file",
		"empty":    "the file at /files/1: empty is empty",
		".":        "the file at /files/1: . is no regular file",
		"large":    "the file at /files/1: large is larger than 64 MiB",
	} {
		o := b.submitFiles(`{"files":["@scan.pdf","@` + path + `"]}`)
		if o.code != exitUsage || !strings.Contains(o.err, want) {
			t.Errorf("%s: exit %d: %s", path, o.code, o.err)
		}
	}
	if s.count("POST /v1/uploads") > 0 || s.count("POST /v1/runs") > 0 {
		t.Errorf("asked %v", s.asked)
	}

	refused := func(name string, answer func(http.ResponseWriter, *http.Request), code int, want ...string) {
		t.Helper()
		s.answers[name] = answer
		o := b.submitFiles(`{"files":["@scan.pdf"]}`)
		if o.code != code {
			t.Errorf("%s: exit %d", name, o.code)
		}
		contains(t, o.err, want...)
		if strings.Contains(o.err, "s3cret") || s.count("POST /v1/runs") > 0 {
			t.Errorf("%s: asked %v: %s", name, s.asked, o.err)
		}
	}
	refused("PUT /store", problem(422, `{"title":"x","reason_code":"VALIDATION_FAILED","detail":"The sum differs."}`), exitFailed, "VALIDATION_FAILED", "The sum differs.")
	refused("POST /v1/uploads", problem(403, `{"title":"x","reason_code":"TENANT_SUSPENDED","detail":"No."}`), exitFailed, "TENANT_SUSPENDED")
}

func TestAPackThatDoesNotExistIsTheSubmitsToTell(t *testing.T) {
	b, s := filesBench(t)
	delete(s.answers, "GET /v1/packs/reader")
	s.answers["POST /v1/runs"] = problem(422, `{"title":"x","reason_code":"UNKNOWN_PACK","detail":"No such pack."}`)
	if o := b.submitFiles(`{"files":["@scan.pdf"]}`); o.code != exitFailed || !strings.Contains(o.err, "UNKNOWN_PACK") {
		t.Errorf("exit %d: %s", o.code, o.err)
	}
}

func TestWhatAFileIsDeclaredAs(t *testing.T) {
	for _, c := range []struct{ path, head, want string }{
		{"a.csv", "a,b", "text/csv"},
		{"A.CSV", "", "text/csv"},
		{"a.md", "# a", "text/markdown"},
		{"a.pdf", "%PDF-1.7", "application/pdf"},
		{"a.pdf", "\x89PNG\r\n\x1a\n", "image/png"},
		{"a", "just text", "text/plain"},
		{"a.tiff", "II*\x00", "application/octet-stream"},
		{"a.docx", "PK\x03\x04", "application/octet-stream"},
	} {
		if got := mediaTypeOf(c.path, []byte(c.head)); got != c.want {
			t.Errorf("%s, %q: %s, want %s", c.path, c.head, got, c.want)
		}
	}
}
