package audit

import (
	"context"
	"time"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

// books is one account as its runs and entries tell it.
type books struct {
	*audit
	account ledger.Account
	runs    map[dpp.RunID]*runBooks

	sealed  int64
	atSeal  ledger.Digest // the digest computed up to sealed
	digest  ledger.Digest
	folded  ledger.Account // what the entries add up to
	drained bool           // the running balance went below zero somewhere

	usage       map[usageKey]*store.UsageDay // of sealed entries
	unknownDays map[string]bool              // days with entries of forgotten runs
}

type usageKey struct{ day, packType string }

// runBooks is what a run says of its money and what the ledger says.
type runBooks struct {
	known                    bool
	packType                 string
	status                   dpp.Status
	reserved, used           dpp.Money
	held, captured, released dpp.Money
	holds                    int
	counted                  bool // its end is in usage
}

// run checks a run by itself.
func (b *books) run(r store.AuditRun) error {
	b.summary.Runs++
	run := &r.Run
	b.runs[run.ID] = &runBooks{known: true, packType: run.PackType, status: run.Status, reserved: run.Reservation.MaxCost, used: run.Used}
	terminal := run.Status.Terminal()
	if terminal != (run.Money != dpp.MoneyReserved) || terminal && run.Money != dpp.MoneyStateFor(run.Used) || !terminal && run.Used != 0 {
		b.found(4, "run %s: %s with money %s and %s used", run.ID, run.Status, run.Money, run.Used)
	}
	if run.Used < 0 || run.Used > run.Reservation.MaxCost {
		b.found(4, "run %s: used %s of a reservation of %s", run.ID, run.Used, run.Reservation.MaxCost)
	}
	if run.Version < 1 || run.Attempt < 0 || terminal == run.CompletedAt.IsZero() {
		b.found(5, "run %s: version %d, attempt %d, %s, completed_at set: %t", run.ID, run.Version, run.Attempt, run.Status, !run.CompletedAt.IsZero())
	}
	if (run.Result != nil) != (run.Status == dpp.StatusCompleted) || (run.Error != nil) != (terminal && run.Status != dpp.StatusCompleted) {
		b.found(5, "run %s: %s with result: %t, error: %t", run.ID, run.Status, run.Result != nil, run.Error != nil)
	}
	if r.Leased != (run.Status == dpp.StatusProcessing) {
		b.found(9, "run %s: %s with a lease: %t", run.ID, run.Status, r.Leased)
	}
	if !terminal && b.now.After(run.Deadline.Add(b.cfg.Timing.AttemptBound(run.Reservation.Timebox))) {
		b.found(6, "run %s: still %s after its deadline and one attempt", run.ID, run.Status)
	}
	if inWindow := b.now.Before(run.CreatedAt.Add(b.cfg.IdempotencyWindow)); r.Keys > 1 || inWindow && r.Keys != 1 {
		b.found(7, "run %s: %d idempotency rows", run.ID, r.Keys)
	}
	if run.Result != nil && run.PurgedAt.IsZero() {
		b.stored = append(b.stored, storedRun{id: run.ID, result: *run.Result})
	}
	return nil
}

// entry adds one ledger entry to what the entries say.
func (b *books) entry(e ledger.Entry) error {
	b.summary.Entries++
	if e.Seq != b.folded.Seq+1 {
		b.found(1, "account %s: entry %d follows entry %d", b.account.ID, e.Seq, b.folded.Seq)
	}
	b.folded.Seq = e.Seq
	b.post(e)
	b.digest = b.digest.Chain(e)
	if e.Seq == b.sealed {
		b.atSeal = b.digest
	}
	if e.Run != "" {
		b.ofRun(e)
	}
	return nil
}

func (b *books) post(e ledger.Entry) {
	for _, p := range e.Postings() {
		switch p.Bucket {
		case ledger.World:
			b.folded.Credited -= p.Amount
		case ledger.Available:
			b.folded.Available += p.Amount
		case ledger.Held:
			b.folded.Held += p.Amount
		case ledger.Spent:
			b.folded.Spent += p.Amount
		}
	}
	if !b.drained && (b.folded.Available < 0 || b.folded.Held < 0) {
		b.drained = true
		b.found(2, "account %s: below zero at entry %d", b.account.ID, e.Seq)
	}
}

func (b *books) ofRun(e ledger.Entry) {
	r := b.runs[e.Run]
	if r == nil {
		r = &runBooks{}
		b.runs[e.Run] = r
	}
	switch e.Kind {
	case ledger.Hold:
		r.held += e.Amount
		r.holds++
	case ledger.Capture:
		r.captured += e.Amount
	case ledger.Release:
		r.released += e.Amount
	case ledger.Credit, ledger.Adjust: // of no run
		b.found(4, "run %s: entry %d is a %s", e.Run, e.Seq, e.Kind)
	}
	day := e.CreatedAt.UTC().Format(time.DateOnly)
	if !r.known {
		b.unknownDays[day] = true
	} else if e.Seq <= b.sealed {
		b.fold(day, r, e)
	}
}

// fold counts an entry into the usage of its day.
func (b *books) fold(day string, r *runBooks, e ledger.Entry) {
	key := usageKey{day, r.packType}
	u := b.usage[key]
	if u == nil {
		u = &store.UsageDay{Day: day, PackType: r.packType}
		b.usage[key] = u
	}
	if e.Kind == ledger.Hold {
		u.Submitted++
		u.Reserved += e.Amount
		return
	}
	if e.Kind == ledger.Capture {
		u.Charged += e.Amount
	}
	if r.counted {
		return
	}
	r.counted = true
	switch r.status {
	case dpp.StatusCompleted:
		u.Completed++
	case dpp.StatusFailed:
		u.Failed++
	case dpp.StatusExpired:
		u.Expired++
	case dpp.StatusCanceled:
		u.Canceled++
	case dpp.StatusQueued, dpp.StatusProcessing: // settled while open: checkRun tells
	}
}

// check compares what entries and runs say with the account and with each other.
func (b *books) check(sealDigest ledger.Digest) {
	a, f := b.account, b.folded
	if a.Credited != f.Credited || a.Available != f.Available || a.Held != f.Held || a.Spent != f.Spent || a.Seq != f.Seq {
		b.found(1, "account %s: balance (credited %s, available %s, held %s, spent %s, seq %d) is not the fold of its entries (%s, %s, %s, %s, %d)",
			a.ID, a.Credited, a.Available, a.Held, a.Spent, a.Seq, f.Credited, f.Available, f.Held, f.Spent, f.Seq)
	}
	if b.sealed > f.Seq || b.atSeal != sealDigest {
		b.found(1, "account %s: sealed entries up to %d were changed since they were sealed", a.ID, b.sealed)
	}
	var held dpp.Money
	var open int64
	for id, r := range b.runs {
		b.checkRun(id, r)
		if r.known && !r.status.Terminal() {
			held += r.reserved
			open++
		}
	}
	if a.Held != held || a.OpenRuns != open {
		b.found(3, "account %s: held %s for %d open runs; its runs say %s for %d", a.ID, a.Held, a.OpenRuns, held, open)
	}
}

func (b *books) checkRun(id dpp.RunID, r *runBooks) {
	settled := r.captured + r.released
	switch {
	case r.holds != 1:
		b.found(4, "run %s: %d holds", id, r.holds)
	case !r.known && settled != r.held:
		b.found(4, "run %s: its row is gone, and of %s held %s were settled", id, r.held, settled)
	case !r.known:
	case r.held != r.reserved:
		b.found(4, "run %s: reserved %s, the ledger held %s", id, r.reserved, r.held)
	case !r.status.Terminal() && settled != 0:
		b.found(4, "run %s: still %s, and %s are settled", id, r.status, settled)
	case r.status.Terminal() && (settled != r.reserved || r.captured != r.used):
		b.found(4, "run %s: reserved %s, used %s; the ledger captured %s and released %s", id, r.reserved, r.used, r.captured, r.released)
	}
}

// checkUsage compares the folded usage with what the sealed entries say.
func (b *books) checkUsage(ctx context.Context, s store.Snapshot) error {
	err := s.EachUsage(ctx, b.account.ID, func(stored store.UsageDay) error {
		key := usageKey{stored.Day, stored.PackType}
		own := b.usage[key]
		delete(b.usage, key)
		if b.unknownDays[stored.Day] {
			return nil // a forgotten run no longer tells its pack and its end
		}
		if own == nil {
			own = &store.UsageDay{Day: stored.Day, PackType: stored.PackType}
		}
		if *own != stored {
			b.found(12, "account %s: usage of %s on %s is %+v; ledger and runs say %+v", b.account.ID, stored.PackType, stored.Day, stored, *own)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for key := range b.usage {
		if !b.unknownDays[key.day] {
			b.found(12, "account %s: usage of %s on %s is missing", b.account.ID, key.packType, key.day)
		}
	}
	return nil
}
