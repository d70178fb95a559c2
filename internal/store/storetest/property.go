package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

// testModel does random things to a store and to the model, and compares every
// answer. One store serves all sequences; each has tenants of its own and begins with
// an empty queue.
func testModel(t *testing.T, h Harness) {
	w := newWorld(t, h)
	var past []dpp.RunID // runs of all sequences
	rapid.Check(t, func(rt *rapid.T) {
		p := &player{T: rt, w: w, m: newModel(w.clock.Now()), past: &past}
		p.clear()
		for range rapid.IntRange(1, 2).Draw(rt, "tenants") {
			id := w.newTenant(0)
			p.tenants = append(p.tenants, id)
			p.m.accounts[id] = new(modelAccount)
			p.credit(id, 5*dpp.USD, "start")
		}
		for range rapid.IntRange(1, 14).Draw(rt, "steps") {
			p.play()
		}
		p.compare()
	})
	w.checkBooks()
}

// player is one random sequence.
type player struct {
	*rapid.T
	w       *world
	m       *model
	tenants []dpp.TenantID
	items   []store.Submission // accepted, to be repeated
	slots   []store.Slot       // used, to be repeated
	steps   []store.Transition // used, to be repeated
	past    *[]dpp.RunID
	names   int
}

func (p *player) must(err error) {
	if err != nil {
		p.Helper()
		p.Fatal(err)
	}
}

func (p *player) equal(what string, got, want any) {
	if show(got) != show(want) {
		p.Helper()
		p.Fatalf("%s:\ngot  %s\nwant %s", what, show(got), show(want))
	}
}

// clear cancels what earlier sequences left open.
func (p *player) clear() {
	runs, err := p.w.store.RunsByID(p.w.Context(), *p.past)
	p.must(err)
	var steps []store.Transition
	for _, run := range runs {
		if !run.Status.Terminal() {
			step := ending(run, dpp.StatusCanceled, 0)
			step.Mark = "clear " + string(run.ID)
			steps = append(steps, step)
		}
	}
	_, err = p.w.store.Transition(p.w.Context(), steps)
	p.must(err)
	*p.past = nil
}

func (p *player) name(prefix string) string {
	p.names++
	return fmt.Sprintf("%s-%s-%d", prefix, p.tenants[0], p.names)
}

func (p *player) play() {
	actions := []func(){
		p.submit, p.submit, p.submit, p.claim, p.claim, p.beat, p.transition, p.transition, p.transition,
		p.pay, p.suspend, p.wait, p.wait, p.reap, p.seal,
	}
	actions[rapid.IntRange(0, len(actions)-1).Draw(p.T, "action")]()
}

func (p *player) tenant() dpp.TenantID { return rapid.SampledFrom(p.tenants).Draw(p.T, "tenant") }

func (p *player) money(most int64) dpp.Money {
	return dpp.Money(rapid.Int64Range(1, most).Draw(p.T, "amount")) * dpp.Quantum
}

func (p *player) submit() {
	var batch []store.Submission
	taken := make(map[store.KeyRef]bool)
	for range rapid.IntRange(1, 5).Draw(p.T, "submissions") {
		item := p.submission()
		if !taken[item.Key] { // no two items share a key
			taken[item.Key] = true
			batch = append(batch, item)
		}
	}
	got, err := p.w.store.Submit(p.w.Context(), batch)
	p.must(err)
	for i, item := range batch {
		want := p.m.submit(item)
		p.equal("submitted", verdict{got[i].Verdict, got[i].Reason, got[i].Run.ID}, want)
		if want.verdict == store.Accepted && want.run == item.Run.ID {
			p.items = append(p.items, item)
			*p.past = append(*p.past, item.Run.ID)
		}
		p.account(got[i].Account, item.Run.Tenant, i == len(batch)-1)
	}
}

func (p *player) submission() store.Submission {
	if len(p.items) > 0 && rapid.IntRange(0, 4).Draw(p.T, "in doubt") == 0 {
		return rapid.SampledFrom(p.items).Draw(p.T, "item")
	}
	item := submissionOf(p.tenant(), fmt.Sprintf("key-%d", rapid.IntRange(1, 12).Draw(p.T, "key")), p.money(20_000))
	item.PayloadHash[0] = byte(rapid.IntRange(1, 2).Draw(p.T, "payload"))
	item.MaxOpenRuns = int64(rapid.SampledFrom([]int{0, 0, 0, 3}).Draw(p.T, "open runs"))
	item.QueueTTL = rapid.SampledFrom([]time.Duration{time.Minute, time.Hour, 5 * time.Hour}).Draw(p.T, "queue TTL")
	return item
}

func (p *player) run() dpp.RunID {
	if len(p.items) == 0 {
		return "run_unknown"
	}
	return rapid.SampledFrom(p.items).Draw(p.T, "run").Run.ID
}

