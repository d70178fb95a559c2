package blob

import (
	"errors"
	"strings"
)

// OwnMetadata is what the names of metadata start with that adapters keep for
// themselves; no object may bring such a name.
const OwnMetadata = "blob-"

const (
	maxKeyLength = 512
	// S3 takes 2 KiB of metadata: an adapter needs a part for its own.
	maxMetadata  = 1 << 10
	maxMediaType = 255
)

var (
	errMetadata = errors.New("blob: metadata keys are lower-case letters, digits and '-', none starting with " + OwnMetadata +
		", values visible ASCII and not empty, together at most 1 KiB")
	errMediaType = errors.New("blob: a media type is at most 255 printable ASCII characters without spaces around them")
)

// ValidKey tells whether a key can be stored: 1 to 512 characters out of letters,
// digits, '-', '_', '.' and '/', no empty, "." or ".." segment.
func ValidKey(key string) bool {
	if key == "" || len(key) > maxKeyLength {
		return false
	}
	for segment := range strings.SplitSeq(key, "/") {
		if segment == "" || segment == "." || segment == ".." || !all(segment, keyByte) {
			return false
		}
	}
	return true
}

func keyByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.'
}

// CheckKey returns [ErrInvalidKey] for a key that is no valid one.
func CheckKey(key string) error {
	if !ValidKey(key) {
		return ErrInvalidKey
	}
	return nil
}

// CheckFolder returns [ErrInvalidKey] for a prefix that is not a valid key and a '/'.
func CheckFolder(prefix string) error {
	folder, ok := strings.CutSuffix(prefix, "/")
	if !ok {
		return ErrInvalidKey
	}
	return CheckKey(folder)
}

// Check tells why an object cannot be stored, in any store.
func (o Object) Check() error {
	switch {
	case !ValidKey(o.Key):
		return ErrInvalidKey
	case !ValidMediaType(o.MediaType):
		return errMediaType
	case !validMetadata(o.Metadata):
		return errMetadata
	default:
		return nil
	}
}

// ValidMediaType tells whether an object may have that media type: at most 255
// printable ASCII characters, no space at either end.
func ValidMediaType(mediaType string) bool {
	return len(mediaType) <= maxMediaType && strings.Trim(mediaType, " ") == mediaType &&
		all(mediaType, func(c byte) bool { return ' ' <= c && c <= '~' })
}

func validMetadata(metadata map[string]string) bool {
	size := 0
	for key, value := range metadata {
		size += len(key) + len(value)
		if key == "" || value == "" || strings.HasPrefix(key, OwnMetadata) || !all(key, metadataKeyByte) || !all(value, visible) {
			return false
		}
	}
	return size <= maxMetadata
}

func metadataKeyByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-'
}

func visible(c byte) bool { return '!' <= c && c <= '~' }

func all(text string, allowed func(byte) bool) bool {
	for i := range len(text) {
		if !allowed(text[i]) {
			return false
		}
	}
	return true
}
