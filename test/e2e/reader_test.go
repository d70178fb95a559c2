package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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
		r.ports = ports
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

// reader is a pack that tells the sums of the uploads that its inputs name.
type reader struct{ ports runs.Ports }

var readerManifest = pack.Manifest{
	Type: "reader", Version: "1.0.0", Title: "Reads files",
	InputsSchema: jsontext.Value(`{"type":"object","properties":{"files":{"type":"array","items":{"type":"string"}}},"required":["files"],"additionalProperties":false}`),
	DataSchema:   jsontext.Value(`{"type":"object"}`),
	Prices:       []dpp.Price{{Unit: "file", Per: 1, Amount: 1000}},
}

func (*reader) Manifest() *pack.Manifest { return &readerManifest }

func filesOf(inputs jsontext.Value) ([]dpp.UploadID, error) {
	var in struct {
		Files []dpp.UploadID `json:"files"`
	}
	err := json.Unmarshal(inputs, &in)
	return in.Files, err
}

func (*reader) Estimate(inputs jsontext.Value) (pack.Estimate, error) {
	files, err := filesOf(inputs)
	all := []pack.Quantity{{Unit: "file", Quantity: int64(len(files))}}
	e := pack.Estimate{Minimum: all, All: all, Low: all, Likely: all, High: all}
	for i, id := range files {
		e.Uploads = append(e.Uploads, pack.UploadRef{Pointer: "/files/" + strconv.Itoa(i), ID: id})
	}
	return e, err
}

func (r *reader) Run(ctx context.Context, job pack.Job) (*pack.Outcome, error) {
	files, err := filesOf(job.Inputs)
	if err != nil {
		return nil, err
	}
	sums := make([]string, len(files))
	for i, id := range files {
		if err := job.Meter.Take("file", 1); err != nil {
			return nil, err
		}
		if sums[i], err = r.sum(ctx, dpp.Upload{ID: id, Tenant: job.Tenant, Live: job.Live}); err != nil {
			return nil, err
		}
	}
	return &pack.Outcome{Data: map[string][]string{"sums": sums}, Reliability: dpp.FullScore}, nil
}

func (r *reader) sum(ctx context.Context, upload dpp.Upload) (_ string, err error) {
	body, _, err := r.ports.Blob.Get(ctx, upload.ObjectKey(), 0, -1)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	h := sha256.New()
	_, err = io.Copy(h, body)
	return hex.EncodeToString(h.Sum(nil)), err
}
