package blob

import (
	"encoding/hex"
	"errors"
	"strings"
	"time"
)

// LargestUpload is the most bytes of an upload: what S3 takes in one piece.
const LargestUpload = 5 << 30

// Upload is an object that somebody else is to store, once.
type Upload struct {
	Key       string
	MediaType string
	Size      int64  // in bytes, from 1 to [LargestUpload]
	SHA256    string // lower-case hex; empty where it is not known
}

// SignedPut is how an [Upload] is stored, without credentials.
type SignedPut struct {
	URL string
	// Header must be sent as it is: the signature covers it.
	Header    map[string]string
	ExpiresAt time.Time
}

// Check tells whether the upload can be signed for.
func (u Upload) Check() error {
	raw, err := hex.DecodeString(u.SHA256)
	switch {
	case !ValidKey(u.Key):
		return ErrInvalidKey
	case u.MediaType == "" || !ValidMediaType(u.MediaType):
		return errors.New("an upload needs a valid media type")
	case u.Size < 1 || u.Size > LargestUpload:
		return errors.New("an upload has 1 byte to 5 GiB")
	case u.SHA256 != "" && (err != nil || len(raw) != 32 || strings.ToLower(u.SHA256) != u.SHA256):
		return errors.New("the SHA-256 of an upload is 64 lower-case hex digits")
	default:
		return nil
	}
}
