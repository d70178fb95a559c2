// Package inputs brings in the files that inputs name: bytes that stand in the inputs
// themselves, uploads, and URLs. It is the one door for them, and believes nothing:
// the sum is computed, the type is that of the bytes, and an upload is looked up under
// its owner.
//
// What is wrong with a file is a [*pack.Failure] that names its place in the inputs
// and repeats neither its content nor its name nor its URL.
package inputs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"dpp"
	"dpp/internal/blob"
	"dpp/internal/fetch"
	"dpp/internal/pack"
	"dpp/internal/store"
)

// Objects is the part of [blob.Store] that uploads are read from.
type Objects interface {
	Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, blob.Info, error)
}

// Uploads is the part of [store.Uploads] that looks them up.
type Uploads interface {
	UploadsByID(ctx context.Context, ids []dpp.UploadID) ([]store.KnownUpload, error)
}

// Fetcher is the judged fetcher, see [fetch.Fetcher].
type Fetcher interface {
	Fetch(ctx context.Context, req fetch.Request) (*fetch.Result, error)
}

// Options bound a [Loader].
type Options struct {
	// RunBytes is the most bytes that the files of one run have together; default 64 MiB.
	RunBytes int64
	// HeldBytes is the most bytes that all runs of the process hold at once; default
	// 256 MiB, and never less than RunBytes.
	HeldBytes int64
}

// Loader loads files. It is safe for concurrent use.
type Loader struct {
	objects Objects
	uploads Uploads
	fetcher Fetcher
	opts    Options
	room    *semaphore.Weighted
}

// New returns a loader.
func New(objects Objects, uploads Uploads, fetcher Fetcher, opts Options) *Loader {
	if opts.RunBytes <= 0 {
		opts.RunBytes = 64 << 20
	}
	if opts.HeldBytes <= 0 {
		opts.HeldBytes = 256 << 20
	}
	opts.HeldBytes = max(opts.HeldBytes, opts.RunBytes)
	return &Loader{objects: objects, uploads: uploads, fetcher: fetcher, opts: opts, room: semaphore.NewWeighted(opts.HeldBytes)}
}

// Need is a file of some inputs, and what a pack takes there.
type Need struct {
	File
	// Pointer is where the file stands, a JSON Pointer relative to the inputs.
	Pointer string
	// MaxBytes is the most bytes that the file may have.
	MaxBytes int64
	// Accept are the media types that are taken, without parameters; none: any.
	// "text/plain" stands for every type that is text.
	Accept []string
	// AllowHTTP permits plain http for a URL.
	AllowHTTP bool
	// Timeout bounds the fetch of a URL; default 30 s.
	Timeout time.Duration
}

// Content is a file that was loaded.
type Content struct {
	Bytes []byte
	// MediaType is that of the bytes, without parameters, see [TypeOf].
	MediaType string
	SHA256    string // lower-case hex
	// Name is what the file is called, for people; it may be empty.
	Name string
	// URL is where the bytes came from in the end, for a file named by URL.
	URL string
}

// Files are the files of one run, under way. One goroutine uses them.
type Files struct {
	loader *Loader
	needs  []Need
	rows   map[dpp.UploadID]dpp.Upload
	shared int64 // bytes that are left for all files whose size nobody told
	close  func()
}

// Open looks the files of a run up, refuses what need not be read for that, and waits
// for room for all of them. Owner is the account whose uploads they may be. Files that
// were opened must be closed.
func (l *Loader) Open(ctx context.Context, owner dpp.AccountID, needs []Need) (*Files, error) {
	rows, err := l.rows(ctx, owner, needs)
	if err != nil {
		return nil, err
	}
	f := &Files{loader: l, needs: needs, rows: rows}
	var known, unknown int64
	for i := range needs {
		size, told, err := f.size(&needs[i])
		switch {
		case err != nil:
			return nil, err
		case told:
			known += size
		default:
			unknown += size
		}
		if known > l.opts.RunBytes {
			return nil, l.tooMuch()
		}
	}
	f.shared = min(unknown, l.opts.RunBytes-known)
	if unknown > 0 && f.shared == 0 {
		return nil, l.tooMuch()
	}
	held := known + f.shared
	if err := l.room.Acquire(ctx, held); err != nil {
		return nil, err
	}
	f.close = sync.OnceFunc(func() { l.room.Release(held) })
	return f, nil
}

// Close gives the room back, also for what was loaded: its bytes should be used no
// more.
func (f *Files) Close() { f.close() }

// rows finds the uploads that the files name and that are the owner's.
func (l *Loader) rows(ctx context.Context, owner dpp.AccountID, needs []Need) (map[dpp.UploadID]dpp.Upload, error) {
	var ids []dpp.UploadID
	for i := range needs {
		if needs[i].Kind == KindUpload {
			ids = append(ids, needs[i].UploadID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := l.uploads.UploadsByID(ctx, ids)
	if err != nil {
		return nil, unavailable(ctx, "The uploads that the inputs name could not be looked up.", err)
	}
	rows := make(map[dpp.UploadID]dpp.Upload, len(found))
	for _, u := range found {
		if u.Account() == owner { // expired or not: the run uses it
			rows[u.ID] = u.Upload
		}
	}
	return rows, nil
}

// size is how many bytes a file has, or where nobody told, how many it may have.
func (f *Files) size(n *Need) (size int64, told bool, err error) {
	switch n.Kind {
	case KindInline:
		if size, err = decodedSize(n.Data); err != nil {
			return 0, false, notBase64(n.Pointer)
		}
	case KindUpload:
		row, ok := f.rows[n.UploadID]
		if !ok {
			return 0, false, noUpload(n.Pointer)
		}
		size = row.Size
	case KindURL:
		return min(n.MaxBytes, fetch.MaxBody), false, nil
	default:
		return 0, false, fmt.Errorf("inputs: no such kind of file at %s", n.Pointer) // the schema lets none through
	}
	if size > n.MaxBytes {
		return 0, false, tooLarge(n.Pointer, n.MaxBytes)
	}
	return size, true, nil
}

func (l *Loader) tooMuch() error {
	return reject("The files have together more than "+amount(l.opts.RunBytes)+".", "Submit fewer or smaller files in one run.")
}

// unavailable is a failure that is not the caller's, with its cause for the log; the
// context's own error where that has ended.
func unavailable(ctx context.Context, detail string, cause error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return errors.Join(&pack.Failure{
		Reason: dpp.ReasonPackError, Detail: detail, Hint: "Submit the same run again later, with a new idempotency key.", Retryable: true,
	}, cause)
}
