// Package rules is what no storage engine changes about a store: what a batch does,
// given the rows that it found under its locks. It is pure. A store reads and locks
// rows, asks here, and writes what it is told, so that no rule about money or
// fences is written once for each engine.
package rules

import (
	"maps"
	"slices"
	"time"

	"dpp"
	"dpp/internal/ledger"
)

// Books are the accounts that a transaction has locked: each is read once, changed
// by package ledger, and written once.
type Books struct {
	now      time.Time
	accounts map[dpp.AccountID]ledger.Account
	changed  map[dpp.AccountID]bool
	entries  []ledger.Entry
}

// OpenBooks starts with accounts as they were found. Entries get the time now, which
// is the store's, in whole milliseconds.
func OpenBooks(now time.Time, accounts []ledger.Account) *Books {
	b := &Books{now: now, accounts: make(map[dpp.AccountID]ledger.Account, len(accounts)), changed: make(map[dpp.AccountID]bool)}
	for _, account := range accounts {
		b.accounts[account.ID] = account
	}
	return b
}

// Changed are the accounts that must be written, in the order of their identifiers.
func (b *Books) Changed() []ledger.Account {
	changed := make([]ledger.Account, 0, len(b.changed))
	for _, id := range slices.Sorted(maps.Keys(b.changed)) {
		changed = append(changed, b.accounts[id])
	}
	return changed
}

// Entries are the lines that must be added to the ledger, in order.
func (b *Books) Entries() []ledger.Entry { return b.entries }

// set is an account after entries that package ledger made.
func (b *Books) set(account ledger.Account, entries []ledger.Entry) []ledger.Entry {
	b.accounts[account.ID] = account
	b.changed[account.ID] = true
	for i := range entries {
		entries[i].CreatedAt = b.now
	}
	b.entries = append(b.entries, entries...)
	return entries
}

// after is the time in a while, to the millisecond that is kept.
func after(now time.Time, d time.Duration) time.Time { return now.Add(d.Truncate(time.Millisecond)) }

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