func (p *player) claim() {
	var batch []store.Slot
	for range rapid.IntRange(1, 4).Draw(p.T, "slots") {
		s := slot(p.name("token"), "")
		switch rapid.IntRange(0, 4).Draw(p.T, "kind") {
		case 0, 1:
			s.Run = p.run()
		case 2:
			if old := p.oldSlot(); old != nil && !slices.Contains(batch, *old) {
				s = *old
			}
		}
		batch = append(batch, s)
	}
	p.slots = append(p.slots, batch...)
	got, err := p.w.store.Claim(p.w.Context(), batch)
	p.must(err)
	p.equal("claimed", claimedIDs(got), p.m.claim(batch))
	for _, c := range got {
		if c != nil {
			p.same(c.Run)
		}
	}
}

// oldSlot is one that was used before.
func (p *player) oldSlot() *store.Slot {
	if len(p.slots) == 0 {
		return nil
	}
	s := rapid.SampledFrom(p.slots).Draw(p.T, "old slot")
	return &s
}

func (p *player) token(run dpp.RunID) store.LeaseToken {
	if r := p.m.runs[run]; r != nil && r.token != "" && rapid.IntRange(0, 3).Draw(p.T, "right token") > 0 {
		return r.token
	}
	return "guessed"
}

func (p *player) beat() {
	run := p.run()
	b := store.Beat{Run: run, Token: p.token(run), TTL: leaseTTL, Progress: dpp.Progress{Done: rapid.Int64Range(1, 9).Draw(p.T, "done"), Total: 9}}
	got, err := p.w.store.Heartbeat(p.w.Context(), []store.Beat{b})
	p.must(err)
	p.equal("held", got, []bool{p.m.heartbeat(b)})
}

func (p *player) transition() {
	var batch []store.Transition
	for range rapid.IntRange(1, 3).Draw(p.T, "transitions") {
		if step, ok := p.step(); ok {
			batch = append(batch, step)
		}
	}
	p.steps = append(p.steps, batch...)
	got, err := p.w.store.Transition(p.w.Context(), batch)
	p.must(err)
	for i, step := range batch {
		p.equal("happened", got[i].Happened, p.m.transition(step))
		p.same(got[i].Run)
		if got[i].Happened && step.To.Terminal() {
			p.account(got[i].Account, got[i].Run.Tenant, i == len(batch)-1)
		}
	}
}

// step is a transition that may happen, or one that is late, or a repeat.
func (p *player) step() (store.Transition, bool) {
	if len(p.steps) > 0 && rapid.IntRange(0, 5).Draw(p.T, "in doubt") == 0 {
		return rapid.SampledFrom(p.steps).Draw(p.T, "step"), true
	}
	id := p.run()
	r := p.m.runs[id]
	if r == nil || r.terminal() {
		return store.Transition{}, false
	}
	run := dpp.Run{ID: id, Tenant: r.tenant, Live: true, Version: r.version, Status: r.status, Reservation: dpp.Reservation{MaxCost: r.reserved}}
	var step store.Transition
	if run.Status == dpp.StatusQueued {
		step = ending(run, rapid.SampledFrom([]dpp.Status{dpp.StatusExpired, dpp.StatusCanceled}).Draw(p.T, "to"), 0)
		step.Fence.Overdue = step.To == dpp.StatusExpired
	} else {
		step = p.stepOfProcessing(run)
	}
	step.Mark = p.name("mark")
	step.Version -= int64(rapid.SampledFrom([]int{0, 0, 0, 0, 1}).Draw(p.T, "late"))
	return step, true
}

func (p *player) stepOfProcessing(run dpp.Run) store.Transition {
	to := rapid.SampledFrom([]dpp.Status{dpp.StatusQueued, dpp.StatusCompleted, dpp.StatusFailed, dpp.StatusCanceled}).Draw(p.T, "to")
	if to != dpp.StatusQueued {
		charge := min(p.money(20_000)-dpp.Quantum, run.Reservation.MaxCost)
		step := ending(run, to, charge)
		step.Fence.Token = p.token(run.ID)
		return step
	}
	step := requeueing(run)
	step.Fence = store.Fence{Token: p.token(run.ID), LeaseExpired: rapid.Bool().Draw(p.T, "expired")}
	step.Lost = step.Fence.LeaseExpired
	return step
}

func (p *player) pay() {
	p.credit(p.tenant(), p.money(50_000), fmt.Sprint("ref-", rapid.IntRange(1, 4).Draw(p.T, "reference")))
}

func (p *player) credit(tenant dpp.TenantID, amount dpp.Money, ref string) {
	got, err := p.w.store.Post(p.w.Context(), []ledger.Transfer{ledger.NewCredit(dpp.AccountOf(tenant, true), amount, ref)})
	p.must(err)
	repeated, reason := p.m.credit(tenant, amount, ref)
	p.equal("posted", []any{got[0].Repeated, got[0].Reason}, []any{repeated, reason})
	p.account(got[0].Account, tenant, true)
}

