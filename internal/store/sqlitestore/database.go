package sqlitestore

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	_ "modernc.org/sqlite" // the driver
)

const (
	openTimeoutMS    = 5_000  // for a lock that another process holds while a connection is set up
	writerCachePages = 16_384 // of 4 KiB
	readerCachePages = 2_048
	// The log is copied back into the database after so many pages, and cut to so
	// many bytes.
	checkpointPages = 4_096
	logBytes        = 64 << 20
)

// openDatabase opens the file at path, which must exist, with room for conns
// connections at once and these pragmas beside those that every connection has.
func openDatabase(path string, conns int, pragmas ...string) (*sql.DB, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find the database: %w", err)
	}
	pragmas = append([]string{
		pragma("busy_timeout", openTimeoutMS),
		"journal_mode(WAL)",
		"synchronous(FULL)",
		"fullfsync(1)", // on macOS, where an fsync alone does not reach the disk
		"foreign_keys(1)",
		"trusted_schema(0)",
		"temp_store(MEMORY)",
		pragma("wal_autocheckpoint", checkpointPages),
		pragma("journal_size_limit", logBytes),
	}, pragmas...)
	query := url.Values{"mode": {"rw"}, "_txlock": {"immediate"}, "_dqs": {"0"}, "_pragma": pragmas}
	// The driver cuts at the first question mark, SQLite decodes the rest of the URI.
	escaped := (&url.URL{Path: filepath.ToSlash(absolute)}).EscapedPath()
	db, err := sql.Open("sqlite", "file:"+strings.ReplaceAll(escaped, "?", "%3F")+"?"+query.Encode())
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

func pragma(name string, value int) string { return name + "(" + strconv.Itoa(value) + ")" }

// row is one row of an answer.
type row interface{ Scan(dest ...any) error }

// querier runs the statements of one connection or transaction.
type querier interface {
	// query hands every row of the answer over, and ends with the first error.
	query(query string, each func(row) error, args ...any) error
}

func forEach(rows *sql.Rows, each func(row) error) (err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
