package rules

import (
	"errors"
	"fmt"
	"time"

	"dpp"
	"dpp/internal/budget"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

// ErrSubmission: the caller built a submission that cannot be accepted as it is.
var ErrSubmission = errors.New("store: not a new run with its own hold")

// UsedKey is an idempotency row.
type UsedKey struct {
	Run     dpp.RunID
	Hash    [32]byte
	Expires time.Time
}

// counts tells whether the row still speaks for its key: it is inside its window,
// or this very submission wrote it.
func (k UsedKey) counts(item *store.Submission, now time.Time) bool {
	return k.Run == item.Run.ID || k.Expires.After(now)
}

// answer is the outcome, with the earlier run's identifier alone.
func (k UsedKey) answer(item *store.Submission) store.Submitted {
	verdict := store.Conflict
	switch {
	case k.Run == item.Run.ID:
		verdict = store.Accepted
	case k.Hash == item.PayloadHash:
		verdict = store.Replayed
	}
	return store.Submitted{Verdict: verdict, Run: dpp.Run{ID: k.Run}}
}

// NewRun is a run that must be written, with its inputs where the submission has
// some and names no object, and its idempotency row.
type NewRun struct {
	dpp.Run
	Submission *store.Submission
	// Uploads are those that it uses, each once, in the order of their identifiers.
	Uploads    []dpp.UploadID
	KeyExpires time.Time
	// StaleKey: the key has a row that is past its window, which this one replaces.
	StaleKey bool
}

// Submits is what a batch of submissions comes to.
type Submits struct {
	Outcomes []store.Submitted
	New      []NewRun
	// Earlier are runs among the outcomes of which only the identifier is known; the
	// store fills them in.
	Earlier []*dpp.Run
}

// Submit decides a batch in order: against the keys that were found used and the
// uploads that were found, and each against what those before it left of its account.
func Submit(now time.Time, batch []store.Submission, used map[store.KeyRef]UsedKey, uploads map[dpp.UploadID]dpp.Upload, b *Books) (Submits, error) {
	s := Submits{Outcomes: make([]store.Submitted, len(batch))}
	for i := range batch {
		item, outcome := &batch[i], &s.Outcomes[i]
		key, found := used[item.Key]
		if found && key.counts(item, now) {
			if *outcome = key.answer(item); outcome.Verdict != store.Conflict {
				s.Earlier = append(s.Earlier, &outcome.Run)
			}
		} else {
			reason, err := b.accept(now, item, uploads)
			if err != nil {
				return Submits{}, err
			}
			*outcome = store.Submitted{Verdict: store.Refused, Reason: reason}
			if reason == "" {
				run := newRun(now, item)
				s.New = append(s.New, NewRun{
					Run: run, Submission: item, Uploads: distinct(item.Uploads), KeyExpires: after(now, item.KeyWindow), StaleKey: found,
				})
				*outcome = store.Submitted{Verdict: store.Accepted, Run: run}
			}
		}
		outcome.Account = b.accounts[item.Run.Account()]
	}
	return s, nil
}

// accept reserves a submission's money where it may use its uploads, or says why not.
func (b *Books) accept(now time.Time, item *store.Submission, uploads map[dpp.UploadID]dpp.Upload) (dpp.Reason, error) {
	if !acceptable(item) {
		return "", ErrSubmission
	}
	for _, id := range item.Uploads {
		if upload, ok := uploads[id]; !ok || upload.Account() != item.Run.Account() || Expired(&upload, now) {
			return dpp.ReasonUploadUnusable, nil
		}
	}
	return b.hold(item)
}

// hold reserves a submission's money, or says why not.
func (b *Books) hold(item *store.Submission) (dpp.Reason, error) {
	account, ok := b.accounts[item.Run.Account()]
	if !ok {
		return dpp.ReasonNotFound, nil
	}
	after, decisions, err := budget.Decide(account, budget.Limits{OpenRuns: item.MaxOpenRuns}, []ledger.Transfer{item.Hold})
	if err != nil {
		return "", fmt.Errorf("hold for %s: %w", item.Run.ID, err)
	}
	if reason := decisions[0].Refused; reason != "" {
		return reason, nil
	}
	b.set(after, decisions[0].Entries)
	return "", nil
}

func acceptable(item *store.Submission) bool {
	run, hold := &item.Run, &item.Hold
	return run.Status == dpp.StatusQueued && run.Money == dpp.MoneyReserved && run.Version == 1 && run.Attempt == 0 && run.Losses == 0 &&
		hold.Kind == ledger.TransferHold && hold.Run == run.ID && hold.Account == run.Account()
}

// newRun is the run as it will be read back.
func newRun(now time.Time, item *store.Submission) dpp.Run {
	run := item.Run
	run.CreatedAt, run.UpdatedAt = now, now
	run.Deadline = after(now, item.DeadlineIn)
	run.QueueExpiresAt = earlier(after(now, item.QueueTTL), run.Deadline)
	run.CompletedAt, run.PurgedAt = time.Time{}, time.Time{}
	run.Used, run.Result, run.Error, run.Progress = 0, nil, nil, nil
	run.Reservation.Timebox = run.Reservation.Timebox.Truncate(time.Millisecond)
	if len(run.Meta.Tags) == 0 {
		run.Meta.Tags = nil
	}
	return run
}
