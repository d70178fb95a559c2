// Package audit proves the books: it reads everything the store and the blob store
// hold and names each place where an invariant of ARCHITECTURE.md does not hold.
// It changes nothing and trusts no sum that it can compute itself.
package audit

import (
	"context"
	"fmt"
	"time"

	"dpp"
	"dpp/internal/blob"
	"dpp/internal/ledger"
	"dpp/internal/ops"
	"dpp/internal/store"
)

// Config is what an audit must know of the platform's rules.
type Config struct {
	Timing            dpp.Timing
	IdempotencyWindow time.Duration
}

// Store is what an audit reads: everything at one moment, and what has become of some
// of it since.
type Store interface {
	store.Auditor
	RunsByID(ctx context.Context, ids []dpp.RunID) ([]dpp.Run, error)
	UploadsByID(ctx context.Context, ids []dpp.UploadID) ([]store.KnownUpload, error)
}

// Run audits. Each discrepancy is reported as one line that begins with the number
// of the invariant. An error means that not everything could be looked at.
func Run(ctx context.Context, books Store, objects blob.Store, cfg Config, report func(string)) (ops.AuditSummary, error) {
	a := &audit{cfg: cfg, now: time.Now(), report: report}
	err := books.Snapshot(ctx, func(s store.Snapshot) error {
		if err := s.EachAccount(ctx, func(account ledger.Account) error { return a.account(ctx, s, account) }); err != nil {
			return err
		}
		if err := s.EachUsed(ctx, func(u dpp.Upload) error { a.used = append(a.used, u); return nil }); err != nil {
			return err
		}
		return s.EachStray(ctx, func(what string) error {
			a.found(9, "%s", what)
			return nil
		})
	})
	if err == nil {
		err = a.objects(ctx, books, objects)
	}
	if err == nil {
		err = a.uploads(ctx, books, objects)
	}
	return a.summary, err
}

type audit struct {
	cfg     Config
	now     time.Time
	report  func(string)
	summary ops.AuditSummary
	stored  []storedRun
	used    []dpp.Upload // by runs that are not purged
}

func (a *audit) found(invariant int, format string, args ...any) {
	a.summary.Discrepancies++
	a.report(fmt.Sprintf("invariant %d: ", invariant) + fmt.Sprintf(format, args...))
}

// account checks one account with all of its runs and entries.
func (a *audit) account(ctx context.Context, s store.Snapshot, account ledger.Account) error {
	a.summary.Accounts++
	if !account.Balanced() {
		a.found(1, "account %s: credited %s is not available %s + held %s + spent %s, or a part is below zero",
			account.ID, account.Credited, account.Available, account.Held, account.Spent)
	}
	b := &books{audit: a, account: account, runs: make(map[dpp.RunID]*runBooks), usage: make(map[usageKey]*store.UsageDay), unknownDays: make(map[string]bool)}
	if err := s.EachRun(ctx, account.ID, b.run); err != nil {
		return err
	}
	sealed, digest, err := s.Sealed(ctx, account.ID)
	if err != nil {
		return err
	}
	b.sealed = sealed
	if err := s.EachEntry(ctx, account.ID, b.entry); err != nil {
		return err
	}
	b.check(digest)
	return b.checkUsage(ctx, s)
}

// storedRun is a run whose objects are to be looked at once the books are done.
type storedRun struct {
	id     dpp.RunID
	result dpp.Result
}
