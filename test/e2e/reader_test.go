package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/app"
	"dpp/internal/cli"
	"dpp/internal/config"
	"dpp/internal/inputs"
	"dpp/internal/pack"
	"dpp/internal/runs"
)

// reads is the setting of a site whose processes are this test's own binary: dpp with
// one pack, which reads uploads.
const reads = "E2E_READS"

// mainOfReader is the main function of such a process.
func mainOfReader() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return cli.Main(ctx, cli.Platform{
		Serve: serveReader, OpenStore: app.OpenStore, Migrate: app.Migrate, MigrationStatus: app.MigrationStatus, Audit: app.Audit, Doctor: app.Doctor, Version: app.Version,
	}, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Environ()})
}

func serveReader(ctx context.Context, cfg config.Config, out io.Writer) error {
	r := &reader{}
	s, err := app.Start(ctx, cfg, os.Stderr, app.Options{Packs: []pack.Pack{r}, Wrap: func(ports runs.Ports) runs.Ports {
		r.loader = inputs.New(ports.Blob, ports.Store, nil, inputs.Options{})
		return ports
	}})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "listens on http://%s\n", s.Address()); err != nil {
		return errors.Join(err, s.Stop())
	}
	return s.Wait(ctx)
}

// reader is a pack that tells the sums of the files that its inputs name.
type reader struct{ loader *inputs.Loader }

var readerManifest = pack.Manifest{
	Type: "reader", Version: "1.0.0", Title: "Reads files", InputsSchema: readerSchema(), DataSchema: jsontext.Value(`{"type":"object"}`),
	Prices: []dpp.Price{{Unit: "file", Per: 1, Amount: 1000}},
}

func readerSchema() jsontext.Value {
	schema, err := inputs.Schema(jsontext.Value(`{"type":"object","required":["files"],"additionalProperties":false,
		"properties":{"files":{"type":"array","items":{"$ref":"`+pack.FileRef+`"}}}}`), nil)
	if err != nil {
		panic(err)
	}
	return schema
}

func (*reader) Manifest() *pack.Manifest { return &readerManifest }

// needs are the files of some inputs.
func needs(raw jsontext.Value) ([]inputs.Need, error) {
	var in struct {
		Files []inputs.File `json:"files"`
	}
	err := json.Unmarshal(raw, &in)
	all := make([]inputs.Need, len(in.Files))
	for i, file := range in.Files {
		all[i] = inputs.Need{File: file, Pointer: "/files/" + strconv.Itoa(i), MaxBytes: 1 << 20}
	}
	return all, err
}

func (*reader) Estimate(raw jsontext.Value) (pack.Estimate, error) {
	files, err := needs(raw)
	all := []pack.Quantity{{Unit: "file", Quantity: int64(len(files))}}
	e := pack.Estimate{Minimum: all, All: all, Low: all, Likely: all, High: all}
	for i := range files {
		if upload, ok := files[i].Upload(files[i].Pointer); ok {
			e.Uploads = append(e.Uploads, upload)
		}
	}
	return e, err
}

func (r *reader) Run(ctx context.Context, job pack.Job) (*pack.Outcome, error) {
	all, err := needs(job.Inputs)
	if err != nil {
		return nil, err
	}
	files, err := r.loader.Open(ctx, dpp.AccountOf(job.Tenant, job.Live), all)
	if err != nil {
		return nil, err
	}
	defer files.Close()
	sums := make([]string, len(all))
	for i := range all {
		if err := job.Meter.Take("file", 1); err != nil {
			return nil, err
		}
		content, err := files.Load(ctx, i)
		if err != nil {
			return nil, err
		}
		sums[i] = content.SHA256
	}
	return &pack.Outcome{Data: map[string][]string{"sums": sums}, Reliability: dpp.FullScore}, nil
}
