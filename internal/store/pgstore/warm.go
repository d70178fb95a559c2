package pgstore

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// A new connection has no plans and knows no tables: the first batch on it takes ten
// times as long as the next ones, and so does everybody who waits for it. Connections
// that are made ahead therefore carry out, before anybody gets them, what the life of
// a run needs, with lists of nothing.

// warmed are those statements, with how many values they take: all are NULL, and a
// list that is NULL has nothing in it.
func warmed() map[string]int {
	all := map[string]int{
		lockAccounts: 1, selectKeys: 3, selectNow: 1, selectHeld: 1, selectReady: 2, lockRuns: 1, updateLeases: 8,
		selectRunStates: 2, selectKeysByHash: 1, selectAccounts: 1, selectRunsByKey: 4,
	}
	for query, values := range map[string]int{
		insertRuns: 19, insertQueued: 3, insertInputs: 2, insertKeys: 6, updateAccounts: 8, insertEntries: 8,
		updateStarted: 3, deleteQueued: 1, insertLeases: 3, updateRuns: 14, deleteLeases: 1,
	} {
		all[required(query, values)] = values + 1
	}
	return all
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
	for query, values := range warmed() {
		b.query(query, nothing, make([]any, values)...)
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
