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
// that they report is durable. All that take a key return [ErrInvalidKey] for one
// that is not valid.
//
// Callers make no key the folder of another: whether "a/b" can be stored beside "a"
// is up to the adapter, whose Put may refuse the later one in its outcome.
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
	// after, in the byte order of their keys. Of each it tells key, size and time;
	// whether the rest is set is up to the adapter, so callers ask Head for it.
	List(ctx context.Context, prefix, after string, limit int) ([]Info, error)

	// DeletePrefix removes every object whose key starts with prefix, which must
	// end with '/'. Objects that are gone already are no error.
	DeletePrefix(ctx context.Context, prefix string) error

	// SignGet returns a URL under which anyone may read the object for ttl, which is
	// at most 7 days. Whether there is such an object it does not tell.
	SignGet(ctx context.Context, key string, ttl time.Duration) (string, error)

	// SignPut returns the request by which anyone may store the object for ttl, which
	// is at most 7 days: with exactly the announced media type and size and, where the
	// sum was given, exactly those bytes. Any other content is refused with a status of
	// 4xx, and nothing of it is ever seen. The request takes effect once: where there is
	// an object under the key, whoever stored it, it is refused with 409 or 412 and that
	// object stays as it is. Answered with 200, the object is durable; it has no metadata.
	// Whether the key is free is not told here. An upload whose Check fails is an error.
	SignPut(ctx context.Context, upload Upload, ttl time.Duration) (SignedPut, error)

	// Ping tells whether the store answers.
	Ping(ctx context.Context) error

	// Close releases what the store holds. It is called once, after all use.
	Close() error
}

// Object is something to be stored.
type Object struct {
	Key string
	// MediaType is printable ASCII. An object without one may come back as
	// application/octet-stream.
	MediaType string
	Content   []byte
	// Metadata keys are lower-case letters, digits and '-', and do not start with
	// [OwnMetadata]; values are visible ASCII and not empty. Together at most 1 KiB.
	Metadata map[string]string
}

// PutOutcome is what became of one object.
type PutOutcome struct {
	// Existed: the key was taken already, by Existing; nothing was written. The
	// caller compares sums to see whether it is its own earlier write.
	Existed  bool
	Existing Info
	// Err is set where this object alone was refused and not written, such as with
	// [ErrInvalidKey].
	Err error
}

// Info describes a stored object.
type Info struct {
	Key       string
	MediaType string
	Size      int64
	SHA256    string // lower-case hex of the content; empty where others stored it and the store has no sum
	Metadata  map[string]string
	StoredAt  time.Time // by the store's clock, to the second or finer
}
