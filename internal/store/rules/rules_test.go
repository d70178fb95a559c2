package rules

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

const (
	tenant  dpp.TenantID  = "ten_a"
	account dpp.AccountID = "ten_a"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// books have one account that was paid so much.
func books(t *testing.T, credit dpp.Money) *Books {
	t.Helper()
	after, _, err := ledger.Account{ID: account, Tenant: tenant, Version: 1}.Apply(ledger.NewCredit(account, credit, ""))
	if err != nil {
		t.Fatal(err)
	}
	return OpenBooks(now, []ledger.Account{after})
}

// untouched tells whether nothing would be written.
func (b *Books) untouched() bool { return len(b.Changed()) == 0 && len(b.Entries()) == 0 }

func submission(id dpp.RunID, hold dpp.Money) store.Submission {
	return store.Submission{
		Run: dpp.Run{
			ID: id, Tenant: tenant, Live: true, Status: dpp.StatusQueued, Money: dpp.MoneyReserved, Version: 1,
			Reservation: dpp.Reservation{MaxCost: hold, Timebox: time.Minute},
		},
		Key:  store.KeyRef{Tenant: tenant, Live: true, Key: "key of " + string(id)},
		Hold: ledger.NewHold(account, id, hold), QueueTTL: time.Hour, DeadlineIn: 2 * time.Hour, KeyWindow: 24 * time.Hour,
	}
}

func TestSubmitRefusesWhatIsNoNewRun(t *testing.T) {
	for what, spoil := range map[string]func(*store.Submission){
		"worked on":                 func(s *store.Submission) { s.Run.Status = dpp.StatusProcessing },
		"settled":                   func(s *store.Submission) { s.Run.Money = dpp.MoneySettled },
		"of a later version":        func(s *store.Submission) { s.Run.Version = 2 },
		"claimed before":            func(s *store.Submission) { s.Run.Attempt = 1 },
		"lost before":               func(s *store.Submission) { s.Run.Losses = 1 },
		"with a credit":             func(s *store.Submission) { s.Hold = ledger.NewCredit(account, dpp.USD, "") },
		"with another run's hold":   func(s *store.Submission) { s.Hold = ledger.NewHold(account, "run_x", dpp.USD) },
		"with somebody else's hold": func(s *store.Submission) { s.Hold = ledger.NewHold("ten_x", s.Run.ID, dpp.USD) },
		"of another mode's money":   func(s *store.Submission) { s.Run.Live = false },
	} {
		b, item := books(t, 10*dpp.USD), submission("run_b", dpp.USD)
		spoil(&item)
		got, err := Submit(now, []store.Submission{item}, nil, nil, b)
		if !errors.Is(err, ErrSubmission) || len(got.New) != 0 || !b.untouched() {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
	b, item := books(t, 10*dpp.USD), submission("run_a", 150) // finer than the quantum
	if _, err := Submit(now, []store.Submission{item}, nil, nil, b); !errors.Is(err, ledger.ErrMalformed) || !b.untouched() {
		t.Errorf("a hold of no whole quantum: %v", err)
	}
}

func TestSubmitDecidesInOrder(t *testing.T) {
	b := books(t, 3*dpp.USD)
	stranger := submission("run_e", dpp.USD)
	stranger.Run.Tenant = "ten_x"
	stranger.Hold = ledger.NewHold("ten_x", "run_e", dpp.USD)
	limited := submission("run_f", dpp.USD)
	limited.MaxOpenRuns = 2
	batch := []store.Submission{
		submission("run_a", dpp.USD), submission("run_b", 3*dpp.USD), submission("run_c", dpp.USD), limited, stranger, submission("run_d", dpp.USD),
	}
	got, err := Submit(now, batch, nil, nil, b)
	if err != nil {
		t.Fatal(err)
	}
	want := []dpp.Reason{"", dpp.ReasonBudgetDrained, "", dpp.ReasonTooManyRuns, dpp.ReasonNotFound, ""}
	for i, out := range got.Outcomes {
		if out.Reason != want[i] || (out.Verdict == store.Accepted) != (want[i] == "") {
			t.Errorf("item %d: verdict %d %s, want %s", i, out.Verdict, out.Reason, want[i])
		}
	}
	if left := b.accounts[account]; left.Available != 0 || left.OpenRuns != 3 || len(got.New) != 3 || len(b.Entries()) != 3 || !b.Entries()[2].CreatedAt.Equal(now) {
		t.Errorf("account %+v, %d new runs, entries %+v", left, len(got.New), b.Entries())
	}
	if first := got.Outcomes[0].Account; first.Available != 2*dpp.USD {
		t.Errorf("the first was told %+v", first)
	}
}

func TestSubmitLooksAtUsedKeys(t *testing.T) {
	hash := [32]byte{1}
	for what, c := range map[string]struct {
		used    UsedKey
		verdict store.Verdict
		earlier int
		stale   bool
	}{
		"by the same submission":               {UsedKey{Run: "run_a", Hash: hash, Expires: now.Add(1)}, store.Accepted, 1, false},
		"by the same submission, long ago":     {UsedKey{Run: "run_a", Hash: hash, Expires: now.Add(-1)}, store.Accepted, 1, false},
		"for the same":                         {UsedKey{Run: "run_x", Hash: hash, Expires: now.Add(1)}, store.Replayed, 1, false},
		"for something else":                   {UsedKey{Run: "run_x", Expires: now.Add(1)}, store.Conflict, 0, false},
		"for the same, until now":              {UsedKey{Run: "run_x", Hash: hash, Expires: now}, store.Accepted, 0, true},
		"for something else, before its time":  {UsedKey{Run: "run_x", Expires: now.Add(-time.Hour)}, store.Accepted, 0, true},
		"by the same, with another hash of it": {UsedKey{Run: "run_a", Expires: now.Add(1)}, store.Accepted, 1, false},
	} {
		b, item := books(t, dpp.USD), submission("run_a", dpp.USD)
		item.PayloadHash = hash
		got, err := Submit(now, []store.Submission{item}, map[store.KeyRef]UsedKey{item.Key: c.used}, nil, b)
		if err != nil {
			t.Fatal(err)
		}
		if out := got.Outcomes[0]; out.Verdict != c.verdict || len(got.Earlier) != c.earlier || b.untouched() == c.stale {
			t.Errorf("%s: %+v", what, got)
		}
		if c.stale && (len(got.New) != 1 || !got.New[0].StaleKey) {
			t.Errorf("%s: %+v", what, got.New)
		}
	}
}

func TestSubmitMakesTheRunAsItIsKept(t *testing.T) {
	item := submission("run_a", dpp.USD)
	item.Run.Reservation.Timebox = 1500*time.Millisecond + 1
	item.Run.CompletedAt, item.Run.Used, item.Run.Result, item.Run.Meta.Tags = now, 5, &dpp.Result{}, []string{}
	item.QueueTTL, item.DeadlineIn, item.KeyWindow = 3*time.Hour, time.Hour+1, time.Minute+1
	got, err := Submit(now, []store.Submission{item}, nil, nil, books(t, dpp.USD))
	if err != nil {
		t.Fatal(err)
	}
	run := got.Outcomes[0].Run
	if !run.CreatedAt.Equal(now) || !run.Deadline.Equal(now.Add(time.Hour)) || !run.QueueExpiresAt.Equal(run.Deadline) ||
		!got.New[0].KeyExpires.Equal(now.Add(time.Minute)) || run.Reservation.Timebox != 1500*time.Millisecond {
		t.Errorf("times: %+v", run)
	}
	if !run.CompletedAt.IsZero() || run.Used != 0 || run.Result != nil || run.Meta.Tags != nil {
		t.Errorf("what a new run does not have: %+v", run)
	}
}

// held is a run that holds one USD of the books.
func held(t *testing.T, b *Books, status dpp.Status) *Standing {
	t.Helper()
	got, err := Submit(now, []store.Submission{submission("run_a", dpp.USD)}, nil, nil, b)
	if err != nil || got.Outcomes[0].Verdict != store.Accepted {
		t.Fatalf("%+v, %v", got, err)
	}
	b.changed, b.entries = make(map[dpp.AccountID]bool), nil
	run := got.Outcomes[0].Run
	run.Status, run.Version, run.Attempt = status, 2, 1
	return &Standing{Run: run, Token: "token", LeaseExpires: now.Add(time.Minute)}
}

func end(from, to dpp.Status) store.Transition {
	return store.Transition{
		Run: "run_a", Version: 2, From: from, To: to, Mark: "end", Money: dpp.MoneyRefunded,
		Settle: ledger.NewSettle(account, "run_a", dpp.USD, 0), Events: []store.Event{{ID: "evt_a", Run: "run_a"}},
	}
}

func TestTransitionRefusesWhatTheStateMachineDoesNotKnow(t *testing.T) {
	all := []dpp.Status{
		dpp.StatusQueued, dpp.StatusProcessing, dpp.StatusCompleted, dpp.StatusFailed, dpp.StatusExpired, dpp.StatusCanceled, "", "NONE",
	}
	allowed := map[[2]dpp.Status]bool{
		{dpp.StatusQueued, dpp.StatusExpired}: true, {dpp.StatusQueued, dpp.StatusCanceled}: true,
		{dpp.StatusProcessing, dpp.StatusQueued}: true, {dpp.StatusProcessing, dpp.StatusCompleted}: true,
		{dpp.StatusProcessing, dpp.StatusFailed}: true, {dpp.StatusProcessing, dpp.StatusCanceled}: true,
	}
	for _, from := range all {
		for _, to := range all {
			b := books(t, dpp.USD)
			got, err := Transition(now, []store.Transition{end(from, to)}, map[dpp.RunID]*Standing{"run_a": held(t, b, from)}, b)
			if allowed[[2]dpp.Status{from, to}] {
				if err != nil || !got.Outcomes[0].Happened || len(got.Changes) != 1 || len(got.Events) != 1 {
					t.Errorf("%s → %s: %+v, %v", from, to, got, err)
				}
			} else if !errors.Is(err, ErrTransition) || len(got.Changes) != 0 || len(got.Events) != 0 || !b.untouched() {
				t.Errorf("%s → %s: %+v, %v", from, to, got, err)
			}
		}
	}
}

func TestTransitionRefusesForeignMoney(t *testing.T) {
	for what, c := range map[string]struct {
		settle ledger.Transfer
		want   error
	}{
		"nothing":         {ledger.Transfer{}, ledger.ErrMalformed},
		"a hold":          {ledger.NewHold(account, "run_a", dpp.USD), ledger.ErrMalformed},
		"another run's":   {ledger.NewSettle(account, "run_b", dpp.USD, 0), ledger.ErrMalformed},
		"another account": {ledger.NewSettle("ten_x", "run_a", dpp.USD, 0), ledger.ErrMalformed},
		"more than held":  {ledger.NewSettle(account, "run_a", 2*dpp.USD, 0), ledger.ErrMalformed},
	} {
		b, step := books(t, dpp.USD), end(dpp.StatusProcessing, dpp.StatusFailed)
		step.Settle = c.settle
		_, err := Transition(now, []store.Transition{step}, map[dpp.RunID]*Standing{"run_a": held(t, b, dpp.StatusProcessing)}, b)
		if !errors.Is(err, c.want) || !b.untouched() {
			t.Errorf("%s: %v", what, err)
		}
	}
	run := held(t, books(t, dpp.USD), dpp.StatusProcessing)
	_, err := Transition(now, []store.Transition{end(dpp.StatusProcessing, dpp.StatusFailed)}, map[dpp.RunID]*Standing{"run_a": run}, OpenBooks(now, nil))
	if !errors.Is(err, ErrNoAccount) {
		t.Errorf("a run of no account: %v", err)
	}
}

func TestTransitionTakesSeveralStepsOfOneRun(t *testing.T) {
	b := books(t, dpp.USD)
	requeue := store.Transition{
		Run: "run_a", Version: 2, From: dpp.StatusProcessing, To: dpp.StatusQueued, Mark: "requeue", Lost: true, QueueTTL: 5 * time.Hour,
	}
	stale, unknown := requeue, requeue
	stale.Mark, unknown.Run = "stale", "run_x"
	cancel := end(dpp.StatusQueued, dpp.StatusCanceled)
	cancel.Version = 3
	batch := []store.Transition{requeue, requeue, stale, unknown, cancel, cancel}
	got, err := Transition(now, batch, map[dpp.RunID]*Standing{"run_a": held(t, b, dpp.StatusProcessing)}, b)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, true, false, false, true, true} {
		if got.Outcomes[i].Happened != want {
			t.Errorf("step %d happened: %t", i, !want)
		}
	}
	if len(got.Changes) != 1 || len(got.Events) != 1 || len(b.Entries()) != 1 {
		t.Fatalf("%d changes, %d events, %d entries", len(got.Changes), len(got.Events), len(b.Entries()))
	}
	c := got.Changes[0]
	if c.From != dpp.StatusProcessing || c.Version != 2 || c.To.Status != dpp.StatusCanceled || c.To.Version != 4 || c.To.Losses != 1 ||
		c.To.Token != "" || c.To.Mark != "end" {
		t.Errorf("change %+v to %+v", c, c.To)
	}
	if waiting := got.Outcomes[0].Run; waiting.Version != 3 || !waiting.QueueExpiresAt.Equal(waiting.Deadline) {
		t.Errorf("after the first step: %+v", waiting)
	}
	if got.Outcomes[3].Run.ID != "" || got.Outcomes[4].Account.OpenRuns != 0 || got.Outcomes[0].Account.ID != "" {
		t.Errorf("outcomes %+v", got.Outcomes)
	}
}

func TestPost(t *testing.T) {
	credit, down := ledger.NewCredit(account, dpp.USD, "ref"), ledger.NewAdjust(account, ledger.Down, 2*dpp.USD, "down")
	for what, c := range map[string]struct {
		transfers []ledger.Transfer
		reasons   []dpp.Reason
		repeated  []bool
		available dpp.Money
	}{
		"once":                     {[]ledger.Transfer{credit, credit}, []dpp.Reason{"", ""}, []bool{false, true}, 2 * dpp.USD},
		"without a reference":      {[]ledger.Transfer{ledger.NewCredit(account, dpp.USD, ""), ledger.NewCredit(account, dpp.USD, "")}, []dpp.Reason{"", ""}, []bool{false, false}, 3 * dpp.USD},
		"another amount":           {[]ledger.Transfer{credit, ledger.NewCredit(account, 2*dpp.USD, "ref")}, []dpp.Reason{"", dpp.ReasonIdempotencyConflict}, []bool{false, false}, 2 * dpp.USD},
		"another kind":             {[]ledger.Transfer{credit, ledger.NewAdjust(account, ledger.Up, dpp.USD, "ref")}, []dpp.Reason{"", dpp.ReasonIdempotencyConflict}, []bool{false, false}, 2 * dpp.USD},
		"below nothing":            {[]ledger.Transfer{down, credit, down, down}, []dpp.Reason{dpp.ReasonBudgetDrained, "", "", ""}, []bool{false, false, false, true}, 0},
		"of nobody":                {[]ledger.Transfer{ledger.NewCredit("ten_x", dpp.USD, "ref")}, []dpp.Reason{dpp.ReasonNotFound}, []bool{false}, dpp.USD},
		"a reference of nobody's":  {[]ledger.Transfer{ledger.NewCredit("ten_x", dpp.USD, "ref"), credit}, []dpp.Reason{dpp.ReasonNotFound, ""}, []bool{false, false}, 2 * dpp.USD},
		"a refused one's own name": {[]ledger.Transfer{down, ledger.NewCredit(account, dpp.USD, "down")}, []dpp.Reason{dpp.ReasonBudgetDrained, ""}, []bool{false, false}, 2 * dpp.USD},
	} {
		b := books(t, dpp.USD)
		got, err := Post(c.transfers, make(map[Reference]ledger.Entry), b)
		if err != nil {
			t.Fatal(err)
		}
		for i, out := range got {
			if out.Reason != c.reasons[i] || out.Repeated != c.repeated[i] || (out.Reason == "") != (out.Entry.Seq > 0) {
				t.Errorf("%s: outcome %d is %+v", what, i, out)
			}
		}
		if left := b.accounts[account].Available; left != c.available {
			t.Errorf("%s: %s are available", what, left)
		}
	}
	for _, transfer := range []ledger.Transfer{
		{}, ledger.NewHold(account, "run_a", dpp.USD), ledger.NewSettle(account, "run_a", dpp.USD, 0), ledger.NewCredit(account, 0, "ref"),
	} {
		b := books(t, dpp.USD)
		if _, err := Post([]ledger.Transfer{transfer}, make(map[Reference]ledger.Entry), b); !errors.Is(err, ledger.ErrMalformed) || !b.untouched() {
			t.Errorf("%+v: %v", transfer, err)
		}
	}
}

func TestRecordsAreReadAsTheyWereWritten(t *testing.T) {
	got, want := dpp.Score(1), dpp.Score(999_999)
	result := &dpp.Result{Key: "k", SHA256: "s", Size: 1 << 60, Partial: true, Stop: dpp.StopTimebox, Reliability: 5, Artifacts: []dpp.Artifact{{Name: "a\u2028<"}}}
	failure := &dpp.RunError{Reason: dpp.ReasonNotFound, Detail: "d", Hint: "h", Retryable: true, Reliability: &got, Required: &want, Reasons: []string{"r"}}
	again(t, result, EncodeResult, decodeResult)
	again(t, nil, EncodeResult, decodeResult)
	again(t, failure, EncodeError, decodeError)
	again(t, nil, EncodeError, decodeError)
	again(t, []string{"a", ""}, EncodeTags, decodeTags)
	again(t, nil, EncodeTags, decodeTags)
	_, noResult := decodeResult("{")
	_, noError := decodeError("[]")
	_, noTags := decodeTags("1")
	if noResult == nil || noError == nil || noTags == nil {
		t.Errorf("what is no record: %v, %v, %v", noResult, noError, noTags)
	}
	for _, bad := range [][3]string{{"1", "", ""}, {"", "{", ""}, {"", "", "[]"}} {
		run := dpp.Run{ID: "run_a"}
		if err := Decode(&run, bad[0], bad[1], bad[2]); err == nil || !strings.Contains(err.Error(), "run_a") {
			t.Errorf("%q: %v, want it to name the run", bad, err)
		}
	}
	run := dpp.Run{ID: "run_a"}
	if err := Decode(&run, `["a"]`, "", ""); err != nil || len(run.Meta.Tags) != 1 || run.Result != nil || run.Error != nil {
		t.Errorf("%+v, %v", run, err)
	}
}

// again writes a value and reads it; none is no text, and reads as none.
func again[T any](t *testing.T, value T, write func(T) (*string, error), read func(string) (T, error)) {
	t.Helper()
	text, err := write(value)
	if err != nil {
		t.Fatal(err)
	}
	if text == nil {
		text = new(string)
	}
	if got, err := read(*text); err != nil || !reflect.DeepEqual(got, value) {
		t.Errorf("%+v, %v, want %+v", got, err, value)
	}
}
