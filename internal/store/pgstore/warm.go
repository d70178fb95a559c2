package pgstore

import (
	"context"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// A new connection has no plans and knows no tables: the first batch on it takes ten
// times as long as the next ones, and so does everybody who waits for it. Connections
// that are made ahead therefore carry out, before anybody gets them, what the life of
// a run needs, with lists of nothing.

// warmed are those statements. All their values may be NULL: a list that is NULL has
// nothing in it.
func warmed() []string {
	all := []string{
		lockAccounts, selectKeys, selectNow, selectHeld, selectReady, lockRuns, updateLeases,
		selectRunStates, selectKeysByHash, selectAccounts, selectRunsByKey,
	}
	for _, change := range []string{
		insertRuns, insertQueued, insertInputs, insertKeys, updateAccounts, insertEntries,
		updateStarted, deleteQueued, insertLeases, updateRuns, deleteLeases,
	} {
		all = append(all, required(change, values(change)))
	}
	return all
}

// values is how many a statement takes.
func values(query string) (n int) {
	for strings.Contains(query, "$"+strconv.Itoa(n+1)) {
		n++
	}
	return n
}

// warm teaches a connection. What cannot be taught is learnt later, or fails then, where
// somebody is told: only a connection that has broken is an error.
func (o Options) warm(_ context.Context, conn *pgx.Conn) error {
	// Whoever the connection is made for, this is not of that caller's trace.
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	if conn.Config().DefaultQueryExecMode != pgx.QueryExecModeCacheStatement {
		return nil // nothing is kept on it: behind a pooler it is everybody's
	}
	var b statements
	b.exec(begin, nil)
	nothing := func(pgx.Row) error { return nil }
	b.query(selectBounds, nothing, strconv.FormatInt(o.Timeout.Milliseconds(), 10))
	b.query(selectOldest, nothing, nil, 0, []string{}) // no limit would be none
	for _, query := range warmed() {
		b.query(query, nothing, make([]any, values(query))...)
	}
	b.exec(rollback, nil)
	err := conn.SendBatch(ctx, &b.Batch).Close()
	if err != nil && !conn.IsClosed() {
		_, err = conn.Exec(ctx, rollback)
	}
	if conn.IsClosed() {
		return err
	}
	return nil
}
