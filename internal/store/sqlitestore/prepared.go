package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
)

type preparer interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// prepared are the statements of a connection, or of a pool, each prepared when it
// is first needed.
type prepared struct {
	on    preparer
	mu    sync.Mutex
	stmts map[string]*sql.Stmt // by their text; nil where it was not needed yet
}

func newPrepared(on preparer, queries []string) *prepared {
	p := &prepared{on: on, stmts: make(map[string]*sql.Stmt, len(queries))}
	for _, query := range queries {
		p.stmts[query] = nil
	}
	return p
}

// get finds a statement. One that is not in the lists of statements.go, which the
// tests go by, is a mistake of this package.
func (p *prepared) get(ctx context.Context, query string) (*sql.Stmt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	stmt, listed := p.stmts[query]
	if stmt != nil {
		return stmt, nil
	}
	if !listed {
		return nil, fmt.Errorf("sqlitestore: statement %q is not listed", firstLine(query))
	}
	stmt, err := p.on.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", firstLine(query), err)
	}
	p.stmts[query] = stmt
	return stmt, nil
}

func (p *prepared) close() error {
	var errs []error
	for _, stmt := range p.stmts {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}

func firstLine(query string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(query), "\n")
	return line
}
