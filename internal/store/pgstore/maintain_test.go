package pgstore

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

// The day of these tests; the database's own partitions are those of the real time.
var day = time.Date(2025, 3, 10, 12, 0, 0, 0, time.UTC)

// clocked is a store whose clock the test moves.
type clocked struct {
	*Store
	url string
	now atomic.Pointer[time.Time]
}

func newClocked(t *testing.T) *clocked {
	t.Helper()
	c := &clocked{url: newDatabase(t)}
	c.at(day)
	c.Store = open(t, c.url, func() time.Time { return *c.now.Load() })
	return c
}

func (c *clocked) at(now time.Time) { c.now.Store(&now) }

// made are runs whose identifiers and times are those of the clock.
func (c *clocked) made(t *testing.T, n int) []dpp.Run {
	t.Helper()
	tenant := newTenant(t, c.Store, 10*dpp.USD)
	batch := submissions(tenant, "key", n)
	for i := range batch {
		id := dpp.FirstRunID(c.now.Load().Add(time.Duration(i) * time.Millisecond))
		batch[i] = submission(tenant, id, batch[i].Key.Key)
	}
	return accepted(t, c.Store, batch)
}

// ended works on n runs.
func (c *clocked) ended(t *testing.T, n int) {
	t.Helper()
	var steps []store.Transition
	for _, work := range claimed(t, c.Store, slots("token", n)) {
		steps = append(steps, ending(work))
	}
	outcomes, err := c.Transition(t.Context(), steps)
	must(t, err)
	for _, out := range outcomes {
		if !out.Happened {
			t.Errorf("the end of %s did not happen", out.Run.ID)
		}
	}
}

// parts are the partitions of a table.
func parts(t *testing.T, s *Store, table string) []string {
	t.Helper()
	names, err := readAll(t.Context(), s, scanText, selectParts, table)
	must(t, err)
	return names
}

func (c *clocked) has(t *testing.T, table, name string) bool {
	t.Helper()
	return slices.Contains(parts(t, c.Store, table), name)
}

func TestMaintainMakesTheTimeToCome(t *testing.T) {
	t.Parallel()
	c := newClocked(t)
	before := objects(t, c.url)
	others := make([]*Store, 3)
	for i := range others {
		others[i] = open(t, c.url, func() time.Time { return day })
	}
	together(len(others), func(i int) {
		if err := others[i].Maintain(t.Context(), time.Hour); err != nil {
			t.Error(err)
		}
	})
	made := objects(t, c.url)
	for _, p := range wanted(day) {
		if before[p.name] != "" || made[p.name] == "" || !c.has(t, p.table, p.name) {
			t.Errorf("partition %s: before %q, made %q", p.name, before[p.name], made[p.name])
		}
	}
	must(t, c.Maintain(t.Context(), 0))
	if again := objects(t, c.url); len(again) != len(made) {
		t.Errorf("%d objects, after another time %d", len(made), len(again))
	}
	// A month that is made now is as those that come with the schema.
	now, then := wanted(time.Now().UTC()), wanted(day)
	for i := range now[:2] {
		if got, want := shape(made, then[i].name), shape(made, now[i].name); got != want {
			t.Errorf("partition\n%s\nwant\n%s", got, want)
		}
	}
}

