package fileblob

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"dpp/internal/blob"
)

// Head implements [blob.Store].
func (s *Store) Head(ctx context.Context, key string) (info blob.Info, err error) {
	if err := blob.CheckKey(key); err != nil {
		return blob.Info{}, err
	}
	err = s.patiently(ctx, func(ctx context.Context) error {
		info, err = scanInfo(s.stmt.head.QueryRowContext(ctx, key))
		return err
	})
	if err != nil {
		return blob.Info{}, fmt.Errorf("head: %w", notFound(err))
	}
	return info, nil
}

// Get implements [blob.Store].
func (s *Store) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, blob.Info, error) {
	if offset < 0 {
		return nil, blob.Info{}, errors.New("get: negative offset")
	}
	content, info, err := s.open(ctx, key)
	if err != nil {
		return nil, blob.Info{}, fmt.Errorf("get: %w", err)
	}
	offset = min(offset, info.Size)
	if rest := info.Size - offset; length < 0 || length > rest {
		length = rest
	}
	return section{io.NewSectionReader(content, offset, length), content}, info, nil
}

type section struct {
	io.Reader
	io.Closer
}

// content is an opened object, whole.
type content interface {
	io.ReadSeekCloser
	io.ReaderAt
}

// inline is the content of a small object.
type inline struct{ *bytes.Reader }

// Close implements [io.Closer].
func (inline) Close() error { return nil }

// open opens an object. A file may go between the row's reading and its own opening;
// the row is then gone as well, and if not, the folder is damaged.
func (s *Store) open(ctx context.Context, key string) (content, blob.Info, error) {
	for range 2 {
		info, name, small, err := s.lookup(ctx, key)
		if err != nil {
			return nil, blob.Info{}, err
		}
		if name == "" {
			return inline{bytes.NewReader(small)}, info, nil
		}
		file, err := s.openFile(name, info.Size)
		if err == nil {
			return file, info, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, blob.Info{}, err
		}
	}
	return nil, blob.Info{}, errors.New("damaged blob folder: an object's file is missing")
}

// lookup reads an object's row: what is known of it, and its file or its content.
func (s *Store) lookup(ctx context.Context, key string) (info blob.Info, file string, small []byte, err error) {
	if err := blob.CheckKey(key); err != nil {
		return blob.Info{}, "", nil, err
	}
	err = s.patiently(ctx, func(ctx context.Context) error {
		var name sql.NullString
		info, err = scanInfo(s.stmt.get.QueryRowContext(ctx, key), &name, &small)
		file = name.String
		return err
	})
	return info, file, small, notFound(err)
}

func (s *Store) openFile(name string, size int64) (*os.File, error) {
	file, err := s.files.Open(name)
	if err != nil {
		return nil, err
	}
	stat, err := file.Stat()
	if err == nil && stat.Size() != size {
		err = errors.New("damaged blob folder: an object's file has the wrong size")
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// List implements [blob.Store]; every field of the infos is set.
func (s *Store) List(ctx context.Context, prefix, after string, limit int) (infos []blob.Info, err error) {
	if limit <= 0 {
		return nil, nil
	}
	err = s.patiently(ctx, func(ctx context.Context) error {
		infos = nil
		rows, err := s.stmt.list.QueryContext(ctx, after, prefix, beyond(prefix), limit)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err tells
		for rows.Next() {
			info, err := scanInfo(rows)
			if err != nil {
				return err
			}
			infos = append(infos, info)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list: %w", err)
	}
	return infos, nil
}

// beyond sorts after every key that starts with prefix and before every other key
// that sorts after prefix: no key holds a byte above '~'.
func beyond(prefix string) string { return prefix + "\x7f" }

func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return blob.ErrNotFound
	}
	return err
}

// scanInfo reads the infoColumns, and further ones behind them.
func scanInfo(row interface{ Scan(...any) error }, further ...any) (blob.Info, error) {
	var (
		info     blob.Info
		metadata []byte
		storedAt int64
	)
	err := row.Scan(append([]any{&info.Key, &info.MediaType, &info.Size, &info.SHA256, &metadata, &storedAt}, further...)...)
	if err != nil {
		return blob.Info{}, err
	}
	info.StoredAt = time.UnixMilli(storedAt).UTC()
	return info, json.Unmarshal(metadata, &info.Metadata)
}
