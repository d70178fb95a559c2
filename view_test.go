package dpp_test

import (
	stdjson "encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"dpp"
)

var noon = dpp.Time{Time: time.Date(2026, 1, 31, 13, 0, 0, 123_999_999, time.FixedZone("", 3600))}

func TestTimeText(t *testing.T) {
	for _, c := range []struct {
		in   time.Time
		want string
	}{
		{noon.Time, "2026-01-31T12:00:00.123Z"}, // UTC, cut and not rounded
		{time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC), "2026-01-31T12:00:00.000Z"},
		{time.Time{}, "0001-01-01T00:00:00.000Z"},
	} {
		at := dpp.Time{Time: c.in}
		text, err := at.MarshalText()
		if err != nil || string(text) != c.want {
			t.Errorf("the text is %s, %v; want %s", text, err, c.want)
		}
		for name, marshal := range map[string]func(any) ([]byte, error){
			"the standard library": stdjson.Marshal, "version 2": func(v any) ([]byte, error) { return json.Marshal(v) },
		} {
			text, err := marshal(map[string]any{"at": at, "pointer": &at})
			if err != nil || strings.Count(string(text), `"`+c.want+`"`) != 2 {
				t.Errorf("%s writes %s, %v; want %s", name, text, err, c.want)
			}
		}
	}
}

func TestTimeReads(t *testing.T) {
	for text, want := range map[string]time.Time{
		"2026-01-31T12:00:00Z":           time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC),
		"2026-01-31T12:00:00.123Z":       time.Date(2026, 1, 31, 12, 0, 0, 123e6, time.UTC),
		"2026-01-31T12:00:00.123456789Z": time.Date(2026, 1, 31, 12, 0, 0, 123456789, time.UTC),
		"2026-01-31T13:30:00+01:30":      time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC),
	} {
		var at dpp.Time
		if err := at.UnmarshalText([]byte(text)); err != nil || !at.Equal(want) || at.Location() != time.UTC {
			t.Errorf("%s reads as %v, %v", text, at, err)
		}
		var inside struct{ At *dpp.Time }
		if err := json.Unmarshal([]byte(`{"At":"`+text+`"}`), &inside); err != nil || !inside.At.Equal(want) {
			t.Errorf("%s in JSON reads as %v, %v", text, inside.At, err)
		}
	}
}

func TestTimeRefuses(t *testing.T) {
	for _, text := range []string{
		"", "2026", "2026-01-31", "2026-01-31T12:00:00", "2026-01-31 12:00:00Z", "2026-01-31T12:00:00,5Z", "2026-01-31T1:00:00Z", "2026-02-30T12:00:00Z",
		"2026-01-31T24:00:00Z", "2026-01-31T12:00:60Z", "2026-01-31T12:00:00+25:00", "2026-01-31t12:00:00z", " 2026-01-31T12:00:00Z",
		"1769860800", "9999-12-31T23:59:59-01:00", "0000-01-01T00:00:00+01:00", "10000-01-01T00:00:00Z",
	} {
		at := noon
		if err := at.UnmarshalText([]byte(text)); !errors.Is(err, dpp.ErrTime) || at != noon {
			t.Errorf("%q reads as %v, %v", text, at, err)
		}
	}
	for _, text := range []string{`5`, `true`, `null`, `["2026-01-31T12:00:00Z"]`, `"2026"`} {
		var inside struct{ At dpp.Time }
		if err := json.Unmarshal([]byte(`{"At":`+text+`}`), &inside); !errors.Is(err, dpp.ErrTime) {
			t.Errorf("%s in JSON reads as %v, %v", text, inside.At, err)
		}
	}
}

func TestTimeRoundTrip(t *testing.T) {
	first, last := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli(), time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC).UnixMilli()
	rapid.Check(t, func(t *rapid.T) {
		at := dpp.Time{Time: time.UnixMilli(rapid.Int64Range(first, last).Draw(t, "at"))}
		text, err := json.Marshal(at)
		if err != nil {
			t.Fatal(err)
		}
		var back dpp.Time
		if err := json.Unmarshal(text, &back); err != nil || !back.Equal(at.Time) {
			t.Fatalf("%v is written as %s and read as %v, %v", at, text, back, err)
		}
	})
}