func (p *player) suspend() {
	tenant, suspended := p.tenant(), rapid.Bool().Draw(p.T, "suspended")
	p.must(p.w.store.SetSuspended(p.w.Context(), tenant, suspended))
	p.m.accounts[tenant].suspended = suspended
}

func (p *player) wait() {
	p.w.clock.advance(rapid.SampledFrom([]time.Duration{time.Millisecond, time.Minute, 3 * time.Minute, 2 * time.Hour, keyWindow}).Draw(p.T, "while"))
	p.m.now = p.w.clock.Now()
}

// reap looks at what is due of this sequence's own runs.
func (p *player) reap() {
	for _, kind := range []store.Due{store.DueLeases, store.DueQueue, store.DueRetention} {
		all, err := p.w.store.Due(p.w.Context(), store.DueQuery{Due: kind, EndedFor: time.Hour, Limit: 100_000})
		p.must(err)
		own := []dpp.RunID{}
		for _, d := range all {
			if p.m.runs[d.Run.ID] != nil {
				own = append(own, d.Run.ID)
			}
		}
		want := append([]dpp.RunID{}, p.m.due(kind, time.Hour)...)
		if kind != store.DueQueue { // runs that are due at the same moment have no order
			slices.Sort(own)
			slices.Sort(want)
		}
		p.equal(fmt.Sprintf("due of kind %d", kind), own, want)
		if kind == store.DueRetention && len(own) > 0 {
			p.must(p.w.store.Purge(p.w.Context(), own[:1]))
			p.m.purge(own[:1])
		}
	}
}

func (p *player) seal() {
	_, err := p.w.store.Seal(p.w.Context(), rapid.IntRange(1, 9).Draw(p.T, "entries"))
	p.must(err)
}

// account compares an account, where the model is as far as the answer.
func (p *player) account(got ledger.Account, tenant dpp.TenantID, now bool) {
	p.Helper()
	if a := p.m.accounts[tenant]; now {
		p.equal("account", []any{got.Credited, got.Available, got.Held, got.Spent, got.OpenRuns, got.Seq},
			[]any{a.credited, a.available, a.held, a.spent, a.open, a.entries})
	}
	if !got.Balanced() {
		p.Fatalf("account %+v is out of balance", got)
	}
}

// same compares a run with the model's.
func (p *player) same(got dpp.Run) {
	p.Helper()
	r := p.m.runs[got.ID]
	if r == nil {
		p.equal("unknown run", got, dpp.Run{})
		return
	}
	var progress int64
	if got.Progress != nil {
		progress = got.Progress.Done
	}
	p.equal("run "+string(got.ID),
		[]any{got.Status, got.Version, got.Attempt, got.Losses, got.Used, got.QueueExpiresAt, got.Deadline, got.CompletedAt, got.PurgedAt, progress},
		[]any{r.status, r.version, r.attempt, r.losses, r.used, r.waitsTo, r.endless, r.completed, r.purged, r.progress})
}

// compare reads everything of this sequence back.
func (p *player) compare() {
	all := make([]dpp.RunID, 0, len(p.m.runs))
	for id := range p.m.runs {
		all = append(all, id)
	}
	runs, err := p.w.store.RunsByID(p.w.Context(), all)
	p.must(err)
	p.equal("number of runs", len(runs), len(all))
	for _, run := range runs {
		p.same(run)
	}
	for _, tenant := range p.tenants {
		accounts, err := p.w.store.Accounts(p.w.Context(), []dpp.AccountID{dpp.AccountOf(tenant, true)})
		p.must(err)
		p.account(accounts[0], tenant, true)
		p.usage(tenant)
	}
}

// usage compares the sum of all days with the model's runs.
func (p *player) usage(tenant dpp.TenantID) {
	days, err := p.w.store.Usage(p.w.Context(), dpp.AccountOf(tenant, true), time.Time{}, p.m.now.Add(time.Hour))
	p.must(err)
	var got, want store.UsageDay
	for _, d := range days {
		got.Submitted += d.Submitted
		got.Completed += d.Completed
		got.Failed += d.Failed
		got.Expired += d.Expired
		got.Canceled += d.Canceled
		got.Reserved += d.Reserved
		got.Charged += d.Charged
	}
	for _, r := range p.m.runs {
		if r.tenant != tenant {
			continue
		}
		want.Submitted++
		want.Reserved += r.reserved
		want.Charged += r.used
		switch r.status {
		case dpp.StatusCompleted:
			want.Completed++
		case dpp.StatusFailed:
			want.Failed++
		case dpp.StatusExpired:
			want.Expired++
		case dpp.StatusCanceled:
			want.Canceled++
		case dpp.StatusQueued, dpp.StatusProcessing:
		}
	}
	p.equal("usage", got, want)
}
