package pgstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5"

	"dpp/internal/store"
)

// read runs one statement that sees the newest commit.
func (s *Store) read(ctx context.Context, query string, each func(pgx.Row) error, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	defer conn.Release()
	rows, err := conn.Query(ctx, query, args...)
	if err == nil {
		err = forEach(rows, each)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", firstLine(query), describe(err))
	}
	return nil
}

// readAll gathers the rows of one statement.
func readAll[T any](ctx context.Context, s *Store, scan func(pgx.Row) (T, error), query string, args ...any) (all []T, err error) {
	err = s.read(ctx, query, func(r pgx.Row) error {
		one, err := scan(r)
		if err == nil {
			all = append(all, one)
		}
		return err
	}, args...)
	return all, err
}

// readOne reads one number, text or the like.
func readOne[T any](ctx context.Context, s *Store, query string, args ...any) (value T, err error) {
	err = s.read(ctx, query, func(r pgx.Row) error { return r.Scan(&value) }, args...)
	return value, err
}

// brokenConnection tells of a connection that ended under a statement.
func brokenConnection(err error) bool {
	var network net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.As(err, &network)
}