// wantJSON compares a document with its golden text, written by either encoder,
// and looks for what may never be there.
func wantJSON(t *testing.T, name string, v any, want string) {
	t.Helper()
	golden := jsontext.Value(want)
	if err := golden.Compact(); err != nil {
		t.Fatal(err)
	}
	for library, marshal := range map[string]func(any) ([]byte, error){
		"the standard library": stdjson.Marshal, "version 2": func(v any) ([]byte, error) { return json.Marshal(v) },
	} {
		got, err := marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(golden) {
			t.Errorf("%s: %s writes\n%s\nwant\n%s", name, library, got, golden)
		}
		if strings.Contains(string(got), "null") {
			t.Errorf("%s: what is not known must be absent, never null", name)
		}
	}
}

func queuedRun() dpp.RunView {
	return dpp.RunView{
		ID: "run_06e17v4yfdxbs3ff04hmasw9nc", PackType: "decision", PackVersion: "1.0.0", Status: dpp.StatusQueued, MoneyState: dpp.MoneyReserved, Version: 1,
		Reservation: dpp.ReservationView{MaxCost: 250_000, TimeboxSec: 90, MinReliability: 800_000},
		Cost:        dpp.CostView{Reserved: 250_000, MinimumFee: 5_000, BudgetRemaining: 99 * dpp.USD},
		Poll:        dpp.PollView{Href: "/v1/runs/run_06e17v4yfdxbs3ff04hmasw9nc", RecommendedIntervalMS: 1500, MaxWaitSec: 8010},
		Meta:        dpp.MetaView{CreatedAt: noon, UpdatedAt: noon, TraceID: "t-1", ProfileVersion: "1.0.0-abcdef01"},
	}
}

const queuedRunJSON = `{
	"run_id": "run_06e17v4yfdxbs3ff04hmasw9nc", "pack_type": "decision", "pack_version": "1.0.0",
	"status": "QUEUED", "terminal": false, "money_state": "RESERVED", "version": 1, "attempt": 0, "livemode": false,
	"reservation": {"max_cost_usd": "0.2500", "timebox_sec": 90, "min_reliability_score": 0.8},
	"cost": {"reserved_usd": "0.2500", "used_usd": "0.0000", "minimum_fee_usd": "0.0050", "budget_remaining_usd": "99.0000"},
	"poll": {"href": "/v1/runs/run_06e17v4yfdxbs3ff04hmasw9nc", "recommended_interval_ms": 1500, "max_wait_sec": 8010},
	"meta": {"created_at": "2026-01-31T12:00:00.123Z", "updated_at": "2026-01-31T12:00:00.123Z", "trace_id": "t-1", "profile_version": "1.0.0-abcdef01"}}`

func TestRunJSON(t *testing.T) {
	wantJSON(t, "a new run", queuedRun(), queuedRunJSON)

	full := queuedRun()
	full.Status, full.Terminal, full.MoneyState, full.Version, full.Attempt, full.Live = dpp.StatusCompleted, true, dpp.MoneySettled, 3, 1, true
	full.Progress = &dpp.Progress{Done: 1, Total: 3, Unit: "page", Used: 100}
	full.Result = &dpp.ResultView{
		URL: "http://h/r", SHA256: "00ff", Size: 12, ExpiresAt: &noon, Partial: true, Stop: dpp.StopTimebox, Reliability: 999_999,
		Artifacts: []dpp.ArtifactView{{Artifact: dpp.Artifact{Name: "a.json", MediaType: "application/json", Size: 2, SHA256: "11"}, URL: "http://h/a"}},
		Envelope:  jsontext.Value(`{"reliability":0.50,"text":"<&>\u00e9\u2028"}`),
	}
	full.Meta.CompletedAt, full.Meta.ExternalID, full.Meta.Tags = &noon, "order 7", []string{"a", "b"}
	got, err := json.Marshal(full)
	if err != nil {
		t.Fatal(err)
	}
	want := `"progress":{"done":1,"total":3,"unit":"page","used_usd":"0.0001"},` +
		`"result":{"presigned_url":"http://h/r","sha256":"00ff","size_bytes":12,"expires_at":"2026-01-31T12:00:00.123Z",` +
		`"partial":true,"stop_reason":"TIMEBOX","reliability":0.999999,` +
		`"artifacts":[{"name":"a.json","media_type":"application/json","size_bytes":2,"sha256":"11","presigned_url":"http://h/a"}],` +
		`"envelope":{"reliability":0.50,`
	if !strings.Contains(string(got), want) {
		t.Errorf("a completed run is\n%s\nwant in it\n%s", got, want)
	}
	if want := `"profile_version":"1.0.0-abcdef01","external_id":"order 7","tags":["a","b"]`; !strings.Contains(string(got), want) {
		t.Errorf("a completed run is\n%s\nwant in it\n%s", got, want)
	}
}

