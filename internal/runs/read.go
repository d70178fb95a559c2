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
func (s *Service) Get(ctx context.Context, key dpp.Key, id dpp.RunID) (store.RunState, error) {
	found, err := s.GetMany(ctx, key, []dpp.RunID{id})
	if err != nil {
		return store.RunState{}, err
	}
	return only(found)
}

// only is the run that was asked for by itself, if it is there and still kept.
func only(found []store.RunState) (store.RunState, error) {
	switch {
	case len(found) == 0:
		return store.RunState{}, refuse(dpp.ReasonNotFound)
	case !found[0].Run.PurgedAt.IsZero():
		return store.RunState{}, refuse(dpp.ReasonResultExpired)
	default:
		return found[0], nil
	}
}

// GetMany returns those of the runs that are the key's own, in the order asked for,
// each with its account. Polls that come at once share one read.
func (s *Service) GetMany(ctx context.Context, key dpp.Key, ids []dpp.RunID) ([]store.RunState, error) {
	valid := slices.DeleteFunc(slices.Clone(ids), func(id dpp.RunID) bool { return !id.Valid() })
	if len(valid) == 0 {
		return nil, nil
	}
	byID, err := s.polls.Do(ctx, valid)
	if err != nil {
		return nil, err
	}
	states := make([]store.RunState, 0, len(valid))
	asked := make(map[dpp.RunID]bool, len(valid))
	for _, id := range valid {
		if state, ok := byID[id]; ok && own(key, &state.Run) && !asked[id] {
			states = append(states, state)
		}
		asked[id] = true
	}
	return states, nil
}

// readStates reads the runs of all polls, each of which finds its own in the answer.
func (s *Service) readStates(ctx context.Context, polls [][]dpp.RunID) ([]map[dpp.RunID]store.RunState, error) {
	above := make(map[dpp.RunID]int64)
	for _, ids := range polls {
		for _, id := range ids {
			above[id] = 0
		}
	}
	found, err := s.Store.RunStates(ctx, above)
	if err != nil {
		return nil, err
	}
	byID := make(map[dpp.RunID]store.RunState, len(found))
	for _, state := range found {
		byID[state.Run.ID] = state
	}
	return slices.Repeat([]map[dpp.RunID]store.RunState{byID}, len(polls)), nil
}

func own(key dpp.Key, run *dpp.Run) bool { return run.Tenant == key.Tenant && run.Live == key.Live }

// Wait returns a run once its version is above after or it is terminal, or as it
// is when ctx ends or the server shuts down.
func (s *Service) Wait(ctx context.Context, key dpp.Key, id dpp.RunID, after int64) (store.RunState, error) {
	done := func(run *dpp.Run) bool { return run.Status.Terminal() || after > 0 && run.Version > after }
	found, err := s.wait(ctx, key, []dpp.RunID{id}, done)
	if err != nil {
		return store.RunState{}, err
	}
	return only(found)
}

// WaitAny returns the runs of ids that are the key's own as soon as any of them is
// terminal, or as they are when ctx ends or the server shuts down.
func (s *Service) WaitAny(ctx context.Context, key dpp.Key, ids []dpp.RunID) ([]store.RunState, error) {
	return s.wait(ctx, key, ids, func(run *dpp.Run) bool { return run.Status.Terminal() })
}

// Follow returns a run that was just read once it is terminal, or as it is when ctx
// ends or the server shuts down.
func (s *Service) Follow(ctx context.Context, state store.RunState) store.RunState {
	states := []store.RunState{state}
	s.follow(ctx, states, func(run *dpp.Run) bool { return run.Status.Terminal() })
	return states[0]
}

// waitReadTimeout is the time that a wait has to read what it waits for.
const waitReadTimeout = 10 * time.Second

// wait follows runs until done holds of one. ctx bounds the waiting, not the
// reading, which has a deadline of its own: time up is an ordinary answer.
func (s *Service) wait(ctx context.Context, key dpp.Key, ids []dpp.RunID, done func(*dpp.Run) bool) ([]store.RunState, error) {
	reading, cancel := context.WithTimeout(context.WithoutCancel(ctx), waitReadTimeout)
	states, err := s.GetMany(reading, key, ids)
	cancel()
	if err != nil {
		return nil, err
	}
	s.follow(ctx, states, done)
	return states, nil
}

// follow keeps runs that were just read as they are now until done holds of one, ctx
// ends or waiting has no more point.
func (s *Service) follow(ctx context.Context, states []store.RunState, done func(*dpp.Run) bool) {
	known := make(map[dpp.RunID]int64, len(states))
	for i := range states {
		if done(&states[i].Run) {
			return
		}
		known[states[i].Run.ID] = states[i].Run.Version
	}
	if len(known) == 0 {
		return
	}
	watch := s.hub.Watch(known) // it hears of every version after those that were read
	defer watch.Close()
	watch.follow(ctx, states, done)
}

// List returns runs of the key's tenant and mode, newest first.
func (s *Service) List(ctx context.Context, key dpp.Key, q store.ListQuery) ([]dpp.Run, error) {
	q.Tenant, q.Live = key.Tenant, key.Live
	return s.Store.ListRuns(ctx, q)
}

// Account returns the key's account. Answers that are made at once share one read.
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
