package urlpack

import (
	"errors"
	"sync"

	"dpp/internal/pack"
)

// The priced units.
const (
	unitURL = "url"
	unitMiB = "mib"
)

const mib = 1 << 20

// account meters a run. It counts the decoded bytes of all its pages together and
// takes a MiB when one begins, so that small pages pay for what they are in sum.
type account struct {
	meter *pack.Meter
	mu    sync.Mutex
	bytes int64
	taken int64 // MiB
}

// begin pays for a URL that is about to be fetched. The first one whose content is
// wanted brings the first MiB along: a run that could afford URLs and no byte of
// them would find nothing.
func (a *account) begin(content bool) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if content && a.taken == 0 {
		if err := a.meter.Take(unitMiB, 1); err != nil {
			return err
		}
		a.taken = 1
	}
	return a.meter.Take(unitURL, 1)
}

// reader returns a function that pays for the bytes of one page before they are
// kept. Where the run cannot afford the next MiB it returns [pack.ErrCostLimit],
// and what the page had is free for the other pages under way, so that those that
// fit are finished.
func (a *account) reader() func(n int) error {
	mine := int64(0)
	return func(n int) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		need := (a.bytes + int64(n) + mib - 1) / mib
		if need > a.taken {
			if err := a.meter.Take(unitMiB, need-a.taken); err != nil {
				if errors.Is(err, pack.ErrCostLimit) {
					a.bytes -= mine
				}
				return err
			}
			a.taken = need
		}
		a.bytes += int64(n)
		mine += int64(n)
		return nil
	}
}
