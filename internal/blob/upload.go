package blob

import (
	"encoding/hex"
	"errors"
	"strings"
	"time"
)

// Why content that was sent by a [SignedPut] is refused, where it is an adapter of ours
// that receives it. Nothing of it is kept.
var (
	// ErrMediaType: it is not declared, and declared alone, as the media type signed for.
	ErrMediaType = errors.New("blob: another media type than was signed for")
	// ErrTooLarge: more bytes were announced than were signed for.
	ErrTooLarge = errors.New("blob: more bytes than were signed for")
	// ErrTooSmall: fewer bytes were announced than were signed for, or none at all.
	ErrTooSmall = errors.New("blob: no length, or fewer bytes than were signed for")
	// ErrIncomplete: the content ended early, or came too slowly. It may be sent again.
	ErrIncomplete = errors.New("blob: the content did not arrive whole")
	// ErrSum: the content is not the one whose sum was signed for.
	ErrSum = errors.New("blob: another content than was signed for")
	// ErrExists: there is an object already; a signed request stores one.
	ErrExists = errors.New("blob: the object exists")
	// ErrBusy: too many are being received. It may be sent again later.
	ErrBusy = errors.New("blob: too many uploads at once")
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
