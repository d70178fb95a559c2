package sqlitestore

import (
	"context"

	"dpp"
	"dpp/internal/store"
)

// Claim gives waiting runs to a worker.
func (s *Store) Claim(ctx context.Context, slots []store.Slot) ([]*store.Claimed, error) {
	if len(slots) == 0 {
		return nil, nil
	}
	return write(ctx, s, func(t *tx) ([]*store.Claimed, error) { return t.claim(slots) })
}

func (t *tx) claim(slots []store.Slot) ([]*store.Claimed, error) {
	claims := make([]*store.Claimed, len(slots))
	if err := t.findHeld(slots, claims); err != nil {
		return nil, err
	}
	if err := t.giveNamed(slots, claims); err != nil {
		return nil, err
	}
	return claims, t.giveOldest(slots, claims)
}

const (
	// What a claim needs of a run: all of it, its number, and its inputs.
	claimColumns = runColumns + `, ` + leaseColumns + `, n, data`
	claimInputs  = ` LEFT JOIN run_inputs ON run_inputs.run_n = n `

	selectHeld = `SELECT ` + claimColumns + ` FROM leases JOIN runs ON n = leases.run_n` + claimInputs + `
		WHERE token IN (SELECT value FROM json_each(?1))`
	selectReady = `SELECT ` + claimColumns + ` FROM runs LEFT JOIN leases ON leases.run_n = n` + claimInputs + `
		WHERE id IN (SELECT value FROM json_each(?1)) AND +status = 'QUEUED' AND +queue_expires_at > ?2`
	// The plus keeps SQLite from searching by the end of the waiting and sorting.
	selectOldest = `SELECT ` + claimColumns + ` FROM runs LEFT JOIN leases ON leases.run_n = n` + claimInputs + `
		WHERE status = 'QUEUED' AND +queue_expires_at > ?1 ORDER BY updated_at, id LIMIT ?2`
)

// candidate is a run that a slot may get, or holds already.
type candidate struct {
	store.Claimed
	n int64
}

func scanCandidate(r row) (c candidate, err error) {
	var lease leaseRow
	err = scanLeasedRun(r, &c.Run, &lease, &c.n, &c.Inputs)
	c.Token = store.LeaseToken(lease.token)
	return c, err
}

// findHeld fills in the claims that a slot's token holds already, from an earlier
// call whose fate was in doubt.
func (t *tx) findHeld(slots []store.Slot, claims []*store.Claimed) error {
	at := make(map[store.LeaseToken]int, len(slots))
	tokens := make([]store.LeaseToken, len(slots))
	for i, slot := range slots {
		at[slot.Token], tokens[i] = i, slot.Token
	}
	wanted, err := list(tokens)
	if err != nil {
		return err
	}
	held, err := gather(t, scanCandidate, selectHeld, wanted)
	for i := range held {
		claims[at[held[i].Token]] = &held[i].Claimed
	}
	return err
}

// giveNamed gives slots the runs that they name.
func (t *tx) giveNamed(slots []store.Slot, claims []*store.Claimed) error {
	var named []dpp.RunID
	for i, slot := range slots {
		if claims[i] == nil && slot.Run != "" {
			named = append(named, slot.Run)
		}
	}
	if len(named) == 0 {
		return nil
	}
	wanted, err := list(named)
	if err != nil {
		return err
	}
	found, err := gather(t, scanCandidate, selectReady, wanted, t.now.UnixMilli())
	if err != nil {
		return err
	}
	ready := make(map[dpp.RunID]*candidate, len(found))
	for i := range found {
		ready[found[i].Run.ID] = &found[i]
	}
	for i, slot := range slots {
		run := ready[slot.Run]
		if claims[i] != nil || run == nil {
			continue
		}
		delete(ready, slot.Run) // a second slot that names it gets nothing
		if claims[i], err = t.start(run, slot); err != nil {
			return err
		}
	}
	return nil
}

// giveOldest gives the other slots the runs that wait longest.
func (t *tx) giveOldest(slots []store.Slot, claims []*store.Claimed) error {
	free := 0
	for i, slot := range slots {
		if claims[i] == nil && slot.Run == "" {
			free++
		}
	}
	if free == 0 {
		return nil
	}
	oldest, err := gather(t, scanCandidate, selectOldest, t.now.UnixMilli(), free)
	if err != nil {
		return err
	}
	for i, slot := range slots {
		if claims[i] != nil || slot.Run != "" || len(oldest) == 0 {
			continue
		}
		if claims[i], err = t.start(&oldest[0], slot); err != nil {
			return err
		}
		oldest = oldest[1:]
	}
	return nil
}

const (
	updateStarted = `UPDATE runs SET status = 'PROCESSING', attempt = ?3, version = ?2 + 1, updated_at = ?4
		WHERE n = ?1 AND status = 'QUEUED' AND version = ?2`
	insertLease = `INSERT INTO leases (run_n, token, expires_at) VALUES (?1, ?2, ?3)`
)

// start makes a waiting run PROCESSING, under the slot's token.
func (t *tx) start(c *candidate, slot store.Slot) (*store.Claimed, error) {
	run := &c.Run
	if err := t.changeOne(updateStarted, c.n, run.Version, run.Attempt+1, t.now.UnixMilli()); err != nil {
		return nil, err
	}
	run.Status, run.UpdatedAt = dpp.StatusProcessing, t.now
	run.Attempt++
	run.Version++
	c.Token = slot.Token
	_, err := t.exec(insertLease, c.n, string(slot.Token), t.after(slot.TTL).UnixMilli())
	return &c.Claimed, err
}