// shape is a partition and what belongs to it, apart from its range.
func shape(objects map[string]string, name string) string {
	var all []string
	for object, definition := range objects {
		if strings.HasPrefix(object, name) && object != name {
			all = append(all, strings.ReplaceAll(object+": "+definition, name, "it"))
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

func TestMaintainDisturbsNobody(t *testing.T) {
	t.Parallel()
	c := newClocked(t)
	must(t, c.Maintain(t.Context(), 0))
	tenant := newTenant(t, c.Store, 1000*dpp.USD)
	later := open(t, c.url, func() time.Time { return day.AddDate(0, 2, 0) })
	done := make(chan struct{})
	together(4, func(i int) {
		if i == 0 {
			defer close(done)
			if err := later.Maintain(t.Context(), 0); err != nil {
				t.Error(err)
			}
			return
		}
		for range 300 {
			select {
			case <-done:
				return
			default:
			}
			batch := submissions(tenant, string(dpp.NewKeyID()), 2)
			if out, err := c.Submit(t.Context(), batch); err != nil || out[0].Verdict != store.Accepted {
				t.Errorf("submit while partitions are made: %+v, %v", out, err)
			}
		}
	})
	checkBooks(t, c.Store)
}

func TestInputsGoByTheDay(t *testing.T) {
	t.Parallel()
	c := newClocked(t)
	must(t, c.Maintain(t.Context(), 0))
	const part = "run_inputs_y2025m03d10"
	runs := c.made(t, 2)
	if n := count(t, c.Store, part); n != 2 {
		t.Fatalf("%d inputs are in their day", n)
	}
	c.ended(t, 2)
	must(t, c.Purge(t.Context(), ids(runs)[:1]))
	c.at(day.AddDate(0, 0, 3))
	must(t, c.Maintain(t.Context(), 0))
	if !c.has(t, "run_inputs", part) {
		t.Fatal("inputs of a run that is not purged were dropped")
	}
	must(t, c.Purge(t.Context(), ids(runs)[1:]))
	must(t, c.Maintain(t.Context(), 0))
	if c.has(t, "run_inputs", part) || !c.has(t, "run_inputs", "run_inputs_y2025m03d13") {
		t.Errorf("after all runs were purged: %v", parts(t, c.Store, "run_inputs"))
	}
	checkBooks(t, c.Store)
}

func count(t *testing.T, s *Store, table string) int64 {
	t.Helper()
	n, err := readOne[int64](t.Context(), s, "SELECT count(*) FROM "+pgx.Identifier{table}.Sanitize())
	must(t, err)
	return n
}

func TestRunsGoByTheMonth(t *testing.T) {
	t.Parallel()
	const part, kept = "runs_y2025m03", 30 * 24 * time.Hour
	c := newClocked(t)
	must(t, c.Maintain(t.Context(), 0))
	runs := c.made(t, 2)
	c.ended(t, 2)
	account := runs[0].Account()
	c.at(day.AddDate(0, 3, 0))
	stays := func(why string, endedFor time.Duration) {
		must(t, c.Maintain(t.Context(), endedFor))
		if !c.has(t, "runs", part) {
			t.Fatalf("a month was dropped although %s", why)
		}
	}
	stays("its runs are not purged", kept)
	must(t, c.Purge(t.Context(), ids(runs)))
	stays("keys still point to its runs", kept)
	_, err := c.Forget(t.Context(), 400*24*time.Hour, 100)
	must(t, err)
	stays("its entries are not sealed", kept)
	_, err = c.Seal(t.Context(), 100)
	must(t, err)
	stays("its events are not told", kept)
	events, err := c.TakeEvents(t.Context(), 10, time.Minute)
	must(t, err)
	must(t, c.DoneEvents(t.Context(), column(events, func(e *store.Event) dpp.EventID { return e.ID })))
	stays("it has not been over for long enough", 80*24*time.Hour)
	stays("nothing may be dropped", 0)
	must(t, c.Maintain(t.Context(), kept))
	left, err := c.RunsByID(t.Context(), ids(runs))
	must(t, err)
	if c.has(t, "runs", part) || len(left) != 0 {
		t.Errorf("a month that nobody may ask for: %d runs, %v", len(left), parts(t, c.Store, "runs"))
	}
	entries, err := c.Entries(t.Context(), store.EntryQuery{Account: account, Limit: 10})
	must(t, err)
	if len(entries) != 7 || !c.has(t, "entries", "entries_y2025m03") { // a credit, and three for each run
		t.Errorf("the ledger after its runs were dropped: %+v", entries)
	}
	checkBooks(t, c.Store)
}

func TestOutsideOfEveryMonth(t *testing.T) {
	t.Parallel()
	c := newClocked(t)
	runs := c.made(t, 3)
	c.ended(t, 2)
	for table, want := range map[string]int64{"runs_other": 3, "run_inputs_other": 3, "entries_other": 1 + 3 + 4} {
		if n := count(t, c.Store, table); n != want {
			t.Errorf("%d rows in %s", n, table)
		}
	}
	listed, err := c.ListRuns(t.Context(), store.ListQuery{Tenant: runs[0].Tenant, Live: true, Limit: 10})
	must(t, err)
	usage, err := c.Usage(t.Context(), runs[0].Account(), day, day.AddDate(0, 0, 1))
	must(t, err)
	if len(listed) != 3 || len(usage) != 1 || usage[0].Completed != 2 {
		t.Errorf("%d listed, usage %+v", len(listed), usage)
	}

	before := objects(t, c.url)
	err = c.Maintain(t.Context(), 0)
	if !errors.Is(err, ErrOccupied) || strings.Count(err.Error(), ErrOccupied.Error()) != 3 {
		t.Errorf("partitions for rows that are elsewhere: %v", err)
	}
	after := objects(t, c.url)
	for _, name := range []string{"runs_y2025m03", "entries_y2025m03", "run_inputs_y2025m03d10"} {
		if after[name] != "" {
			t.Errorf("%s was made", name)
		}
	}
	for name, definition := range before {
		if after[name] != definition && !strings.HasSuffix(name, "_other") { // what is left for these is less
			t.Errorf("%s changed to %s", name, after[name])
		}
	}
	if !c.has(t, "runs", "runs_y2025m04") || !c.has(t, "run_inputs", "run_inputs_y2025m03d11") {
		t.Error("the others were not made")
	}
	must(t, c.Purge(t.Context(), ids(runs)))
	if n := count(t, c.Store, "run_inputs_other"); n != 1 {
		t.Errorf("%d inputs, where one run is not purged", n)
	}
	accepted(t, c.Store, submissions(runs[0].Tenant, "later", 2))
	_, err = c.Seal(t.Context(), 100)
	must(t, err)
	c.at(day.AddDate(0, 3, 0))
	_, err = c.Forget(t.Context(), time.Hour, 100) // keys first
	must(t, err)
	left, err := c.RunsByID(t.Context(), ids(runs))
	must(t, err)
	if len(left) != 1 {
		t.Errorf("%d runs are left", len(left))
	}
	checkBooks(t, c.Store)
}

// checkBooks adds up every account from its entries and its open runs, and finds
// nothing that belongs to nothing.
func checkBooks(t *testing.T, s *Store) {
	t.Helper()
	must(t, s.Snapshot(t.Context(), func(v store.Snapshot) error {
		err := v.EachAccount(t.Context(), func(a ledger.Account) error {
			sums := make(map[ledger.Bucket]dpp.Money)
			var seq, open int64
			err := v.EachEntry(t.Context(), a.ID, func(e ledger.Entry) error {
				if seq++; e.Seq != seq {
					t.Errorf("account %s has entry %d where %d belongs", a.ID, e.Seq, seq)
				}
				for _, p := range e.Postings() {
					sums[p.Bucket] += p.Amount
				}
				return nil
			})
			if err != nil {
				return err
			}
			var held dpp.Money
			err = v.EachRun(t.Context(), a.ID, func(r store.AuditRun) error {
				if !r.Run.Status.Terminal() {
					open++
					held += r.Run.Reservation.MaxCost
				}
				return nil
			})
			if !a.Balanced() || seq != a.Seq || sums[ledger.Available] != a.Available || sums[ledger.Held] != a.Held ||
				sums[ledger.Spent] != a.Spent || -sums[ledger.World] != a.Credited || open != a.OpenRuns || held != a.Held {
				t.Errorf("account %+v; its %d entries say %v, its runs %s in %d", a, seq, sums, held, open)
			}
			return err
		})
		if err != nil {
			return err
		}
		return v.EachStray(t.Context(), func(what string) error {
			t.Error(what)
			return nil
		})
	}))
}