func TestRunJSONOfFailures(t *testing.T) {
	reached, required := dpp.Score(500_000), dpp.Score(800_000)
	v := queuedRun()
	v.Error = &dpp.ErrorView{Reason: dpp.ReasonCanceled, Detail: "The run was cancelled.", Hint: "Submit it again."}
	wantJSON(t, "an error with nothing more", v.Error, `{"reason_code":"CANCELED","detail":"The run was cancelled.","hint":"Submit it again.","retryable":false}`)
	v.Error = &dpp.ErrorView{
		Reason: dpp.ReasonReliabilityNotMet, Detail: "d", Hint: "h", Retryable: true, Remedy: &dpp.Remedy{Action: dpp.RemedyWait, RetryAfterMS: 1},
		Reliability: &reached, Required: &required, Reasons: []string{"few values"},
	}
	wantJSON(t, "an error with all", v.Error, `{"reason_code":"RELIABILITY_NOT_MET","detail":"d","hint":"h","retryable":true,
		"remedy":{"action":"wait","retry_after_ms":1},"reliability":0.5,"required":0.8,"reasons":["few values"]}`)
	none := dpp.Score(0)
	wantJSON(t, "a score of nothing is known", &dpp.ErrorView{Reliability: &none},
		`{"reason_code":"","detail":"","hint":"","retryable":false,"reliability":0}`)
}

func TestResultJSONInLists(t *testing.T) {
	v := dpp.ResultView{SHA256: "00", Size: 1, Reliability: dpp.FullScore, Artifacts: []dpp.ArtifactView{}}
	wantJSON(t, "a result without URLs", v, `{"sha256":"00","size_bytes":1,"partial":false,"reliability":1,"artifacts":[]}`)
}

func TestProblemJSON(t *testing.T) {
	p := dpp.Problem{
		Type: "http://h/problems/BUDGET_DRAINED", Title: "The budget is drained", Status: 402, Detail: "d", Instance: "urn:dpp:trace:t-1",
		Reason: dpp.ReasonBudgetDrained, TraceID: "t-1", Retryable: true, Hint: "h", Remedy: dpp.Remedy{Action: dpp.RemedyTopUp},
	}
	wantJSON(t, "a problem", p, `{"type":"http://h/problems/BUDGET_DRAINED","title":"The budget is drained","status":402,"detail":"d","instance":"urn:dpp:trace:t-1",
		"reason_code":"BUDGET_DRAINED","trace_id":"t-1","retryable":true,"hint":"h","remedy":{"action":"top_up"}}`)

	required, available, body := dpp.Money(500_000), dpp.Money(0), ""
	p.RunID, p.Required, p.Available = "run_1", &required, &available
	p.Remedy = dpp.Remedy{Action: dpp.RemedyChangeRequest, RetryAfterMS: 1500, Set: map[string]jsontext.Value{"/reservation/max_cost_usd": jsontext.Value(`"0.0050"`)}}
	inputs := "/inputs/a~1b"
	p.Errors = []dpp.FieldError{
		{Pointer: &inputs, Code: "type", Message: "m", Expected: "string"},
		{Pointer: &body, Code: "type", Message: "m"},
		{Parameter: "limit", Code: "unknown_field", Message: "m"},
		{Header: "Idempotency-Key", Code: "required", Message: "m"},
	}
	wantJSON(t, "a problem with all", p, `{"type":"http://h/problems/BUDGET_DRAINED","title":"The budget is drained","status":402,"detail":"d","instance":"urn:dpp:trace:t-1",
		"reason_code":"BUDGET_DRAINED","trace_id":"t-1","retryable":true,"hint":"h",
		"remedy":{"action":"change_request","retry_after_ms":1500,"set":{"/reservation/max_cost_usd":"0.0050"}},
		"run_id":"run_1","required_usd":"0.5000","available_usd":"0.0000",
		"errors":[{"pointer":"/inputs/a~1b","code":"type","message":"m","expected":"string"},{"pointer":"","code":"type","message":"m"},
			{"parameter":"limit","code":"unknown_field","message":"m"},{"header":"Idempotency-Key","code":"required","message":"m"}]}`)
}

