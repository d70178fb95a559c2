package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store/rules"
)

// How the life of the filled runs is laid out. The time before the oldest one is a
// month less than the 400 days after which rows are forgotten.
const (
	span      = 396 * 24 * time.Hour
	keptFor   = 30 * 24 * time.Hour // results, inputs and idempotency keys
	quietTime = 3 * time.Hour       // between the last ended run and now
	lifetime  = 24 * time.Hour      // from a run's acceptance to its deadline
	spread    = 50 * time.Second    // of how long runs take
	pad       = "0123456789abcdefghjkmnpqrstvwxyz"
	reserved  = dpp.USD
	paid      = 1_000_000 * dpp.USD
)

// plan is how much is filled in.
type plan struct {
	runs, tenants int
	waiting       int // QUEUED runs among them
	working       int // PROCESSING runs among them
	overdue       int // of the waiting ones: their time in the queue is over
	lost          int // of the working ones: their lease is past its time
	due           int // ended runs, and keys, that are just past their time and still there
}

func newPlan(runs, tenants int) plan {
	return plan{
		runs: runs, tenants: tenants,
		waiting: runs * 4 / 10, working: runs / 10, overdue: runs / 50, lost: runs / 100, due: runs / 5,
	}.bounded()
}

// bounded keeps what does not grow with the runs to the same number at every size.
func (p plan) bounded() plan {
	p.waiting, p.working = min(p.waiting, 4000), min(p.working, 1000)
	p.overdue, p.lost, p.due = min(p.overdue, 200), min(p.lost, 100), min(p.due, 2000)
	return p
}

func (p plan) open() int { return p.waiting + p.working }

// filled is a run and what else is known of it.
type filled struct {
	dpp.Run
	key     string
	keyed   bool // it has an idempotency row
	inputs  []byte
	leased  time.Time // until when; zero: not PROCESSING
	mark    string
	result  *string
	failure *string
}

// tenant is a tenant's account as its entries leave it.
type tenant struct {
	ledger.Account
	sealed ledger.Digest
	seal   int64
	usage  rules.Fold
}

// chunk is a part of the fill, in the order of time.
type chunk struct {
	runs    []filled
	entries []ledger.Entry
	usage   []usageRow
}

type usageRow struct {
	account dpp.AccountID
	day     string
	pack    string
	counts  [7]int64
}

// world makes runs one after the other, as if the platform had worked for 13 months,
// and keeps the books by the product's own rules.
type world struct {
	plan
	now     time.Time
	random  *rand.Rand
	tenants []tenant
	made    int
	day     string // of the last run
	sample  []sampled
}

// sampled is a run that measurements may ask for.
type sampled struct {
	id     dpp.RunID
	tenant dpp.TenantID
	key    string // empty: past its window
}

const samples = 4096

func newWorld(p plan, now time.Time) *world {
	w := &world{plan: p, now: now.UTC().Truncate(time.Millisecond), random: rand.New(rand.NewPCG(1, uint64(p.runs)))}
	w.tenants = make([]tenant, p.tenants)
	for i := range w.tenants {
		id := dpp.NewTenantID()
		w.tenants[i] = tenant{Account: ledger.Account{ID: dpp.AccountOf(id, true), Tenant: id, Version: 1}, usage: make(rules.Fold)}
	}
	return w
}

func (w *world) began() time.Time { return w.now.Add(-span) }

// credits are the first entries of all accounts.
func (w *world) credits() ([]ledger.Entry, error) {
	var all []ledger.Entry
	for i := range w.tenants {
		t := &w.tenants[i]
		entries, err := t.post(ledger.NewCredit(t.ID, paid, "start"), w.began(), true, nil)
		if err != nil {
			return nil, err
		}
		all = append(all, entries...)
	}
	return all, nil
}

