package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"dpp"
	"dpp/client"
)

// TestLifecycle walks one run from submit to settled, and looks at everything that
// its owner can see on the way.
func TestLifecycle(t *testing.T) { everywhere(t, lifecycle) }

func lifecycle(t *testing.T, start starter) {
	s := start(t)
	c, ctx := s.dev(), t.Context()
	health, err := c.Health(ctx)
	if err != nil || health.Status != "healthy" {
		t.Fatalf("health %+v, %v", health, err)
	}
	submission := decision(1, 250_000)
	submission.IdempotencyKey, submission.Wait, submission.Inline = "lifecycle-1", 30*time.Second, true
	out, err := c.Submit(ctx, submission)
	if err != nil || out.Run.Status != dpp.StatusCompleted || out.Replayed {
		t.Fatalf("%s, replayed %t, %v", out.Run.Status, out.Replayed, err)
	}
	run := out.Run
	text, err := c.Result(ctx, run.ID)
	if err != nil {
		t.Fatal(err)
	}
	if signed := download(t, run.Result.URL); string(signed) != string(text) {
		t.Error("the signed URL gives other bytes than the API")
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != run.Result.SHA256 || string(run.Result.Envelope) != string(text) {
		t.Error("the result does not hash to what the run says, or the inline envelope differs")
	}
	var envelope struct {
		Cost struct {
			Used dpp.Money `json:"used_usd"`
		} `json:"cost"`
		Usage []struct {
			Cost dpp.Money `json:"cost_usd"`
		} `json:"usage"`
	}
	if err := json.Unmarshal(text, &envelope); err != nil || envelope.Cost.Used != run.Cost.Used {
		t.Errorf("the envelope used %s, the run %s, %v", envelope.Cost.Used, run.Cost.Used, err)
	}
	var sum dpp.Money
	for _, line := range envelope.Usage {
		sum += line.Cost
	}
	if sum != run.Cost.Used {
		t.Errorf("usage adds up to %s, the run used %s", sum, run.Cost.Used)
	}
	money(t, c, run)
	if again, err := c.Submit(ctx, submission); err != nil || !again.Replayed || again.Run.ID != run.ID {
		t.Errorf("again: run %s, replayed %t, %v", again.Run.ID, again.Replayed, err)
	}
	submission.MaxCost += dpp.Quantum
	if _, err := c.Submit(ctx, submission); reason(err) != dpp.ReasonIdempotencyConflict {
		t.Errorf("another payload under the same key: %v", err)
	}
	lists(t, c, run)
	s.audit()
	s.stop()
	s.audit()
}

// money checks that budget, ledger and usage tell the same story about one run.
func money(t *testing.T, c *client.Client, run dpp.RunView) {
	t.Helper()
	budget, err := c.Budget(t.Context())
	if err != nil || budget.Spent != run.Cost.Used || budget.Held != 0 || budget.Available != 100*dpp.USD-run.Cost.Used {
		t.Errorf("budget %+v, %v; the run used %s", budget, err, run.Cost.Used)
	}
	var kinds []string
	for entry, err := range c.Ledger(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, entry.Kind)
	}
	slices.Sort(kinds)
	if !slices.Equal(kinds, []string{"capture", "credit", "hold", "release"}) {
		t.Errorf("ledger %v", kinds)
	}
	now := time.Now()
	usage, err := c.Usage(t.Context(), now.AddDate(0, 0, -1), now.AddDate(0, 0, 1))
	if err != nil || len(usage) != 1 || usage[0].Completed != 1 || usage[0].Submitted != 1 || usage[0].Charged != run.Cost.Used {
		t.Errorf("usage %+v, %v", usage, err)
	}
}

func lists(t *testing.T, c *client.Client, run dpp.RunView) {
	t.Helper()
	n := 0
	for listed, err := range c.List(t.Context(), client.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; listed.ID != run.ID || listed.Result.URL != "" || listed.Result.Envelope != nil {
			t.Errorf("listed %+v", listed)
		}
	}
	if n != 1 {
		t.Errorf("%d runs are listed, want 1", n)
	}
	packs, err := c.Packs(t.Context())
	var types []string
	for _, p := range packs {
		types = append(types, p.Type)
	}
	slices.Sort(types)
	if want := []string{"compliance", "decision", "eval", "ocr", "url"}; err != nil || !slices.Equal(types, want) {
		t.Errorf("packs %q, want %q: %v", types, want, err)
	}
}

func download(t *testing.T, url string) []byte {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("download: %d, %v", answer.StatusCode, err)
	}
	return text
}
