package runs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"dpp"
	"dpp/internal/blob"
	"dpp/internal/ledger"
	"dpp/internal/pack"
	"dpp/internal/store"
)

// Get returns a run of the key's tenant and mode. Everything else is the same
// [*Refusal] NOT_FOUND; a run past its retention is RESULT_EXPIRED to its owner.
func (s *Service) Get(ctx context.Context, key dpp.Key, id dpp.RunID) (dpp.Run, error) {
	found, err := s.GetMany(ctx, key, []dpp.RunID{id})
	if err != nil {
		return dpp.Run{}, err
	}
	return only(found)
}

// only is the run that was asked for by itself, if it is there and still kept.
func only(found []dpp.Run) (dpp.Run, error) {
	switch {
	case len(found) == 0:
		return dpp.Run{}, refuse(dpp.ReasonNotFound)
	case !found[0].PurgedAt.IsZero():
		return dpp.Run{}, refuse(dpp.ReasonResultExpired)
	default:
		return found[0], nil
	}
}

// GetMany returns those of the runs that are the key's own, in the order asked for.
func (s *Service) GetMany(ctx context.Context, key dpp.Key, ids []dpp.RunID) ([]dpp.Run, error) {
	valid := make([]dpp.RunID, 0, len(ids))
	for _, id := range ids {
		if id.Valid() {
			valid = append(valid, id)
		}
	}
	if len(valid) == 0 {
		return nil, nil
	}
	found, err := s.Store.RunsByID(ctx, valid)
	if err != nil {
		return nil, err
	}
	byID := make(map[dpp.RunID]*dpp.Run, len(found))
	for i := range found {
		if own(key, &found[i]) {
			byID[found[i].ID] = &found[i]
		}
	}
	runs := make([]dpp.Run, 0, len(byID))
	for _, id := range valid {
		if run := byID[id]; run != nil {
			runs = append(runs, *run)
			delete(byID, id)
		}
	}
	return runs, nil
}

func own(key dpp.Key, run *dpp.Run) bool { return run.Tenant == key.Tenant && run.Live == key.Live }

// Wait returns a run once its version is above after or it is terminal, or as it
// is when ctx ends or the server shuts down.
func (s *Service) Wait(ctx context.Context, key dpp.Key, id dpp.RunID, after int64) (dpp.Run, error) {
	done := func(run *dpp.Run) bool { return run.Status.Terminal() || after > 0 && run.Version > after }
	found, err := s.wait(ctx, key, []dpp.RunID{id}, done)
	if err != nil {
		return dpp.Run{}, err
	}
	return only(found)
}

// WaitAny returns the runs of ids that are the key's own as soon as any of them is
// terminal, or as they are when ctx ends or the server shuts down.
func (s *Service) WaitAny(ctx context.Context, key dpp.Key, ids []dpp.RunID) ([]dpp.Run, error) {
	return s.wait(ctx, key, ids, func(run *dpp.Run) bool { return run.Status.Terminal() })
}

// Follow returns a run that was just read once it is terminal, or as it is when ctx
// ends or the server shuts down.
func (s *Service) Follow(ctx context.Context, run dpp.Run) dpp.Run {
	watch := s.hub.Watch(map[dpp.RunID]int64{run.ID: run.Version})
	defer watch.Close()
	runs := []dpp.Run{run}
	watch.follow(ctx, runs, func(run *dpp.Run) bool { return run.Status.Terminal() })
	return runs[0]
}

// waitReadTimeout is the time that a wait has to read what it waits for.
const waitReadTimeout = 10 * time.Second

// wait follows runs until done holds of one. ctx bounds the waiting, not the
// reading, which has a deadline of its own: time up is an ordinary answer.
func (s *Service) wait(ctx context.Context, key dpp.Key, ids []dpp.RunID, done func(*dpp.Run) bool) ([]dpp.Run, error) {
	known := make(map[dpp.RunID]int64, len(ids))
	for _, id := range ids {
		known[id] = 0
	}
	// Watching begins before reading, so that no change falls between the two.
	watch := s.hub.Watch(known)
	defer watch.Close()
	reading, cancel := context.WithTimeout(context.WithoutCancel(ctx), waitReadTimeout)
	runs, err := s.GetMany(reading, key, ids)
	cancel()
	if err != nil {
		return nil, err
	}
	watch.follow(ctx, runs, done)
	return runs, nil
}

// List returns runs of the key's tenant and mode, newest first.
func (s *Service) List(ctx context.Context, key dpp.Key, q store.ListQuery) ([]dpp.Run, error) {
	q.Tenant, q.Live = key.Tenant, key.Live
	return s.Store.ListRuns(ctx, q)
}

// Account returns the key's account. Every answer of a run carries its balance, so
// answers that are made at once share one read.
func (s *Service) Account(ctx context.Context, key dpp.Key) (ledger.Account, error) {
	account, err := s.accounts.Do(ctx, key.Account())
	if err == nil && account.ID == "" {
		err = store.ErrNotFound
	}
	return account, err
}

// readAccounts leaves the zero account where there is none.
func (s *Service) readAccounts(ctx context.Context, ids []dpp.AccountID) ([]ledger.Account, error) {
	byID, err := s.accountsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	accounts := make([]ledger.Account, len(ids))
	for i, id := range ids {
		accounts[i] = byID[id]
	}
	return accounts, nil
}

// accountsByID reads each of the accounts once. Those that do not exist are missing.
func (s *Service) accountsByID(ctx context.Context, ids []dpp.AccountID) (map[dpp.AccountID]ledger.Account, error) {
	found, err := s.Store.Accounts(ctx, slices.Compact(slices.Sorted(slices.Values(ids))))
	if err != nil {
		return nil, err
	}
	byID := make(map[dpp.AccountID]ledger.Account, len(found))
	for _, account := range found {
		byID[account.ID] = account
	}
	return byID, nil
}

// Entries returns the ledger of the key's account, newest first.
func (s *Service) Entries(ctx context.Context, key dpp.Key, before int64, limit int) ([]ledger.Entry, error) {
	return s.Store.Entries(ctx, store.EntryQuery{Account: key.Account(), Before: before, Limit: limit})
}

// Usage returns what the key's account did on each day of [from, to).
func (s *Service) Usage(ctx context.Context, key dpp.Key, from, to time.Time) ([]store.UsageDay, error) {
	return s.Store.Usage(ctx, key.Account(), from, to)
}

// Envelope returns the stored bytes of a run's result.
func (s *Service) Envelope(ctx context.Context, run *dpp.Run) ([]byte, error) {
	if run.Result == nil {
		return nil, refuse(dpp.ReasonNotFound)
	}
	text, _, err := s.readBlob(ctx, run.Result.Key)
	if errors.Is(err, blob.ErrNotFound) {
		return nil, fmt.Errorf("result of %s: %w", run.ID, err)
	}
	return text, err
}

func (s *Service) readBlob(ctx context.Context, key string) (content []byte, info blob.Info, err error) {
	defer func() {
		if err != nil && !errors.Is(err, blob.ErrNotFound) {
			err = fmt.Errorf("%w: %w", ErrBlob, err)
		}
	}()
	body, info, err := s.Blob.Get(ctx, key, 0, -1)
	if err != nil {
		return nil, blob.Info{}, err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	content, err = io.ReadAll(io.LimitReader(body, max(info.Size, pack.MaxEnvelope)+1))
	if err == nil && int64(len(content)) != info.Size {
		err = fmt.Errorf("object %s was read short", key)
	}
	return content, info, err
}
