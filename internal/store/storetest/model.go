package storetest

import (
	"cmp"
	"slices"
	"time"

	"dpp"
	"dpp/internal/store"
)

// model is a store as the port's sentences describe it, as simple as can be: maps,
// and plain sums for money.
type model struct {
	now      time.Time
	accounts map[dpp.TenantID]*modelAccount
	runs     map[dpp.RunID]*modelRun
	keys     map[store.KeyRef]modelKey
	refs     map[string]dpp.Money // credits by their reference
}

type modelAccount struct {
	credited, available, held, spent dpp.Money
	open, entries                    int64
	suspended                        bool
}

type modelKey struct {
	run     dpp.RunID
	payload byte
	expires time.Time
}

type modelRun struct {
	tenant                       dpp.TenantID
	status                       dpp.Status
	version                      int64
	attempt, losses              int
	reserved, used               dpp.Money
	waitsSince, waitsTo, endless time.Time // endless: the deadline
	token                        store.LeaseToken
	leaseTo, completed, purged   time.Time
	mark                         string
	progress                     int64
}

func (r *modelRun) terminal() bool { return r.status.Terminal() }

func newModel(now time.Time) *model {
	return &model{
		now: now, accounts: make(map[dpp.TenantID]*modelAccount), runs: make(map[dpp.RunID]*modelRun),
		keys: make(map[store.KeyRef]modelKey), refs: make(map[string]dpp.Money),
	}
}

// verdict is what is expected of one submission.
type verdict struct {
	verdict store.Verdict
	reason  dpp.Reason
	run     dpp.RunID
}

func (m *model) submit(item store.Submission) verdict {
	if key, ok := m.keys[item.Key]; ok && (key.run == item.Run.ID || key.expires.After(m.now)) {
		switch {
		case key.run == item.Run.ID:
			return verdict{store.Accepted, "", key.run}
		case key.payload == item.PayloadHash[0]:
			return verdict{store.Replayed, "", key.run}
		default:
			return verdict{store.Conflict, "", key.run}
		}
	}
	account, hold := m.accounts[item.Run.Tenant], item.Run.Reservation.MaxCost
	switch {
	case account == nil:
		return verdict{store.Refused, dpp.ReasonNotFound, ""}
	case account.suspended:
		return verdict{store.Refused, dpp.ReasonTenantSuspended, ""}
	case item.MaxOpenRuns > 0 && account.open >= item.MaxOpenRuns:
		return verdict{store.Refused, dpp.ReasonTooManyRuns, ""}
	case account.available < hold:
		return verdict{store.Refused, dpp.ReasonBudgetDrained, ""}
	}
	account.available -= hold
	account.held += hold
	account.open++
	account.entries++
	deadline := m.now.Add(item.DeadlineIn)
	m.runs[item.Run.ID] = &modelRun{
		tenant: item.Run.Tenant, status: dpp.StatusQueued, version: 1, reserved: hold,
		waitsSince: m.now, waitsTo: earliest(m.now.Add(item.QueueTTL), deadline), endless: deadline,
	}
	m.keys[item.Key] = modelKey{item.Run.ID, item.PayloadHash[0], m.now.Add(item.KeyWindow)}
	return verdict{store.Accepted, "", item.Run.ID}
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// claim returns what each slot gets: first those that hold a run under their token,
// then those that name one, then the others in the order of waiting.
func (m *model) claim(batch []store.Slot) []dpp.RunID {
	got := make([]dpp.RunID, len(batch))
	for i, s := range batch {
		for id, r := range m.runs {
			if r.token == s.Token {
				got[i] = id
			}
		}
	}
	take := func(i int, id dpp.RunID) {
		r := m.runs[id]
		r.status, r.token, r.leaseTo, r.progress = dpp.StatusProcessing, batch[i].Token, m.now.Add(batch[i].TTL), 0
		r.version++
		r.attempt++
		got[i] = id
	}
	for i, s := range batch {
		if r := m.runs[s.Run]; got[i] == "" && r != nil && m.waits(r) {
			take(i, s.Run)
		}
	}
	for i, s := range batch {
		if waiting := m.queue(); got[i] == "" && s.Run == "" && len(waiting) > 0 {
			take(i, waiting[0])
		}
	}
	return got
}

func (m *model) waits(r *modelRun) bool {
	return r.status == dpp.StatusQueued && r.waitsTo.After(m.now)
}

func (m *model) queue() []dpp.RunID {
	var ids []dpp.RunID
	for id, r := range m.runs {
		if m.waits(r) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b dpp.RunID) int {
		return cmp.Or(m.runs[a].waitsSince.Compare(m.runs[b].waitsSince), cmp.Compare(a, b))
	})
	return ids
}

