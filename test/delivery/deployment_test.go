package delivery

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/client"
)

// part is one process of a deployment, as a file describes it.
type part struct {
	name string
	args []string // of the binary
	env  map[string]string
}

// TestWhatComposeStartsServes takes every command and environment of the profile from
// the file.
func TestWhatComposeStartsServes(t *testing.T) {
	file := compose(t)
	var parts []part
	for _, name := range slices.Sorted(maps.Keys(file.Services)) {
		if s := file.Services[name]; s.app() {
			parts = append(parts, part{name, s.Command, s.Environment})
		}
	}
	deploy(t, parts)
}

// TestWhatSystemdStartsServes does the same with the units and the file of settings
// that they read.
func TestWhatSystemdStartsServes(t *testing.T) {
	var parts []part
	for _, name := range []string{"dpp-migrate.service", "dpp-api.service", "dpp-worker@.service", "dpp-reaper.service"} {
		u := unitOf(t, name)
		parts = append(parts, part{name, u.arguments(t), u.environment(t)})
	}
	deploy(t, parts)
}

// deploy starts the parts in their order: the schema first, then all others. One
// decision is bought, and the books are proven.
func deploy(t *testing.T, parts []part) {
	t.Helper()
	h := startServers(t)
	schema := slices.IndexFunc(parts, func(p part) bool { return p.args[0] == "migrate" })
	if schema < 0 {
		t.Fatal("nothing makes the schema")
	}
	tool := h.environment(t, parts[schema].env)
	delete(tool, "DPP_LISTEN")
	for range 2 { // a second time changes nothing
		done(t, parts[schema].args, tool)
	}
	var running []*process
	var api *process
	for i, p := range parts {
		if i == schema {
			continue
		}
		started := startProcess(t, p.name, p.args, h.environment(t, p.env))
		if running = append(running, started); p.args[0] == "api" {
			api = started
		}
	}
	if api == nil {
		t.Fatal("nothing serves the API")
	}
	buy(t, tool, api.url)
	for _, p := range running {
		done(t, []string{"health", "--url", p.url}, tool)
	}
	done(t, []string{"audit"}, tool)
	eventually(t, []string{"doctor"}, tool)
	for _, p := range running {
		p.stop(t)
	}
	var restored struct {
		Epoch int `json:"epoch"`
	}
	if decode(t, done(t, []string{"migrate", "restored", "--json"}, tool), &restored); restored.Epoch != 2 {
		t.Errorf("after a restore the epoch is %d, want 2", restored.Epoch)
	}
	done(t, []string{"audit"}, tool)
}

// buy makes a tenant as docs/deploy.md says, buys a decision and fetches the result
// where its signed URL says.
func buy(t *testing.T, tool map[string]string, url string) {
	t.Helper()
	var tenant struct {
		ID string `json:"tenant_id"`
	}
	var key struct {
		Key dpp.Secret `json:"key"`
	}
	decode(t, done(t, []string{"tenant", "create", "--name", "acme", "--json"}, tool), &tenant)
	decode(t, done(t, []string{"key", "create", "--tenant", tenant.ID, "--json"}, tool), &key)
	done(t, []string{"credit", "--tenant", tenant.ID, "--amount", "100.0000", "--ref", "invoice-1"}, tool)
	c := &client.Client{URL: url, Key: key.Key}
	out, err := c.Submit(t.Context(), client.Submission{
		PackType: "decision", Inputs: jsontext.Value(question), MaxCost: dpp.USD / 4, IdempotencyKey: "delivery-1", Wait: 30 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	run := out.Run
	if !run.Status.Terminal() {
		if run, err = c.Wait(t.Context(), run.ID); err != nil {
			t.Fatal(err)
		}
	}
	if run.Status != dpp.StatusCompleted {
		t.Fatalf("the run ended %s: %+v", run.Status, run.Error)
	}
	answer, err := http.Get(run.Result.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != http.StatusOK || len(body) == 0 {
		t.Errorf("the signed URL answers %d with %d bytes (%v)", answer.StatusCode, len(body), err)
	}
}

const question = `{"question": "Where?", "options": ["Graz", "Online"],
	"criteria": [{"name": "cost", "weight": 1, "direction": "min"}],
	"scores": {"Graz": {"cost": 600}, "Online": {"cost": 50}}}`

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}
