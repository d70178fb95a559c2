package pgstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"dpp/internal/store"
)

// Codes of PostgreSQL, https://www.postgresql.org/docs/15/errcodes-appendix.html.
const (
	codeUndefinedTable   = "42P01"
	codeInvalidSchema    = "3F000"
	codeSerialization    = "40001"
	codeDeadlock         = "40P01"
	codeLockNotAvailable = "55P03"
	codeQueryCanceled    = "57014"
	codeReadOnly         = "25006"
	codeCheck            = "23514"
	codeNoPrepared       = "26000"
	codeTwicePrepared    = "42P05"
	codeRequired         = "DPP01" // of the schema's own function
	classConnection      = "08"
	classResources       = "53"
	classOperator        = "57"
	classSystem          = "58"
)

// ErrPooler: what was prepared on one connection is looked for on another. PgBouncer
// carries prepared statements over from version 1.21 on.
var ErrPooler = errors.New("a pooler in transaction mode stands before the server: add default_query_exec_mode=cache_describe to the database's URL")

func code(err error) string {
	var said *pgconn.PgError
	if errors.As(err, &said) {
		return said.Code
	}
	return ""
}

func noTable(err error) bool {
	c := code(err)
	return c == codeUndefinedTable || c == codeInvalidSchema
}

// collided tells whether the same transaction may go through later.
func collided(err error) bool {
	c := code(err)
	return (c == codeSerialization || c == codeDeadlock) && !errors.Is(err, store.ErrInDoubt)
}

// goingDown tells whether the server ended the connection.
func goingDown(said *pgconn.PgError) bool {
	return strings.HasPrefix(said.Code, classOperator) && said.Code != codeQueryCanceled || strings.HasPrefix(said.Code, classConnection)
}

// describe gives an error its meaning in the port: nothing was written, unless the
// error says already that this is in doubt.
func describe(err error) error {
	if err == nil || errors.Is(err, store.ErrInDoubt) || errors.Is(err, store.ErrUnavailable) {
		return err
	}
	if c := code(err); c != "" {
		switch {
		case c == codeRequired:
			return fmt.Errorf("%w: %w", errLost, err)
		case c == codeNoPrepared, c == codeTwicePrepared:
			return fmt.Errorf("%w: %w: %w", store.ErrUnavailable, ErrPooler, err)
		case c == codeLockNotAvailable, c == codeQueryCanceled, c == codeReadOnly, c == codeSerialization, c == codeDeadlock,
			strings.HasPrefix(c, classConnection), strings.HasPrefix(c, classResources), strings.HasPrefix(c, classOperator),
			strings.HasPrefix(c, classSystem):
			return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
		}
		return err
	}
	if errors.Is(err, context.Canceled) {
		return err // the caller left
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) || pgconn.Timeout(err) || pgconn.SafeToRetry(err) || brokenConnection(err) {
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	return err
}

func firstLine(query string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(query), "\n")
	return line
}

// lost tells that a transaction found under its feet what it had read changed.
func lost(err error) bool { return code(err) == codeRequired }
