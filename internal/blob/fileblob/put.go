package fileblob

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"dpp/internal/blob"
)

// fileWriters is how many files one Put writes at once: the disk syncs several in
// hardly more time than one.
const fileWriters = 16

// row is an object on its way into the database.
type row struct {
	index    int // in the slice that was put
	object   blob.Object
	size     int64
	sha256   string
	metadata string
	file     string // empty: kept as a row
}

// Put implements [blob.Store]. However many objects it gets, they cost one commit.
func (s *Store) Put(ctx context.Context, objects []blob.Object) ([]blob.PutOutcome, error) {
	outcomes := make([]blob.PutOutcome, len(objects))
	rows := toRows(objects, outcomes)
	if len(rows) == 0 {
		return outcomes, ctx.Err()
	}
	files := filesOf(rows)
	for _, name := range files {
		s.inFlight.Store(name, nil)
	}
	defer func() {
		for _, name := range files {
			s.inFlight.Delete(name)
		}
	}()
	if err := s.store(ctx, rows, outcomes); err != nil {
		return nil, fmt.Errorf("put: %w", err)
	}
	return outcomes, nil
}

// store writes files first and rows after, and removes the files that no row will
// ever point at.
func (s *Store) store(ctx context.Context, rows []row, outcomes []blob.PutOutcome) error {
	if err := s.putFiles(ctx, rows); err != nil {
		return errors.Join(err, s.removeFiles(filesOf(rows)))
	}
	return s.commit(ctx, rows, outcomes)
}

// commit makes rows whose files are durable.
func (s *Store) commit(ctx context.Context, rows []row, outcomes []blob.PutOutcome) error {
	begun := false
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		begun = true
		return s.putRows(ctx, tx, rows, outcomes)
	})
	switch {
	case err != nil && begun:
		return err // perhaps committed, so the files stay
	case err != nil:
		return errors.Join(err, s.removeFiles(filesOf(rows)))
	}
	var losers []string
	for _, r := range rows {
		if r.file != "" && outcomes[r.index].Existed {
			losers = append(losers, r.file)
		}
	}
	_ = s.removeFiles(losers) // the objects are stored; Sweep removes what is left
	return nil
}

// toRows gives a row to every valid object, and an outcome to every other.
func toRows(objects []blob.Object, outcomes []blob.PutOutcome) []row {
	folder := shard()
	rows := make([]row, 0, len(objects))
	for i, o := range objects {
		if outcomes[i].Err = o.Check(); outcomes[i].Err != nil {
			continue
		}
		sum := sha256.Sum256(o.Content)
		r := row{index: i, object: o, size: int64(len(o.Content)), sha256: hex.EncodeToString(sum[:]), metadata: "{}"}
		if len(o.Metadata) > 0 {
			text, _ := json.Marshal(o.Metadata) // of strings, cannot fail
			r.metadata = string(text)
		}
		if len(o.Content) > inlineLimit {
			r.file = randomName(folder)
		}
		rows = append(rows, r)
	}
	return rows
}

func filesOf(rows []row) []string {
	var names []string
	for _, r := range rows {
		if r.file != "" {
			names = append(names, r.file)
		}
	}
	return names
}

// putFiles writes the large objects; all are durable when it returns without error.
func (s *Store) putFiles(ctx context.Context, rows []row) error {
	names := filesOf(rows)
	if len(names) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(fileWriters)
	for _, r := range rows {
		if r.file != "" {
			group.Go(func() error { return s.writeFile(ctx, r.file, r.object.Content) })
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return syncFolder(s.files.Open(names[0][:1])) // one Put, one shard
}

func (s *Store) putRows(ctx context.Context, tx *sql.Tx, rows []row, outcomes []blob.PutOutcome) error {
	insert, existing := tx.StmtContext(ctx, s.stmt.insert), tx.StmtContext(ctx, s.stmt.existing)
	now := time.Now().UnixMilli()
	for _, r := range rows {
		outcome := &outcomes[r.index]
		*outcome = blob.PutOutcome{} // of an attempt that met a lock
		result, err := insert.ExecContext(ctx, r.values(now)...)
		if err != nil {
			return err
		}
		inserted, err := result.RowsAffected()
		if err != nil {
			return err
		}
		if inserted == 0 {
			outcome.Existed = true
			if outcome.Existing, err = scanInfo(existing.QueryRowContext(ctx, r.object.Key)); err != nil {
				return err
			}
		}
	}
	return nil
}

// values are those of insertSQL.
func (r row) values(now int64) []any {
	o := r.object
	var file, content any
	switch {
	case r.file != "":
		file = r.file
	case o.Content == nil:
		content = []byte{} // nil would be NULL
	default:
		content = o.Content
	}
	return []any{o.Key, o.MediaType, r.size, r.sha256, r.metadata, now, file, content}
}