func (m *model) heartbeat(b store.Beat) bool {
	r := m.runs[b.Run]
	if r == nil || r.token != b.Token {
		return false
	}
	r.leaseTo, r.progress = m.now.Add(b.TTL), b.Progress.Done
	return true
}

func (m *model) transition(t store.Transition) bool {
	r := m.runs[t.Run]
	switch {
	case r == nil:
		return false
	case t.Mark != "" && r.mark == t.Mark:
		return true
	case r.version != t.Version, r.status != t.From:
		return false
	case t.Fence.Token != "" && r.token != t.Fence.Token:
		return false
	case t.Fence.LeaseExpired && (r.token == "" || !r.leaseTo.Before(m.now)):
		return false
	case t.Fence.Overdue && r.waitsTo.After(m.now) && r.endless.After(m.now):
		return false
	}
	r.status, r.mark, r.token, r.progress = t.To, t.Mark, "", 0
	r.version++
	if t.To == dpp.StatusQueued {
		r.waitsSince, r.waitsTo = m.now, earliest(m.now.Add(t.QueueTTL), r.endless)
		if t.Lost {
			r.losses++
		}
		return true
	}
	m.settle(r, t.Used)
	return true
}

func (m *model) settle(r *modelRun, charge dpp.Money) {
	account := m.accounts[r.tenant]
	account.held -= r.reserved
	account.spent += charge
	account.available += r.reserved - charge
	account.open--
	if charge > 0 {
		account.entries++
	}
	if charge < r.reserved {
		account.entries++
	}
	r.used, r.completed = charge, m.now
}

// credit tells whether it is a repeat, or why it is refused.
func (m *model) credit(tenant dpp.TenantID, amount dpp.Money, ref string) (repeated bool, reason dpp.Reason) {
	if first, ok := m.refs[string(tenant)+ref]; ok {
		if first != amount {
			return false, dpp.ReasonIdempotencyConflict
		}
		return true, ""
	}
	m.refs[string(tenant)+ref] = amount
	account := m.accounts[tenant]
	account.credited += amount
	account.available += amount
	account.entries++
	return false, ""
}

func (m *model) purge(ids []dpp.RunID) {
	for _, id := range ids {
		if r := m.runs[id]; r != nil && r.terminal() && r.purged.IsZero() {
			r.purged = m.now
		}
	}
}

// due are the runs that the reaper must look at, in order.
func (m *model) due(kind store.Due, endedFor time.Duration) []dpp.RunID {
	var ids []dpp.RunID
	since := func(r *modelRun) time.Time { return r.leaseTo }
	for id, r := range m.runs {
		is := kind == store.DueLeases && r.token != "" && r.leaseTo.Before(m.now) ||
			kind == store.DueQueue && r.status == dpp.StatusQueued && !r.waitsTo.After(m.now) ||
			kind == store.DueRetention && r.terminal() && r.purged.IsZero() && !r.completed.Add(endedFor).After(m.now)
		if is {
			ids = append(ids, id)
		}
	}
	switch kind {
	case store.DueQueue:
		since = func(r *modelRun) time.Time { return r.waitsTo }
	case store.DueRetention:
		since = func(r *modelRun) time.Time { return r.completed }
	case store.DueLeases:
	}
	slices.SortFunc(ids, func(a, b dpp.RunID) int {
		return cmp.Or(since(m.runs[a]).Compare(since(m.runs[b])), cmp.Compare(a, b))
	})
	return ids
}
