package fileblob

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"dpp/internal/blob"
)

// sweepRows is how many rows one transaction deletes, and how many names of a folder
// are read at once.
const sweepRows = 500

// DeletePrefix implements [blob.Store]. Rows go first and their files after, so that
// a crash between leaves orphans and never a row without its file.
func (s *Store) DeletePrefix(ctx context.Context, prefix string) error {
	if err := blob.CheckFolder(prefix); err != nil {
		return err
	}
	for {
		rows, files, err := s.deleteRows(ctx, prefix)
		if err != nil {
			return fmt.Errorf("delete: %w", err)
		}
		if err := s.removeFiles(files); err != nil {
			return fmt.Errorf("delete: %w", err)
		}
		if rows < sweepRows {
			return nil
		}
	}
}

func (s *Store) deleteRows(ctx context.Context, prefix string) (n int, files []string, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		n, files = 0, nil
		rows, err := tx.StmtContext(ctx, s.stmt.remove).QueryContext(ctx, prefix, beyond(prefix), sweepRows)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			var file sql.NullString
			if err := rows.Scan(&file); err != nil {
				return err
			}
			if file.Valid {
				files = append(files, file.String)
			}
			n++
		}
		return rows.Err()
	})
	return n, files, err
}

// Sweep removes files without a row that are older than [Options].OrphanAge, which
// a crash left behind, and returns their number. It is for the start and for once
// in a while.
func (s *Store) Sweep(ctx context.Context) (removed int, err error) {
	for i := range len(shards) {
		n, err := s.sweepShard(ctx, shards[i:i+1])
		removed += n
		if err != nil {
			return removed, fmt.Errorf("sweep: %w", err)
		}
	}
	return removed, nil
}

func (s *Store) sweepShard(ctx context.Context, shard string) (removed int, err error) {
	folder, err := s.files.Open(shard)
	if err != nil {
		return 0, err
	}
	defer folder.Close() //nolint:errcheck // only read
	for {
		entries, err := folder.ReadDir(sweepRows)
		if err != nil && !errors.Is(err, io.EOF) || len(entries) == 0 {
			return removed, ignoreEOF(err)
		}
		for _, entry := range entries {
			orphan, err := s.orphan(ctx, shard, entry)
			if err != nil {
				return removed, err
			}
			if !orphan {
				continue
			}
			if err := s.removeFiles([]string{shard + "/" + entry.Name()}); err != nil {
				return removed, err
			}
			removed++
		}
	}
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// orphan tells whether a file is old enough to have a row, and has none.
func (s *Store) orphan(ctx context.Context, shard string, entry fs.DirEntry) (bool, error) {
	name := shard + "/" + entry.Name()
	if _, coming := s.inFlight.Load(name); coming {
		return false, nil
	}
	stat, err := entry.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // deleted in the meantime
	}
	if err != nil || time.Since(stat.ModTime()) < s.opts.OrphanAge {
		return false, err
	}
	err = s.patiently(ctx, func(ctx context.Context) error {
		var one int
		return s.stmt.file.QueryRowContext(ctx, name).Scan(&one)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return true, nil
	}
	return false, err
}