func TestBooksJSON(t *testing.T) {
	wantJSON(t, "a budget", dpp.BudgetView{Available: 1, Held: 100, Spent: dpp.USD, Limits: []dpp.LimitView{}},
		`{"available_usd":"0.0000","held_usd":"0.0001","spent_usd":"1.0000","limits":[]}`)
	wantJSON(t, "a limit", dpp.LimitView{Scope: "key", Period: "day", Limit: 300, Used: 100, Remaining: 200, ResetsAt: &noon},
		`{"scope":"key","period":"day","limit_usd":"0.0003","used_usd":"0.0001","remaining_usd":"0.0002","resets_at":"2026-01-31T12:00:00.123Z"}`)
	wantJSON(t, "a hold", dpp.EntryView{Seq: 1, Kind: "hold", Amount: 100, RunID: "run_1", CreatedAt: noon},
		`{"seq":1,"kind":"hold","amount_usd":"0.0001","run_id":"run_1","created_at":"2026-01-31T12:00:00.123Z"}`)
	wantJSON(t, "an adjustment", dpp.EntryView{Seq: 2, Kind: "adjust", Direction: "down", Amount: 100, Reference: "fix", CreatedAt: noon},
		`{"seq":2,"kind":"adjust","direction":"down","amount_usd":"0.0001","reference":"fix","created_at":"2026-01-31T12:00:00.123Z"}`)
	wantJSON(t, "usage", dpp.UsageView{Day: "2026-01-31", PackType: "url", Submitted: 5, Completed: 1, Failed: 1, Expired: 1, Canceled: 1, Reserved: 100, Charged: 100},
		`{"day":"2026-01-31","pack_type":"url","submitted":5,"completed":1,"failed":1,"expired":1,"canceled":1,"reserved_usd":"0.0001","charged_usd":"0.0001"}`)
	wantJSON(t, "a page", dpp.List[int]{Data: []int{1}, NextCursor: "c"}, `{"data":[1],"next_cursor":"c"}`)
	wantJSON(t, "the last page", dpp.List[int]{Data: []int{}}, `{"data":[]}`)
}

func TestUploadJSON(t *testing.T) {
	u := dpp.UploadView{ID: "upl_1", Put: dpp.PutView{URL: "http://h/u", Headers: map[string]string{"Content-Type": "text/plain"}, ExpiresAt: noon}, ExpiresAt: noon}
	wantJSON(t, "an upload", u, `{"upload_id":"upl_1","put":{"url":"http://h/u","headers":{"Content-Type":"text/plain"},"expires_at":"2026-01-31T12:00:00.123Z"},
		"expires_at":"2026-01-31T12:00:00.123Z"}`)
}

// Lists that nothing was put in are empty, not null.
func TestNothingIsNull(t *testing.T) {
	for _, v := range []any{dpp.RunView{}, dpp.ResultView{}, dpp.Problem{}, dpp.BudgetView{}, dpp.UploadView{}, dpp.List[dpp.RunView]{}} {
		text, err := json.Marshal(v)
		if err != nil || strings.Contains(string(text), "null") {
			t.Errorf("%T is written as %s, %v", v, text, err)
		}
	}
}

// What is read is written as RFC 3339 in UTC, and that is read as the same, to the
// millisecond.
func FuzzTime(f *testing.F) {
	for _, seed := range []string{"", "2026-01-31T12:00:00Z", "2026-01-31T13:30:00.123456789+01:30", "9999-12-31T23:59:59-00:01", "2026-01-31T12:00:00,5Z"} {
		f.Add([]byte(seed))
	}
	form := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`)
	f.Fuzz(func(t *testing.T, text []byte) {
		var at, back dpp.Time
		if err := at.UnmarshalText(text); err != nil {
			if !errors.Is(err, dpp.ErrTime) {
				t.Error(err)
			}
			return
		}
		if !form.Match(text) {
			t.Errorf("%q is read as %v", text, at)
		}
		written, err := at.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		if err := back.UnmarshalText(written); err != nil || !back.Equal(at.Truncate(time.Millisecond)) {
			t.Errorf("%q is written as %s and read as %v, %v", text, written, back, err)
		}
	})
}
