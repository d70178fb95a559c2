package fileblob

import (
	"errors"

	"dpp/internal/blob"
)

const (
	maxMetadata  = 2 << 10
	maxMediaType = 255
)

var (
	errMetadata  = errors.New("blob: metadata keys are lower-case letters, digits and '-', values visible ASCII, together at most 2 KiB")
	errMediaType = errors.New("blob: a media type is at most 255 printable ASCII characters")
)

// checkObject tells why an object cannot be stored.
func checkObject(o blob.Object) error {
	switch {
	case !blob.ValidKey(o.Key):
		return blob.ErrInvalidKey
	case len(o.MediaType) > maxMediaType || !all(o.MediaType, func(c byte) bool { return ' ' <= c && c <= '~' }):
		return errMediaType
	case !validMetadata(o.Metadata):
		return errMetadata
	default:
		return nil
	}
}

func validMetadata(metadata map[string]string) bool {
	size := 0
	for key, value := range metadata {
		size += len(key) + len(value)
		if key == "" || !all(key, metadataKeyByte) || !all(value, func(c byte) bool { return '!' <= c && c <= '~' }) {
			return false
		}
	}
	return size <= maxMetadata
}

func metadataKeyByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-'
}

func all(text string, allowed func(byte) bool) bool {
	for i := range len(text) {
		if !allowed(text[i]) {
			return false
		}
	}
	return true
}
