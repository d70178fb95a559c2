// Package fileblob keeps objects in a local folder. Small ones are rows of one SQLite
// file, so that a batch of them costs one commit; larger ones are files beside it.
//
// The row is the truth. A file is written and synced first and its row committed
// after, so that content and metadata appear in one step, and what a crash leaves
// behind is at most a file without a row, which [Store.Sweep] removes. Keys never
// become paths: files have random names.
//
// What is reported as written is on the disk: commits are synced (synchronous=FULL,
// and F_FULLFSYNC where macOS needs it), and so are files and their folders before
// the row that points at them.
package fileblob

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"dpp/internal/blob"
)

// inlineLimit is the size up to which an object is kept as a row.
const inlineLimit = 64 << 10

// Options change how a [Store] works. The zero value is a good start.
type Options struct {
	// BaseURL is what signed URLs start with, such as "http://127.0.0.1:8000". It
	// may be given later, see [Store.SetBaseURL].
	BaseURL string
	// Timeout is the time that one write may take, and how long a file that another
	// process has locked is waited for; default 30 s.
	Timeout time.Duration
	// OrphanAge is the age from which a file without a row is taken for what a crash
	// left behind. It must exceed the time of any Put; default 1 h.
	OrphanAge time.Duration
	// Readers is how many reads may be under way at once; default 4.
	Readers int
	// Uploads is how many uploads are received at once; default 16.
	Uploads int
	// UploadPace is the time in which each MiB of an upload, or what is left of it,
	// must arrive; default 30 s.
	UploadPace time.Duration
}

// Store is a [blob.Store] in a folder. Several processes may have the same folder
// open. Make it with [Open].
type Store struct {
	opts   Options
	base   atomic.Pointer[string]
	secret []byte
	files  *os.Root
	// inFlight are files whose rows may still come. Their age does not tell, where
	// somebody sets the clock.
	inFlight sync.Map
	// receiving holds a token for every upload under way.
	receiving chan struct{}

	writer, readers *sql.DB
	stmt            statements
}

var _ blob.Store = (*Store)(nil)

// Open opens the store in a folder, and makes both where they are missing.
func Open(dir string, opts Options) (_ *Store, err error) {
	if opts.Timeout <= 0 {
		opts.Timeout = 30 * time.Second
	}
	if opts.OrphanAge <= 0 {
		opts.OrphanAge = time.Hour
	}
	if opts.Readers <= 0 {
		opts.Readers = 4
	}
	if opts.Uploads <= 0 {
		opts.Uploads = 16
	}
	if opts.UploadPace <= 0 {
		opts.UploadPace = 30 * time.Second
	}
	s := &Store{opts: opts, receiving: make(chan struct{}, opts.Uploads)}
	s.SetBaseURL(opts.BaseURL)
	defer func() {
		if err != nil {
			err = fmt.Errorf("open blob folder: %w", errors.Join(err, s.Close()))
		}
	}()
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	if s.files, err = openFiles(dir); err != nil {
		return nil, err
	}
	if s.secret, err = loadSecret(filepath.Join(dir, "url.key")); err != nil {
		return nil, err
	}
	if err := s.openDatabase(filepath.Join(dir, "objects.db")); err != nil {
		return nil, err
	}
	return s, nil
}

// SetBaseURL sets what the signed URLs made from now on start with.
func (s *Store) SetBaseURL(base string) {
	base = strings.TrimRight(base, "/")
	s.base.Store(&base)
}

// Ping implements [blob.Store].
func (s *Store) Ping(ctx context.Context) error {
	if _, err := s.files.Stat("."); err != nil {
		return fmt.Errorf("blob folder: %w", err)
	}
	return s.patiently(ctx, func(ctx context.Context) error {
		var one int
		err := s.stmt.ping.QueryRowContext(ctx).Scan(&one)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
}

// Close implements [blob.Store].
func (s *Store) Close() error {
	var errs []error
	if s.readers != nil {
		errs = append(errs, s.readers.Close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.Close())
	}
	if s.files != nil {
		errs = append(errs, s.files.Close())
	}
	return errors.Join(errs...)
}
