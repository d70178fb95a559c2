package app_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
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
	"dpp/internal/fetch"
	"dpp/internal/inputs"
	"dpp/internal/pack"
	"dpp/internal/runs"
)

// reader is a pack that tells of each file what it is.
type reader struct{ loader *inputs.Loader }

type readerInputs struct {
	Question string        `json:"question"`
	Files    []inputs.File `json:"files"`
}

func (*reader) Manifest() *pack.Manifest {
	schema, err := inputs.Schema(jsontext.Value(`{"properties":{"question":{"type":"string"},"files":{"items":{"$ref":"#/$defs/input_file"}}}}`), nil)
	if err != nil {
		panic(err)
	}
	return &pack.Manifest{
		Type: "reader", Version: "1.0.0", InputsSchema: schema, DataSchema: jsontext.Value("true"),
		Prices: []dpp.Price{{Unit: "file", Per: 1, Amount: 1000}}, Example: jsontext.Value("{}"),
	}
}

func (*reader) Estimate(raw jsontext.Value) (pack.Estimate, error) {
	var in readerInputs
	if err := json.Unmarshal(raw, &in); err != nil {
		return pack.Estimate{}, err
	}
	var e pack.Estimate
	for i := range in.Files {
		if ref, ok := in.Files[i].Upload(fmt.Sprintf("/files/%d", i)); ok {
			e.Uploads = append(e.Uploads, ref)
		}
	}
	return e, nil
}

func (r *reader) Run(ctx context.Context, job pack.Job) (*pack.Outcome, error) {
	var in readerInputs
	if err := json.Unmarshal(job.Inputs, &in); err != nil {
		return nil, err
	}
	needs := make([]inputs.Need, len(in.Files))
	for i, f := range in.Files {
		needs[i] = inputs.Need{File: f, Pointer: fmt.Sprintf("/files/%d", i), MaxBytes: 1 << 20, Accept: []string{"application/pdf", "text/csv"}}
	}
	files, err := r.loader.Open(ctx, dpp.AccountOf(job.Tenant, job.Live), needs)
	if err != nil {
		return nil, err
	}
	defer files.Close()
	var told []string
	for i := range needs {
		c, err := files.Load(ctx, i)
		if err != nil {
			return nil, err
		}
		told = append(told, c.Name+" "+c.MediaType+" "+c.SHA256)
	}
	return &pack.Outcome{Data: map[string]any{"question": in.Question, "files": told}, Reliability: dpp.FullScore}, nil
}

// A local file goes by the command line, the signed request and the object store to
// the pack, as it is; a text that looks like one stays a text.
func TestALocalFileReachesAPack(t *testing.T) {
	r := &reader{}
	cfg := settings(t)
	server, err := app.Start(t.Context(), cfg, io.Discard, app.Options{Packs: []pack.Pack{r}, Wrap: func(p runs.Ports) runs.Ports {
		r.loader = inputs.New(p.Blob, p.Store, fetch.New(fetch.Options{}), inputs.Options{})
		return p
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	contents := map[string][]byte{"small.csv": []byte("a,b\n1,2\n"), "large.pdf": append([]byte("%PDF-1.7\n"), make([]byte, 500<<10)...), "false.csv": []byte("\x89PNG\r\n\x1a\n\x00")}
	for name, content := range contents {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	submit := func(inputs string) (dpp.RunView, string, int) {
		var out, messages bytes.Buffer
		code := cli.Main(t.Context(), cli.Platform{}, []string{"run", "submit", "--data", cfg.Data, "--pack", "reader", "--max-cost", "0.1", "--wait", "--json", "--inputs", inputs},
			cli.Streams{In: strings.NewReader(""), Out: &out, Err: &messages})
		var run dpp.RunView
		if err := json.Unmarshal(out.Bytes(), &run); err != nil {
			t.Fatalf("exit %d: %s%s", code, out.String(), messages.String())
		}
		return run, messages.String(), code
	}
	run, messages, code := submit(`{"question":"@small.csv","files":["@small.csv","@large.pdf","@small.csv"]}`)
	if code != 0 || run.Status != dpp.StatusCompleted || strings.Count(messages, "was sent as upl_") != 2 {
		t.Fatalf("exit %d: %+v, %s", code, run, messages)
	}
	c := client.Client{URL: "http://" + server.Address(), Key: keyIn(t, cfg.DevKeyPath())}
	envelope, err := c.Result(t.Context(), run.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"question":"@small.csv"`, "small.csv text/csv " + sumOf(contents["small.csv"]), "large.pdf application/pdf " + sumOf(contents["large.pdf"])} {
		if !bytes.Contains(envelope, []byte(part)) {
			t.Errorf("%s is not in %s", part, envelope)
		}
	}
	run, _, code = submit(`{"files":["@small.csv","@false.csv"]}`)
	if code != 1 || run.Error == nil || run.Error.Reason != dpp.ReasonInputRejected || !strings.Contains(run.Error.Detail, "/files/1 is not what its media type says") {
		t.Errorf("exit %d: %+v", code, run.Error)
	}
	summary, err := app.Audit(t.Context(), cfg, func(what string) { t.Error(what) })
	if err := errors.Join(err, server.Stop()); err != nil || summary.Discrepancies > 0 {
		t.Errorf("%+v, %v", summary, err)
	}
}

func sumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
