package inputs

import (
	"encoding/base64"
	"errors"
	"strings"

	"dpp"
	"dpp/internal/pack"
)

// Kind is how inputs name a file.
type Kind string

// The kinds of input files.
const (
	KindInline Kind = "inline" // its bytes stand in the inputs
	KindUpload Kind = "upload" // it was sent beforehand
	KindURL    Kind = "url"    // it is fetched
)

// File is an input file as inputs have it; which fields there are follows from Kind,
// see [Schema].
type File struct {
	Kind      Kind         `json:"kind"`
	MediaType string       `json:"media_type,omitempty"`
	Data      string       `json:"data,omitempty"` // base64
	Name      string       `json:"name,omitempty"`
	UploadID  dpp.UploadID `json:"upload_id,omitempty"`
	URL       string       `json:"url,omitempty"`
}

// Check finds what the schema cannot say of a file: it is for [pack.Pack].Estimate.
// Pointer is where the file stands, maxBytes the most bytes that it may have.
func (f *File) Check(pointer string, maxBytes int64) []pack.FieldError {
	if f.Kind != KindInline {
		return nil
	}
	size, err := decodedSize(f.Data)
	switch {
	case err != nil:
		return []pack.FieldError{{Pointer: pointer + "/data", Code: "pattern", Message: "The text is not base64 (RFC 4648, with padding, without line breaks)."}}
	case size > maxBytes:
		return []pack.FieldError{{Pointer: pointer + "/data", Code: "too_long", Message: "The file is too large.", Expected: "at most " + amount(maxBytes)}}
	default:
		return nil
	}
}

// Upload is the upload that the file names, for [pack.Estimate].Uploads.
func (f *File) Upload(pointer string) (pack.UploadRef, bool) {
	return pack.UploadRef{Pointer: pointer + "/upload_id", ID: f.UploadID}, f.Kind == KindUpload
}

var errBase64 = errors.New("not base64")

// decodedSize is how many bytes a base64 text stands for, found without keeping any.
func decodedSize(text string) (int64, error) {
	if strings.ContainsAny(text, "\r\n") { // which the decoder would pass over
		return 0, errBase64
	}
	const step = 4 << 10 // a multiple of 4
	var decoded [step / 4 * 3]byte
	var size int64
	for len(text) > 0 {
		piece := text[:min(step, len(text))]
		text = text[len(piece):]
		n, err := base64.StdEncoding.Strict().Decode(decoded[:], []byte(piece))
		if err != nil || n < len(piece)/4*3 && text != "" { // padding ends it
			return 0, errBase64
		}
		size += int64(n)
	}
	return size, nil
}
