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
	started, err := t.choose(slots, claims)
	if err != nil {
		return nil, err
	}
	if err := t.start(started); err != nil {
		return nil, err
	}
	for i, claim := range claims {
		if claim == nil || claim.Run.Tenant != "" {
			continue
		}
		claim.Run = *started[claim.Run.ID]
		if _, err := t.exec(insertLease, string(claim.Run.ID), string(slots[i].Token), t.after(slots[i].TTL).UnixMilli()); err != nil {
			return nil, err
		}
	}
	return claims, t.loadInputs(claims)
}

const selectHeld = `SELECT ` + leasedRuns + ` WHERE token IN (SELECT value FROM json_each(?1))`

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
	return t.query(selectHeld, func(r row) error {
		var lease leaseRow
		claim := new(store.Claimed)
		if err := scanLeasedRun(r, &claim.Run, &lease); err != nil {
			return err
		}
		claim.Token = store.LeaseToken(lease.token)
		claims[at[claim.Token]] = claim
		return nil
	}, wanted)
}

// choose gives each free slot the run that it names, or the one that waits longest,
// and returns the chosen runs, yet to be started. Their claims hold identifiers alone.
func (t *tx) choose(slots []store.Slot, claims []*store.Claimed) (map[dpp.RunID]*dpp.Run, error) {
	var named []dpp.RunID
	free := 0
	for i, slot := range slots {
		if claims[i] == nil && slot.Run != "" {
			named = append(named, slot.Run)
		} else if claims[i] == nil {
			free++
		}
	}
	ready, err := t.ready(named)
	if err != nil {
		return nil, err
	}
	oldest, err := t.oldest(free, len(ready))
	if err != nil {
		return nil, err
	}
	chosen := make(map[dpp.RunID]*dpp.Run)
	take := func(i int, id dpp.RunID) {
		chosen[id] = nil
		claims[i] = &store.Claimed{Run: dpp.Run{ID: id}, Token: slots[i].Token}
	}
	for i, slot := range slots {
		if claims[i] == nil && ready[slot.Run] {
			delete(ready, slot.Run) // a second slot that names it gets nothing
			take(i, slot.Run)
		}
	}
	for i, slot := range slots {
		if claims[i] != nil || slot.Run != "" {
			continue
		}
		for len(oldest) > 0 {
			id := oldest[0]
			oldest = oldest[1:]
			if _, taken := chosen[id]; !taken {
				take(i, id)
				break
			}
		}
	}
	return chosen, nil
}

const selectReady = `SELECT id FROM runs
	WHERE id IN (SELECT value FROM json_each(?1)) AND +status = 'QUEUED' AND +queue_expires_at > ?2`

// ready are those of the runs that may be claimed.
func (t *tx) ready(ids []dpp.RunID) (map[dpp.RunID]bool, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	wanted, err := list(ids)
	if err != nil {
		return nil, err
	}
	ready := make(map[dpp.RunID]bool, len(ids))
	err = t.query(selectReady, func(r row) error {
		var id dpp.RunID
		err := r.Scan((*string)(&id))
		ready[id] = true
		return err
	}, wanted, t.now.UnixMilli())
	return ready, err
}

// The plus keeps SQLite from searching by the end of the waiting and sorting.
const selectOldest = `SELECT id FROM runs WHERE status = 'QUEUED' AND +queue_expires_at > ?1 ORDER BY updated_at, id LIMIT ?2`

// oldest are the runs that wait longest, as many as are wanted and some to spare.
func (t *tx) oldest(wanted, spare int) (ids []dpp.RunID, err error) {
	if wanted == 0 {
		return nil, nil
	}
	return gather(t, scanRunID, selectOldest, t.now.UnixMilli(), wanted+spare)
}

func scanRunID(r row) (id dpp.RunID, err error) {
	err = r.Scan((*string)(&id))
	return id, err
}

const (
	updateStarted = `UPDATE runs SET status = 'PROCESSING', attempt = attempt + 1, version = version + 1, updated_at = ?2
		WHERE id IN (SELECT value FROM json_each(?1)) RETURNING ` + runColumns
	insertLease = `INSERT INTO leases (run_id, token, expires_at) VALUES (?1, ?2, ?3)`
)

// start makes the chosen runs PROCESSING, and fills them in.
func (t *tx) start(chosen map[dpp.RunID]*dpp.Run) error {
	if len(chosen) == 0 {
		return nil
	}
	ids := make([]dpp.RunID, 0, len(chosen))
	for id := range chosen {
		ids = append(ids, id)
	}
	wanted, err := list(ids)
	if err != nil {
		return err
	}
	return t.query(updateStarted, func(r row) error {
		run := new(dpp.Run)
		err := scanRun(r, run)
		chosen[run.ID] = run
		return err
	}, wanted, t.now.UnixMilli())
}

const selectInputs = `SELECT run_id, data FROM run_inputs WHERE run_id IN (SELECT value FROM json_each(?1))`

// loadInputs fills in what the store itself holds of the inputs.
func (t *tx) loadInputs(claims []*store.Claimed) error {
	at := make(map[dpp.RunID]*store.Claimed)
	var ids []dpp.RunID
	for _, claim := range claims {
		if claim != nil && claim.Run.InputsKey == "" {
			at[claim.Run.ID], ids = claim, append(ids, claim.Run.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	wanted, err := list(ids)
	if err != nil {
		return err
	}
	return t.query(selectInputs, func(r row) error {
		var id dpp.RunID
		var data []byte
		err := r.Scan((*string)(&id), &data)
		at[id].Inputs = data
		return err
	}, wanted)
}
