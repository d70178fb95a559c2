package app_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/client"
	"dpp/internal/app"
	"dpp/internal/cli"
)

// A local file with rows is sent and judged; where the money ends before the rows do, what
// remains can be submitted as it stands, and the two runs judged every row once.
func TestRowsOfALocalFileAreJudged(t *testing.T) {
	const rows = 4_000
	cfg := settings(t)
	server, err := app.Start(t.Context(), cfg, io.Discard, app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	var content strings.Builder
	for i := range rows {
		fmt.Fprintf(&content, `{"id":%d,"prediction":"%d","reference":"%d"}`+"\n", i, i, i%3000)
	}
	if err := os.WriteFile("rows.jsonl", []byte(content.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	c := client.Client{URL: "http://" + server.Address(), Key: keyIn(t, cfg.DevKeyPath())}
	type judged struct {
		Passed    bool
		Rows      struct{ Read, Skipped int }
		Metrics   []struct{ Value float64 }
		Remaining jsontext.Value
	}
	submit := func(inputs, maxCost string) (dpp.RunView, judged) {
		t.Helper()
		var out, messages bytes.Buffer
		if code := cli.Main(t.Context(), cli.Platform{}, []string{"run", "submit", "--data", cfg.Data, "--pack", "eval", "--max-cost", maxCost, "--wait", "--json", "--inputs", inputs},
			cli.Streams{In: strings.NewReader(""), Out: &out, Err: &messages}); code != 0 {
			t.Fatalf("exit %d: %s%s", code, out.String(), messages.String())
		}
		var run dpp.RunView
		if err := json.Unmarshal(out.Bytes(), &run); err != nil {
			t.Fatal(err)
		}
		text, err := c.Result(t.Context(), run.ID)
		if err != nil {
			t.Fatal(err)
		}
		var envelope struct{ Data judged }
		if err := json.Unmarshal(text, &envelope, json.MatchCaseInsensitiveNames(true)); err != nil {
			t.Fatal(err)
		}
		return run, envelope.Data
	}
	first, found := submit(`{"file":"@rows.jsonl","metrics":[{"name":"exact_match"}]}`, "0.0050")
	if !first.Result.Partial || found.Passed || found.Rows.Read != 3000 || found.Metrics[0].Value != 1 || first.Cost.Used != 5_000 {
		t.Fatalf("%+v, %+v", first.Cost, found)
	}
	second, rest := submit(string(found.Remaining), "0.0050")
	if second.Result.Partial || !rest.Passed || rest.Rows.Skipped != 3000 || rest.Rows.Read != 1000 || rest.Metrics[0].Value != 0 || second.Cost.Used != 3_000 {
		t.Errorf("%+v, %+v", second.Cost, rest)
	}
	if summary, err := app.Audit(t.Context(), cfg, func(what string) { t.Error(what) }); err != nil || summary.Discrepancies > 0 {
		t.Errorf("%+v, %v", summary, err)
	}
	if err := server.Stop(); err != nil {
		t.Error(err)
	}
}