// post applies a transfer, and folds its entries where they are sealed already.
func (t *tenant) post(transfer ledger.Transfer, at time.Time, sealed bool, run *filled) ([]ledger.Entry, error) {
	after, entries, err := t.Apply(transfer)
	if err != nil {
		return nil, err
	}
	t.Account = after
	for i := range entries {
		entries[i].CreatedAt = at
		if !sealed {
			continue
		}
		t.sealed, t.seal = t.sealed.Chain(entries[i]), entries[i].Seq
		if run != nil {
			t.usage.Add(rules.RunEntry{Entry: entries[i], PackType: run.PackType, Status: run.Status, Used: run.Used})
		}
	}
	return entries, nil
}

// pick chooses a tenant: of 10,000 the first has 4.6 % of all runs, the first ten
// have 10 %, the last half has 21 %.
func (w *world) pick() int {
	x := w.random.Float64()
	return int(x * x * x * float64(len(w.tenants)))
}

// next makes up to n further runs; none are left where it is empty.
func (w *world) next(n int) (chunk, error) {
	var c chunk
	for ; n > 0 && w.made < w.runs; n-- {
		if err := w.one(&c); err != nil {
			return c, err
		}
	}
	if w.made == w.runs {
		c.usage = w.fold(c.usage, "9999-12-31")
	}
	return c, nil
}

func (w *world) one(c *chunk) error {
	r := w.run(w.made)
	w.made++
	t := &w.tenants[w.pick()]
	r.Tenant = t.Tenant
	w.end(&r)
	if day := r.CreatedAt.Format(time.DateOnly); day != w.day {
		w.day = day
		c.usage = w.fold(c.usage, r.CreatedAt.AddDate(0, 0, -1).Format(time.DateOnly))
	}
	ended := r.Status.Terminal()
	entries, err := t.post(ledger.NewHold(t.ID, r.ID, reserved), r.CreatedAt, ended, &r)
	if err != nil {
		return err
	}
	c.entries = append(c.entries, entries...)
	if ended {
		if entries, err = t.post(ledger.NewSettle(t.ID, r.ID, reserved, r.Used), r.CompletedAt, true, &r); err != nil {
			return err
		}
		c.entries = append(c.entries, entries...)
	}
	c.runs = append(c.runs, r)
	w.remember(&r)
	return nil
}

// fold takes the usage of days before this one out of the accounts.
func (w *world) fold(rows []usageRow, before string) []usageRow {
	for i := range w.tenants {
		t := &w.tenants[i]
		if len(t.usage) == 0 {
			continue
		}
		rest := make(rules.Fold)
		for _, d := range t.usage.Sorted() {
			if d.Day >= before {
				rest.Merge(d)
				continue
			}
			rows = append(rows, usageRow{t.ID, d.Day, d.PackType, [7]int64{
				d.Submitted, d.Completed, d.Failed, d.Expired, d.Canceled, int64(d.Reserved), int64(d.Charged),
			}})
		}
		t.usage = rest
	}
	return rows
}

// at is when the run of a place in the order was accepted: those that ended evenly
// over 13 months, then those whose time is over, then the rest of the open ones.
func (w *world) at(place int) time.Time {
	ended := w.runs - w.open()
	switch late := w.overdue + w.lost; {
	case place < ended:
		return w.began().Add(time.Duration(float64(span-quietTime) * float64(place) / float64(ended)))
	case place < ended+late:
		return w.now.Add(-2 * time.Hour).Add(time.Duration(place-ended) * time.Millisecond)
	default:
		return w.now.Add(-10 * time.Minute).Add(time.Duration(place-ended-late) * 5 * time.Millisecond)
	}
}

// run is the run of a place, still without a tenant and an end.
func (w *world) run(place int) filled {
	at := w.at(place).Truncate(time.Millisecond)
	r := filled{Run: dpp.Run{
		ID: w.id(at), Live: true, PackType: "decision", PackVersion: "1.0.0", ProfileVersion: "1",
		Status: dpp.StatusQueued, Money: dpp.MoneyReserved, Version: 1,
		Reservation: dpp.Reservation{MaxCost: reserved, Timebox: time.Minute},
		Options:     dpp.Options{AllowPartial: true}, Meta: dpp.Meta{TraceID: w.text(32)},
		CreatedAt: at, UpdatedAt: at, QueueExpiresAt: at.Add(time.Hour), Deadline: at.Add(lifetime),
	}, key: "order-" + w.text(20)}
	if place%5 == 0 {
		r.PackType = "url"
	}
	if place%3 == 0 {
		r.Meta.ExternalID = "invoice-" + strconv.Itoa(place)
	}
	ended := w.runs - w.open()
	border := ended - int(float64(ended)*float64(keptFor)/float64(span))
	r.keyed = place >= border-w.due
	if place >= border-w.due {
		r.inputs = fmt.Appendf(nil, `{"question":%q,"alternatives":[%q,%q,%q],"criteria":[{"name":"cost","weight":2},{"name":"speed","weight":1}]}`,
			w.text(80), w.text(40), w.text(40), w.text(40))
	} else {
		r.PurgedAt = at.Add(keptFor)
	}
	w.place(&r, place-ended)
	return r
}

