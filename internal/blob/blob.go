// Package blob is the port of the object store: envelopes, artifacts and large
// inputs, written once, fetched by signed URL, deleted by prefix.
package blob

import (
	"context"
	"errors"
	"io"
	"time"
)

// Errors of the port. Any other error means that the store could not be asked or
// did not say: the caller knows nothing.
var (
	// ErrNotFound: there is definitely no object under that key.
	ErrNotFound = errors.New("blob: no such object")
	// ErrInvalidKey: the key is not a valid one, see [ValidKey].
	ErrInvalidKey = errors.New("blob: invalid key")
	// ErrBadSignature: a signed URL was changed, made by another key, or is too old.
	ErrBadSignature = errors.New("blob: signature wrong or expired")
)

// Store keeps objects. Its methods are safe for concurrent use, and every write
// that they report is durable.
type Store interface {
	// Put writes objects, each only where its key is still free, content and
	// metadata in one step: an object is there whole or not at all. It returns
	// one outcome per object, in order. An error means that the fate of every
	// object is unknown; putting the same again is safe.
	Put(ctx context.Context, objects []Object) ([]PutOutcome, error)

	// Head returns what is known of an object, or [ErrNotFound].
	Head(ctx context.Context, key string) (Info, error)

	// Get opens an object for reading, or returns [ErrNotFound]. length < 0 reads
	// to the end. An offset behind the end reads nothing. The caller closes it.
	Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, Info, error)

	// List returns up to limit objects whose keys start with prefix and sort after
	// the key after, in the order of their keys.
	List(ctx context.Context, prefix, after string, limit int) ([]Info, error)

	// DeletePrefix removes every object whose key starts with prefix, which must
	// end with '/'. Objects that are gone already are no error.
	DeletePrefix(ctx context.Context, prefix string) error

	// SignGet returns a URL under which anyone may read the object for ttl.
	SignGet(ctx context.Context, key string, ttl time.Duration) (string, error)

	// Ping tells whether the store answers.
	Ping(ctx context.Context) error

	// Close releases what the store holds. It is called once, after all use.
	Close() error
}

// Object is something to be stored.
type Object struct {
	Key       string
	MediaType string
	Content   []byte
	// Metadata keys are lower-case letters, digits and '-'; values are visible
	// ASCII. Together at most 2 KiB.
	Metadata map[string]string
}

// PutOutcome is what became of one object.
type PutOutcome struct {
	// Existed: the key was taken already, by Existing; nothing was written. The
	// caller compares sums to see whether it is its own earlier write.
	Existed  bool
	Existing Info
	// Err is set where this object alone was refused, such as [ErrInvalidKey].
	Err error
}

// Info describes a stored object.
type Info struct {
	Key       string
	MediaType string
	Size      int64
	SHA256    string // lower-case hex of the content
	Metadata  map[string]string
	StoredAt  time.Time
}

const maxKeyLength = 512

// ValidKey tells whether a key can be stored: 1 to 512 characters out of letters,
// digits, '-', '_', '.' and '/', no empty, "." or ".." segment.
func ValidKey(key string) bool {
	if key == "" || len(key) > maxKeyLength {
		return false
	}
	segment := 0
	for i := 0; i <= len(key); i++ {
		if i == len(key) || key[i] == '/' {
			switch key[segment:i] {
			case "", ".", "..":
				return false
			}
			segment = i + 1
			continue
		}
		if !keyByte(key[i]) {
			return false
		}
	}
	return true
}

func keyByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.'
}
