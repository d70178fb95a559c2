package storetest

import (
	"context"
	"fmt"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

// checkBooks holds the whole store against the invariants.
func (w *world) checkBooks() {
	w.Helper()
	wrong, err := discrepancies(w.Context(), w.store)
	w.must(err)
	for _, what := range wrong {
		w.Error(what)
	}
	totals, err := w.store.Totals(w.Context())
	w.must(err)
	var want store.Totals
	w.must(w.store.Snapshot(w.Context(), func(view store.Snapshot) error {
		return view.EachAccount(w.Context(), func(a ledger.Account) error {
			sealed, _, err := view.Sealed(w.Context(), a.ID)
			want.Accounts++
			want.OpenRuns += a.OpenRuns
			want.Credited, want.Available, want.Held, want.Spent = want.Credited+a.Credited, want.Available+a.Available, want.Held+a.Held, want.Spent+a.Spent
			want.Unsealed += a.Seq - sealed
			return err
		})
	}))
	if totals != want {
		w.Errorf("the totals are %+v, all accounts say %+v", totals, want)
	}
}

// discrepancies names whatever breaks an invariant of the design, by its number.
func discrepancies(ctx context.Context, s store.Store) ([]string, error) {
	var b bookkeeper
	err := s.Snapshot(ctx, func(view store.Snapshot) error {
		err := view.EachAccount(ctx, func(account ledger.Account) error { return b.account(ctx, view, account) })
		if err != nil {
			return err
		}
		return view.EachStray(ctx, func(what string) error {
			b.wrong("9: %s", what)
			return nil
		})
	})
	return b.found, err
}

type bookkeeper struct{ found []string }

func (b *bookkeeper) wrong(format string, args ...any) {
	b.found = append(b.found, "invariant "+fmt.Sprintf(format, args...))
}

// settled is what the ledger says of one run.
type settled struct {
	held, captured, released dpp.Money
	holds, ends              int
}

func (b *bookkeeper) account(ctx context.Context, view store.Snapshot, account ledger.Account) error {
	if !account.Balanced() {
		b.wrong("1, 2: account %+v is out of balance", account)
	}
	byRun, err := b.entries(ctx, view, account)
	if err != nil {
		return err
	}
	var held dpp.Money
	var open int64
	err = view.EachRun(ctx, account.ID, func(audited store.AuditRun) error {
		run := &audited.Run
		if !run.Status.Terminal() {
			held += run.Reservation.MaxCost
			open++
		}
		if leased := run.Status == dpp.StatusProcessing; leased != audited.Leased {
			b.wrong("9: run %s is %s, leased: %t", run.ID, run.Status, audited.Leased)
		}
		if audited.Keys > 1 {
			b.wrong("7: run %s has %d idempotency rows", run.ID, audited.Keys)
		}
		b.run(run, byRun[run.ID])
		return nil
	})
	if held != account.Held || open != account.OpenRuns {
		b.wrong("3: account %s holds %s for %d runs, its runs say %s for %d", account.ID, account.Held, account.OpenRuns, held, open)
	}
	return err
}

// entries adds up an account's ledger, in its order.
func (b *bookkeeper) entries(ctx context.Context, view store.Snapshot, account ledger.Account) (map[dpp.RunID]settled, error) {
	sums := make(map[ledger.Bucket]dpp.Money)
	byRun := make(map[dpp.RunID]settled)
	sealed, digest, err := view.Sealed(ctx, account.ID)
	if err != nil {
		return nil, err
	}
	var seq int64
	var chain ledger.Digest
	err = view.EachEntry(ctx, account.ID, func(e ledger.Entry) error {
		if seq++; e.Seq != seq {
			b.wrong("1: account %s has entry %d where %d belongs", account.ID, e.Seq, seq)
		}
		if e.Seq <= sealed {
			chain = chain.Chain(e)
		}
		for _, p := range e.Postings() {
			sums[p.Bucket] += p.Amount
		}
		if e.Run != "" {
			byRun[e.Run] = count(byRun[e.Run], e)
		}
		return nil
	})
	if seq != account.Seq || sums[ledger.Available] != account.Available || sums[ledger.Held] != account.Held ||
		sums[ledger.Spent] != account.Spent || -sums[ledger.World] != account.Credited {
		b.wrong("1: account %+v, its entries say %v", account, sums)
	}
	if chain != digest {
		b.wrong("1: the chain of account %s breaks before entry %d", account.ID, sealed)
	}
	return byRun, err
}

func count(s settled, e ledger.Entry) settled {
	switch e.Kind {
	case ledger.Hold:
		s.held += e.Amount
		s.holds++
	case ledger.Capture:
		s.captured += e.Amount
		s.ends++
	case ledger.Release:
		s.released += e.Amount
		s.ends++
	case ledger.Credit, ledger.Adjust:
	}
	return s
}

func (b *bookkeeper) run(run *dpp.Run, s settled) {
	if s.holds != 1 || s.held != run.Reservation.MaxCost {
		b.wrong("4: run %s reserved %s, the ledger holds %s in %d entries", run.ID, run.Reservation.MaxCost, s.held, s.holds)
	}
	terminal := run.Status.Terminal()
	switch {
	case !terminal && s.ends > 0:
		b.wrong("4: run %s is %s and settled", run.ID, run.Status)
	case terminal && s.captured+s.released != s.held:
		b.wrong("4: run %s held %s, captured %s, released %s", run.ID, s.held, s.captured, s.released)
	case s.captured != run.Used:
		b.wrong("4: run %s used %s, captured %s", run.ID, run.Used, s.captured)
	}
	if terminal && (s.captured == 0) != (run.Money == dpp.MoneyRefunded) || terminal == (run.Money == dpp.MoneyReserved) {
		b.wrong("4: run %s is %s and its money %s", run.ID, run.Status, run.Money)
	}
	if terminal == run.CompletedAt.IsZero() {
		b.wrong("5: run %s is %s, ended at %s", run.ID, run.Status, run.CompletedAt)
	}
}
