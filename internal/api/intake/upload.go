package intake

import (
	"mime"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/api/strictjson"
	"dpp/internal/blob"
	"dpp/internal/runs"
)

// maxUploadName is how many characters the name of an upload has at most.
const maxUploadName = 255

// UploadBody is the form of an announcement's body, for the document of the API.
type UploadBody struct {
	MediaType string `json:"media_type" minLength:"1" maxLength:"255" doc:"What the file is; the signed request takes no other. Packs look at the bytes all the same." example:"application/pdf"`
	Size      int64  `json:"size_bytes" minimum:"1" maximum:"67108864" doc:"How many bytes the file has, exactly."`
	SHA256    string `json:"sha256,omitempty" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 of the file in lower-case hex; the signed request then takes no other bytes. May be left out."`
	Name      string `json:"name,omitempty" minLength:"1" maxLength:"255" doc:"What you call the file. May be left out."`
}

// DecodeUpload reads the body of an announcement; whose it is, it does not know. What
// it returns beside an error is of no use.
func DecodeUpload(body []byte) (runs.Announcement, error) {
	value, err := strictjson.Normalize(body)
	if err != nil {
		return runs.Announcement{}, unreadable(err)
	}
	var a runs.Announcement
	f := &findings{}
	object(map[string]member{
		"media_type": {required: true, read: mediaType(&a.MediaType)},
		"size_bytes": {required: true, read: integer(&a.Size, 1, runs.MaxUpload)},
		"sha256":     {read: sum(&a.SHA256)},
		"name":       {read: text(&a.Name, maxUploadName)},
	})(f, "", value)
	return a, f.Err()
}

const mediaTypeForm = `a media type such as "application/pdf", of at most 255 printable ASCII characters`

// mediaType reads a media type, and leaves it as it is written.
func mediaType(into *string) func(*findings, string, jsontext.Value) {
	return func(f *findings, at string, value jsontext.Value) {
		s, ok := strictjson.Text(value)
		if !ok {
			f.invalid(at, "type", "The value is not a string.", mediaTypeForm)
			return
		}
		kind, _, err := mime.ParseMediaType(s)
		if err != nil || !strings.Contains(kind, "/") || !blob.ValidMediaType(s) {
			f.invalid(at, "pattern", "The text is not a media type.", mediaTypeForm)
			return
		}
		*into = s
	}
}

var sumForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

func sum(into *string) func(*findings, string, jsontext.Value) {
	return func(f *findings, at string, value jsontext.Value) {
		const expected = "64 lower-case hex digits"
		s, ok := strictjson.Text(value)
		if !ok {
			f.invalid(at, "type", "The value is not a string.", expected)
			return
		}
		if !sumForm.MatchString(s) {
			f.invalid(at, "pattern", "The text does not have the required form.", expected)
			return
		}
		*into = s
	}
}
