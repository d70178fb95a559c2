package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"dpp"
)

type answers = map[string]func(http.ResponseWriter, *http.Request)

const example = `{"pack_type":"decision","pack_version":"1.0.0","title":"Rank","description":"Ranks.","units":{"decision":"one decision"},
	"prices":[{"unit":"decision","per":1,"price_usd":"0.0050"}],"limits":{"max_draws":7},"reliability":"exact",
	"example":{"pack_type":"decision","inputs":{"seed":1},"reservation":{"max_cost_usd":"0.2500","timebox_sec":30,"min_reliability_score":0.5}},
	"spillable":["/draws"],"profile_version":"1.0.0-abc"}`

func TestWhatSubmitSends(t *testing.T) {
	b, s := online(t, answers{"POST /v1/runs": says(runDoc("QUEUED", 1, "")), "GET /v1/packs/decision": says(example)})
	if err := os.WriteFile("in.json", []byte(` {"a": 1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	b.stdin = `{"b":2}`
	for line, want := range map[string]string{
		`--inputs {"c":3} --max-cost 1`:  `{"pack_type":"decision","inputs":{"c":3},"reservation":{"max_cost_usd":"1.0000"}}`,
		`--inputs @in.json --max-cost 1`: `{"pack_type":"decision","inputs":{"a":1},"reservation":{"max_cost_usd":"1.0000"}}`,
		`--max-cost 1 --inputs -`:        `{"pack_type":"decision","inputs":{"b":2},"reservation":{"max_cost_usd":"1.0000"}}`,
		`--example`:                      `{"pack_type":"decision","inputs":{"seed":1},"reservation":{"max_cost_usd":"0.2500","timebox_sec":30,"min_reliability_score":0.5}}`,
		`--example --max-cost 0.5 --timebox 1m --min-reliability 0.9 --no-partial --external-id e --tag a,b --tag c`: `{"pack_type":"decision","inputs":{"seed":1},` +
			`"reservation":{"max_cost_usd":"0.5000","timebox_sec":60,"min_reliability_score":0.9},"options":{"allow_partial":false},"meta":{"external_id":"e","tags":["a,b","c"]}}`,
	} {
		out := b.done(append([]string{"run", "submit", "--pack", "decision"}, strings.Fields(line)...)...)
		contains(t, out, runID, "accepted", "dpp run watch")
		if got := s.bodies["POST /v1/runs"]; got != want {
			t.Errorf("%s sent\n%s\nwant\n%s", line, got, want)
		}
	}
	if run := doc[dpp.RunView](b, "run", "submit", "--pack", "decision", "--example", "--idempotency-key", "my-own-key"); run.ID != runID || s.keys["Idempotency-Key"] != "my-own-key" {
		t.Errorf("got %+v under %q", run, s.keys["Idempotency-Key"])
	}
	if s.keys["Authorization"] != "Bearer "+testKey {
		t.Errorf("sent with %q", s.keys["Authorization"])
	}
}

func TestInputsAreBounded(t *testing.T) {
	b, s := online(t, nil)
	b.stdin = strings.Repeat(" ", maxInputs) + "{}"
	if o := b.run("run", "submit", "--pack", "x", "--inputs", "-", "--max-cost", "1"); o.code != exitUsage || !strings.Contains(o.err, "10 MiB") || s.count("") > 0 {
		t.Errorf("exit %d after %d requests: %s", o.code, s.count(""), o.err)
	}
}

func TestAReplayIsTold(t *testing.T) {
	b, _ := online(t, answers{"POST /v1/runs": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Idempotent-Replayed", "true")
		says(runDoc("COMPLETED", 3, ""))(w, r)
	}})
	contains(t, b.done("run", "submit", "--pack", "x", "--inputs", "{}", "--max-cost", "1", "--idempotency-key", "12345678"), "accepted before")
}

func TestFollowingARunToItsEnd(t *testing.T) {
	failed := runDoc("FAILED", 3, `,"error":{"reason_code":"PACK_ERROR","detail":"It broke.","hint":"Mend it.","retryable":false}`)
	completed := runDoc("COMPLETED", 3, `,"result":{"sha256":"00","size_bytes":12,"partial":true,"stop_reason":"TIMEBOX","reliability":0.75,"artifacts":[]}`)
	for _, command := range [][]string{
		{"run", "watch", runID},
		{"run", "submit", "--pack", "x", "--inputs", "{}", "--max-cost", "1", "--watch"},
		{"run", "submit", "--pack", "x", "--inputs", "{}", "--max-cost", "1", "--wait"},
	} {
		for end, want := range map[string]outcome{
			completed: {code: exitDone, out: "12 bytes, reliability 0.75, partial: TIMEBOX"},
			failed:    {code: exitFailed, out: "PACK_ERROR: It broke."},
		} {
			b, _ := online(t, answers{
				"POST /v1/runs":         says(runDoc("QUEUED", 1, "")),
				"GET /v1/runs/" + runID: inTurn(says(runDoc("QUEUED", 1, "")), says(runDoc("PROCESSING", 2, "")), says(end)),
			})
			o := b.run(command...)
			if o.code != want.code {
				t.Errorf("dpp %v: exit %d\n%s%s", command, o.code, o.out, o.err)
			}
			contains(t, o.out, want.out)
			o = b.run(append(command, "--json")...)
			if run := parse[dpp.RunView](t, o.out); o.code != want.code || !run.Terminal {
				t.Errorf("dpp %v --json: exit %d, %+v", command, o.code, run)
			}
		}
	}
}

func TestTheEndOfTheCommandIsNotTheEndOfTheRun(t *testing.T) {
	for _, command := range [][]string{
		{"run", "watch", runID},
		{"run", "submit", "--pack", "x", "--inputs", "{}", "--max-cost", "1", "--wait"},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		b, s := online(t, answers{
			"POST /v1/runs": says(runDoc("QUEUED", 1, "")),
			"GET /v1/runs/" + runID: inTurn(says(runDoc("QUEUED", 1, "")), func(_ http.ResponseWriter, r *http.Request) {
				cancel()
				<-r.Context().Done()
			}),
		})
		o := b.runIn(ctx, command...)
		cancel()
		if o.code != exitFailed || !strings.Contains(o.err, "the run goes on: dpp run watch "+runID) {
			t.Errorf("dpp %v: exit %d: %s", command, o.code, o.err)
		}
		if n := s.count("POST /v1/runs/"); n > 0 {
			t.Errorf("dpp %v: %d requests changed the run", command, n)
		}
	}
}

// pages answers with two runs at a time, without end.
func pages(run string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		says(`{"data":[`+run+`,`+run+`],"next_cursor":"`+r.URL.Query().Get("cursor")+`x"}`)(w, r)
	}
}

func TestReadingRuns(t *testing.T) {
	envelope := `{"schema_version":1}`
	sum := sha256.Sum256([]byte(envelope))
	full := runDoc("COMPLETED", 3, fmt.Sprintf(`,"result":{"sha256":%q,"size_bytes":20,"partial":false,"reliability":1,"artifacts":[]}`, hex.EncodeToString(sum[:])))
	b, s := online(t, answers{
		"GET /v1/runs/" + runID:              says(full),
		"GET /v1/runs/" + runID + "/result":  says(envelope),
		"POST /v1/runs/" + runID + "/cancel": says(runDoc("CANCELED", 2, "")),
		"GET /v1/runs":                       pages(full),
	})
	contains(t, b.done("run", "get", runID), runID, "decision 1.0.0", "COMPLETED", "0.0100 USD of 0.2500 reserved", "2025-01-02 03:04:05Z")
	contains(t, b.done("run", "cancel", runID), "CANCELED")
	if got := b.done("run", "result", runID); got != envelope {
		t.Errorf("result %q", got)
	}
	if got := b.done("run", "result", runID, "--json"); got != "{\"schema_version\": 1}\n" {
		t.Errorf("for people %q", got)
	}
	for _, flags := range [][]string{{"-o", "out.json"}, {"-o", "out.json", "--json"}} {
		b.done(append([]string{"run", "result", runID}, flags...)...)
		if got, err := os.ReadFile("out.json"); err != nil || string(got) != envelope {
			t.Errorf("file %q, %v", got, err)
		}
	}
	text := b.done("run", "list", "--limit", "2", "--status", "COMPLETED", "--pack", "decision", "--after", "2025-01-01T00:00:00Z")
	if strings.Count(text, runID) != 2 || s.count("GET /v1/runs?created_after=2025-01-01T00%3A00%3A00Z&limit=100&pack_type=decision&status=COMPLETED") != 1 {
		t.Errorf("list, asked %v:\n%s", s.asked, text)
	}
	if list := doc[dpp.List[dpp.RunView]](b, "run", "list", "--limit", "3"); len(list.Data) != 3 {
		t.Errorf("list of %d", len(list.Data))
	}
}

func TestReadingPacksAndMoney(t *testing.T) {
	b, _ := online(t, answers{
		"GET /v1/packs":          says(`{"data":[` + example + `]}`),
		"GET /v1/packs/decision": says(example),
		"GET /v1/budget":         says(`{"available_usd":"99.7500","held_usd":"0.2500","spent_usd":"0.0000","limits":[{"scope":"key","period":"day","limit_usd":"5.0000","used_usd":"1.0000","remaining_usd":"4.0000"}]}`),
		"GET /v1/ledger": says(`{"data":[{"seq":3,"kind":"adjust","direction":"down","amount_usd":"1.0000","created_at":"2025-01-02T03:04:05.678Z"},
			{"seq":2,"kind":"hold","amount_usd":"0.2500","run_id":"` + runID + `","created_at":"2025-01-02T03:04:05.678Z"},
			{"seq":1,"kind":"credit","amount_usd":"100.0000","reference":"first","created_at":"2025-01-02T03:04:05.678Z"}]}`),
	})
	contains(t, b.done("packs"), "decision", "1.0.0", "Rank")
	contains(t, b.done("packs", "decision"), "Ranks.", "0.0050 USD for 1 decision", "max_draws 7", "exact")
	contains(t, b.done("budget"), "99.7500 USD", "0.2500 USD", "4.0000 of 5.0000 USD left")
	contains(t, b.done("ledger"), "adjust down", runID, "first", "100.0000")
	if p := doc[dpp.List[dpp.PackView]](b, "packs"); len(p.Data) != 1 || p.Data[0].Type != "decision" {
		t.Errorf("packs %+v", p)
	}
	if p := doc[dpp.PackView](b, "packs", "decision"); p.Profile != "1.0.0-abc" || !slices.Equal(p.Spillable, []string{"/draws"}) {
		t.Errorf("pack %+v", p)
	}
	if l := doc[dpp.List[dpp.EntryView]](b, "ledger", "--limit", "1"); len(l.Data) != 1 || l.Data[0].Seq != 3 {
		t.Errorf("ledger %+v", l)
	}
	if v := doc[dpp.BudgetView](b, "budget"); v.Available != 99_750_000 {
		t.Errorf("budget %+v", v)
	}
}
