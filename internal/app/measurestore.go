package app

import (
	"context"
	"time"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

// storeCalls are the calls that runs depend on; those of operators' commands and the
// audit are not measured.
func storeCalls() []string {
	return []string{
		"submit", "claim", "heartbeat", "transition", "runs_by_id", "runs_by_key", "run_states", "list_runs", "due",
		"accounts", "entries", "usage", "seal", "totals", "forget", "purge", "maintain",
		"create_uploads", "uploads_by_id", "unused_uploads", "delete_uploads",
	}
}

// measuredStore measures every call of a store that runs depend on.
type measuredStore struct {
	store.Store
	m meter
}

func (s measuredStore) Submit(ctx context.Context, batch []store.Submission) (answer []store.Submitted, err error) {
	defer s.m.begin("submit")(&err)
	return s.Store.Submit(ctx, batch)
}

func (s measuredStore) Claim(ctx context.Context, slots []store.Slot) (answer []*store.Claimed, err error) {
	defer s.m.begin("claim")(&err)
	return s.Store.Claim(ctx, slots)
}

func (s measuredStore) Heartbeat(ctx context.Context, beats []store.Beat) (answer []bool, err error) {
	defer s.m.begin("heartbeat")(&err)
	return s.Store.Heartbeat(ctx, beats)
}

func (s measuredStore) Transition(ctx context.Context, batch []store.Transition) (answer []store.Transitioned, err error) {
	defer s.m.begin("transition")(&err)
	return s.Store.Transition(ctx, batch)
}

func (s measuredStore) RunsByID(ctx context.Context, ids []dpp.RunID) (answer []dpp.Run, err error) {
	defer s.m.begin("runs_by_id")(&err)
	return s.Store.RunsByID(ctx, ids)
}

func (s measuredStore) RunsByKey(ctx context.Context, keys []store.KeyRef) (answer []*store.KnownKey, err error) {
	defer s.m.begin("runs_by_key")(&err)
	return s.Store.RunsByKey(ctx, keys)
}

func (s measuredStore) RunStates(ctx context.Context, above map[dpp.RunID]int64) (answer []store.RunState, err error) {
	defer s.m.begin("run_states")(&err)
	return s.Store.RunStates(ctx, above)
}

func (s measuredStore) ListRuns(ctx context.Context, query store.ListQuery) (answer []dpp.Run, err error) {
	defer s.m.begin("list_runs")(&err)
	return s.Store.ListRuns(ctx, query)
}

func (s measuredStore) Due(ctx context.Context, query store.DueQuery) (answer []store.DueRun, err error) {
	defer s.m.begin("due")(&err)
	return s.Store.Due(ctx, query)
}

func (s measuredStore) Accounts(ctx context.Context, ids []dpp.AccountID) (answer []ledger.Account, err error) {
	defer s.m.begin("accounts")(&err)
	return s.Store.Accounts(ctx, ids)
}

func (s measuredStore) Entries(ctx context.Context, query store.EntryQuery) (answer []ledger.Entry, err error) {
	defer s.m.begin("entries")(&err)
	return s.Store.Entries(ctx, query)
}

func (s measuredStore) Usage(ctx context.Context, account dpp.AccountID, from, to time.Time) (answer []store.UsageDay, err error) {
	defer s.m.begin("usage")(&err)
	return s.Store.Usage(ctx, account, from, to)
}

func (s measuredStore) Seal(ctx context.Context, limit int) (answer int, err error) {
	defer s.m.begin("seal")(&err)
	return s.Store.Seal(ctx, limit)
}

func (s measuredStore) Totals(ctx context.Context) (answer store.Totals, err error) {
	defer s.m.begin("totals")(&err)
	return s.Store.Totals(ctx)
}

func (s measuredStore) Forget(ctx context.Context, endedFor time.Duration, limit int) (answer int, err error) {
	defer s.m.begin("forget")(&err)
	return s.Store.Forget(ctx, endedFor, limit)
}

func (s measuredStore) Purge(ctx context.Context, runs []dpp.RunID) (err error) {
	defer s.m.begin("purge")(&err)
	return s.Store.Purge(ctx, runs)
}

func (s measuredStore) Maintain(ctx context.Context, endedFor time.Duration) (err error) {
	defer s.m.begin("maintain")(&err)
	return s.Store.Maintain(ctx, endedFor)
}

func (s measuredStore) CreateUploads(ctx context.Context, batch []store.NewUpload) (answer []store.CreatedUpload, err error) {
	defer s.m.begin("create_uploads")(&err)
	return s.Store.CreateUploads(ctx, batch)
}

func (s measuredStore) UploadsByID(ctx context.Context, ids []dpp.UploadID) (answer []store.KnownUpload, err error) {
	defer s.m.begin("uploads_by_id")(&err)
	return s.Store.UploadsByID(ctx, ids)
}

func (s measuredStore) UnusedUploads(ctx context.Context, limit int) (answer []dpp.Upload, err error) {
	defer s.m.begin("unused_uploads")(&err)
	return s.Store.UnusedUploads(ctx, limit)
}

func (s measuredStore) DeleteUploads(ctx context.Context, ids []dpp.UploadID) (err error) {
	defer s.m.begin("delete_uploads")(&err)
	return s.Store.DeleteUploads(ctx, ids)
}
