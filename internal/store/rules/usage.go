package rules

import (
	"cmp"
	"slices"
	"time"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

// usageKey is the day and pack of one row of usage.
type usageKey struct{ day, pack string }

// Fold adds up what entries say of usage.
type Fold map[usageKey]*store.UsageDay

func (f Fold) day(key usageKey) *store.UsageDay {
	day := f[key]
	if day == nil {
		day = &store.UsageDay{Day: key.day, PackType: key.pack}
		f[key] = day
	}
	return day
}

// RunEntry is an entry, and what is known of the run that it belongs to, if any.
type RunEntry struct {
	ledger.Entry
	PackType string
	Status   dpp.Status
	Used     dpp.Money
}

// Add counts one entry. The capture and the release of one settlement are one end;
// they may come in different calls.
func (f Fold) Add(e RunEntry) {
	if e.Run == "" {
		return
	}
	day := f.day(usageKey{e.CreatedAt.Format(time.DateOnly), e.PackType})
	switch e.Kind {
	case ledger.Hold:
		day.Submitted++
		day.Reserved += e.Amount
	case ledger.Capture:
		day.Charged += e.Amount
		countEnd(day, e.Status)
	case ledger.Release:
		if e.Used == 0 { // else the capture counts
			countEnd(day, e.Status)
		}
	case ledger.Credit, ledger.Adjust: // of no run
	}
}

func countEnd(day *store.UsageDay, status dpp.Status) {
	switch status {
	case dpp.StatusCompleted:
		day.Completed++
	case dpp.StatusFailed:
		day.Failed++
	case dpp.StatusExpired:
		day.Expired++
	case dpp.StatusCanceled:
		day.Canceled++
	case dpp.StatusQueued, dpp.StatusProcessing: // have not ended
	}
}

// Merge adds a day that was folded already.
func (f Fold) Merge(d store.UsageDay) {
	day := f.day(usageKey{d.Day, d.PackType})
	day.Submitted += d.Submitted
	day.Completed += d.Completed
	day.Failed += d.Failed
	day.Expired += d.Expired
	day.Canceled += d.Canceled
	day.Reserved += d.Reserved
	day.Charged += d.Charged
}

// Sorted are the days by day and pack.
func (f Fold) Sorted() []store.UsageDay {
	days := make([]store.UsageDay, 0, len(f))
	for _, day := range f {
		days = append(days, *day)
	}
	slices.SortFunc(days, func(a, b store.UsageDay) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.PackType, b.PackType))
	})
	return days
}
