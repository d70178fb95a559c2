package inputs_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/inputs"
	"dpp/internal/pack"
)

const readerSchema = `{"type":"object","required":["files"],"additionalProperties":false,"$defs":{"page":{"type":"string","maxLength":9}},"properties":{"files":{"type":"array","items":{"$ref":"#/$defs/input_file"}}}}`

// reader is a pack with files in its inputs, each with pages.
type reader struct{ pack.Pack }

func (reader) Manifest() *pack.Manifest {
	schema, err := inputs.Schema(jsontext.Value(readerSchema), jsontext.Value(`{"pages":{"$ref":"#/$defs/page"}}`))
	if err != nil {
		panic(err)
	}
	return &pack.Manifest{Type: "reader", InputsSchema: schema, DataSchema: jsontext.Value("true"), Prices: []dpp.Price{{Unit: "file", Per: 1, Amount: 100}}}
}

type page struct {
	inputs.File
	Pages string `json:"pages,omitempty"`
}

func (reader) Estimate(raw jsontext.Value) (pack.Estimate, error) {
	var in struct {
		Files []page `json:"files"`
	}
	if err := json.Unmarshal(raw, &in, json.RejectUnknownMembers(true)); err != nil {
		return pack.Estimate{}, err
	}
	var fields []pack.FieldError
	for i := range in.Files {
		fields = append(fields, in.Files[i].Check(pack.Pointer("files", string('0'+rune(i))), 10)...)
	}
	if len(fields) > 0 {
		return pack.Estimate{}, &pack.InputError{Fields: fields}
	}
	return pack.Estimate{}, nil
}

func TestTheSchemaOfAFile(t *testing.T) {
	registry, err := pack.NewRegistry(nil, reader{})
	if err != nil {
		t.Fatal(err)
	}
	offer, _ := registry.Lookup("reader")
	id := string(dpp.NewUploadID())
	for file, want := range map[string]string{
		`{"kind":"inline","media_type":"text/plain","data":"YQ==","name":"a b.txt"}`: "",
		`{"kind":"inline","media_type":"text/csv; charset=utf-8","data":"YWJj"}`:     "",
		`{"kind":"upload","upload_id":"` + id + `","pages":"1-3"}`:                   "",
		`{"kind":"url","url":"https://example.com/a.pdf"}`:                           "",

		`{}`:                             "/kind required",
		`{"kind":"stolen"}`:              "/kind not_allowed",
		`"@scan.pdf"`:                    " type",
		`{"kind":"inline"}`:              "/data required, /media_type required",
		`{"kind":"upload"}`:              "/upload_id required",
		`{"kind":"url"}`:                 "/url required",
		`{"kind":"url","url":"file://"}`: "/url pattern",
		`{"kind":"upload","upload_id":"` + id + `","url":"https://a/"}`:                      "/url unknown_field",
		`{"kind":"upload","upload_id":"run_x"}`:                                              "/upload_id pattern",
		`{"kind":"upload","upload_id":"` + id + `","page":"1"}`:                              "/page unknown_field",
		`{"kind":"upload","upload_id":"` + id + `","pages":"1,2,3,4,5,6"}`:                   "/pages too_long",
		`{"kind":"inline","media_type":"text","data":"YQ=="}`:                                "/media_type pattern",
		`{"kind":"inline","media_type":"text/plain\n","data":"YQ=="}`:                        "/media_type pattern",
		`{"kind":"inline","media_type":"text/plain","data":"YQ==","upload_id":"` + id + `"}`: "/upload_id unknown_field",

		`{"kind":"inline","media_type":"text/plain","data":"YQ=\n="}`:            "/data pattern",
		`{"kind":"inline","media_type":"text/plain","data":"YQ==YQ=="}`:          "/data pattern",
		`{"kind":"inline","media_type":"text/plain","data":"s3cret"}`:            "/data pattern",
		`{"kind":"inline","media_type":"text/plain","data":"MDEyMzQ1Njc4OTA="}`:  "/data too_long",
		`{"kind":"inline","media_type":"text/plain","data":"MDEyMzQ1Njc4OQ=="} `: "",
	} {
		_, err := offer.Check(jsontext.Value(`{"files":[` + file + `]}`))
		if got := found(err); got != want {
			t.Errorf("%s: found %q, want %q", file, got, want)
		}
	}
}

// found lists findings below the first file, by place and code.
func found(err error) string {
	var list []string
	if e, ok := err.(*pack.InputError); ok { //nolint:errorlint // it is never wrapped
		for _, f := range e.Fields {
			list = append(list, strings.TrimPrefix(f.Pointer, "/files/0")+" "+f.Code)
		}
	} else if err != nil {
		return err.Error()
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

func TestSchemaNeedsASchema(t *testing.T) {
	for _, schema := range []string{"", "true", "[]", `{"$defs":1}`} {
		if got, err := inputs.Schema(jsontext.Value(schema), nil); err == nil {
			t.Errorf("%q: %s", schema, got)
		}
	}
	if got, err := inputs.Schema(jsontext.Value("{}"), jsontext.Value("[]")); err == nil {
		t.Errorf("with more that is no object: %s", got)
	}
}

func TestUploadRefs(t *testing.T) {
	id := dpp.NewUploadID()
	f := inputs.File{Kind: inputs.KindUpload, UploadID: id}
	if ref, ok := f.Upload("/files/3"); !ok || ref.ID != id || ref.Pointer != "/files/3/upload_id" {
		t.Errorf("%+v, %v", ref, ok)
	}
	f.Kind = inputs.KindURL
	if ref, ok := f.Upload("/files/3"); ok {
		t.Errorf("%+v", ref)
	}
}

// FuzzFile holds that whatever text stands in a file is taken exactly where the
// standard library takes it, and at the size that it decodes to.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{"", "YQ==", "YQ=", "YQ==YQ==", "QR==", "YWJj\n", strings.Repeat("YWJj", 1024) + "YQ==", strings.Repeat("YWJj", 1023) + "YQ==YWJj", "=", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data string) {
		content, err := base64.StdEncoding.Strict().DecodeString(data)
		good := err == nil && !strings.ContainsAny(data, "\r\n")
		file := inputs.File{Kind: inputs.KindInline, Data: data}
		if got := file.Check("/f", int64(len(content))); (len(got) == 0) != good {
			t.Errorf("%q: %+v, but it is base64: %v", data, got, good)
		}
		if good && len(content) > 0 && len(file.Check("/f", int64(len(content))-1)) == 0 {
			t.Errorf("%q: its size is not seen", data)
		}
	})
}