// place gives an open run its place: overdue ones first, then lost ones, then every
// fifth is worked on.
func (w *world) place(r *filled, n int) {
	if n < 0 {
		r.Status = dpp.StatusCompleted // end says which end it is
		return
	}
	late := w.overdue + w.lost
	working := n >= w.overdue && n < late
	if n >= late {
		working = n-late < w.working-w.lost
	}
	if !working {
		return
	}
	r.Status, r.Version, r.Attempt = dpp.StatusProcessing, 2, 1
	r.leased = w.now.Add(time.Hour)
	if n < late {
		r.leased = w.now.Add(-time.Hour)
	}
}

// end ends a run in one of the four ways.
func (w *world) end(r *filled) {
	if !r.Status.Terminal() {
		return
	}
	r.Version, r.Attempt, r.mark = 3, 1, w.text(26)
	r.CompletedAt = r.CreatedAt.Add(time.Second + time.Duration(w.random.Int64N(int64(spread)))).Truncate(time.Millisecond)
	r.UpdatedAt = r.CompletedAt
	switch chance := w.random.IntN(100); {
	case chance < 92:
		r.Used = dpp.Money(50+w.random.Int64N(100)) * dpp.Quantum
		key := fmt.Sprintf("dpp/%s/%s/%s/a1/envelope.json", r.Tenant, r.ID.Time().Format("2006/01/02"), r.ID)
		r.Result = &dpp.Result{Key: key, SHA256: sum(key), Size: int64(len(key)), Reliability: dpp.FullScore - dpp.Score(w.random.Int32N(100_000))}
	case chance < 96:
		r.Status, r.Used = dpp.StatusFailed, dpp.MinimumFee(reserved)
		r.Error = &dpp.RunError{Reason: dpp.ReasonPackError, Detail: "the inputs cannot be ranked: " + w.text(20)}
	case chance < 98:
		r.Status = dpp.StatusCanceled
		r.Error = &dpp.RunError{Reason: dpp.ReasonCanceled, Detail: "canceled by its caller"}
	default:
		r.Status, r.Version, r.Attempt = dpp.StatusExpired, 2, 0
		r.Error = &dpp.RunError{Reason: dpp.ReasonReservationExpired, Detail: "waited for too long"}
	}
	r.Money = dpp.MoneyStateFor(r.Used)
}

// id is an identifier as the product would have made it then.
func (w *world) id(at time.Time) dpp.RunID {
	first := string(dpp.FirstRunID(at))
	return dpp.RunID(first[:len("run_")+10] + w.text(15) + "0")
}

func (w *world) text(n int) string {
	b := make([]byte, n)
	for i := 0; i < n; {
		for bits, k := w.random.Uint64(), 0; k < 12 && i < n; k++ {
			b[i] = pad[bits&31]
			bits >>= 5
			i++
		}
	}
	return string(b)
}

// remember keeps an even sample of all ended runs.
func (w *world) remember(r *filled) {
	if !r.Status.Terminal() {
		return
	}
	s := sampled{id: r.ID, tenant: r.Tenant}
	if r.keyed && w.now.Before(r.CreatedAt.Add(keptFor)) {
		s.key = r.key
	}
	if len(w.sample) < samples {
		w.sample = append(w.sample, s)
	} else if at := w.random.IntN(w.made); at < samples {
		w.sample[at] = s
	}
}
