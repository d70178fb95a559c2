package intake

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"dpp"
	"dpp/internal/runs"
)

func TestAnAnnouncementIsRead(t *testing.T) {
	sum := strings.Repeat("0f", 32)
	for body, want := range map[string]runs.Announcement{
		`{"media_type":"application/pdf","size_bytes":1}`:                                     {MediaType: "application/pdf", Size: 1},
		`{"media_type":"text/csv; charset=utf-8","size_bytes":67108864,"sha256":null}`:        {MediaType: "text/csv; charset=utf-8", Size: 64 << 20},
		`{"media_type":"image/png","size_bytes":2.0,"name":"ü.png","sha256":"` + sum + `"}`:   {MediaType: "image/png", Size: 2, Name: "ü.png", SHA256: sum},
		`{"media_type":"image/png","size_bytes":2,"name":"` + strings.Repeat("ü", 255) + `"}`: {MediaType: "image/png", Size: 2, Name: strings.Repeat("ü", 255)},
	} {
		if got, err := DecodeUpload([]byte(body)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
}

func TestAnAnnouncementIsRefused(t *testing.T) {
	good := func(change string) string { return `{"media_type":"image/png","size_bytes":1` + change + `}` }
	for body, want := range map[string]string{
		`{}`:                                                                 "/media_type required, /size_bytes required",
		`{"media_type":"image/png"}`:                                         "/size_bytes required",
		`{"media_type":7,"size_bytes":"1"}`:                                  "/media_type type, /size_bytes type",
		`{"media_type":"","size_bytes":0}`:                                   "/media_type pattern, /size_bytes out_of_range",
		`{"media_type":"image","size_bytes":67108865}`:                       "/media_type pattern, /size_bytes out_of_range",
		`{"media_type":"image/png\n","size_bytes":-1}`:                       "/media_type pattern, /size_bytes out_of_range",
		`{"media_type":"image/ü","size_bytes":1.5}`:                          "/media_type pattern, /size_bytes type",
		`{"media_type":"a/` + strings.Repeat("b", 255) + `","size_bytes":1}`: "/media_type pattern",
		good(`,"sha256":"0f"`):                                               "/sha256 pattern",
		good(`,"sha256":"` + strings.Repeat("0F", 32) + `"`):                 "/sha256 pattern",
		good(`,"sha256":"` + strings.Repeat("0g", 32) + `"`):                 "/sha256 pattern",
		good(`,"sha256":[]`):                                                 "/sha256 type",
		good(`,"name":""`):                                                   "/name too_short",
		good(`,"name":"` + strings.Repeat("n", 256) + `"`):                   "/name too_long",
		good(`,"name":"a\nb"`):                                               "/name pattern",
		good(`,"live":true`):                                                 "/live unknown_field",
		good(`,"Name":"n"`):                                                  "/Name unknown_field",
	} {
		_, err := DecodeUpload([]byte(body))
		var refusal *runs.Refusal
		if !errors.As(err, &refusal) {
			t.Errorf("%s: %v", body, err)
			continue
		}
		var told []string
		for _, f := range refusal.Fields {
			told = append(told, *f.Pointer+" "+f.Code)
		}
		if got := strings.Join(told, ", "); got != want || refusal.Reason != dpp.ReasonValidationFailed && refusal.Reason != dpp.ReasonUnknownField {
			t.Errorf("%s: %s %q, want %q", body, refusal.Reason, got, want)
		}
	}
	_, err := DecodeUpload([]byte("{"))
	var refusal *runs.Refusal
	if !errors.As(err, &refusal) || refusal.Reason != dpp.ReasonBadRequest {
		t.Errorf("no JSON: %v", err)
	}
}

func FuzzDecodeUpload(f *testing.F) {
	f.Add([]byte(`{"media_type":"application/pdf","size_bytes":1,"sha256":"` + strings.Repeat("0f", 32) + `","name":"n"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := DecodeUpload(body)
		if err == nil && (a.MediaType == "" || a.Size < 1 || a.Size > runs.MaxUpload || len(a.SHA256)%64 != 0 || len(a.Name) > 4*255) {
			t.Errorf("read %+v", a)
		}
	})
}
