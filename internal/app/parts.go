// Package app is the composition root: the one place that knows adapters and puts
// them together, a file for each subcommand.
package app

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"dpp"
	"dpp/internal/blob"
	"dpp/internal/blob/fileblob"
	"dpp/internal/config"
	"dpp/internal/document"
	"dpp/internal/document/tesseract"
	"dpp/internal/fetch"
	"dpp/internal/gate"
	"dpp/internal/inputs"
	"dpp/internal/llm"
	"dpp/internal/pack"
	"dpp/internal/pack/compliancepack"
	"dpp/internal/pack/decisionpack"
	"dpp/internal/pack/evalpack"
	"dpp/internal/pack/evalpack/judge"
	"dpp/internal/pack/ocrpack"
	"dpp/internal/pack/urlpack"
	"dpp/internal/queue"
	"dpp/internal/runs"
	"dpp/internal/store"
	"dpp/internal/telemetry"
)

// parts are the adapters below the use cases, of one of the two configurations.
type parts struct {
	store store.Store
	blobs blob.Store
	gate  gate.Gate
	queue queue.Queue

	// backends says what plays each role, as /health names them.
	backends map[string]string
	// files is blobs on the embedded default, where the API serves signed URLs.
	files *fileblob.Store
	// unreadable counts messages of the queue that nobody could read; nil: it has none.
	unreadable func() int64
	// pool is the state of the connections to the database; nil: there is no pool.
	pool func() telemetry.Pool
	// prepare makes what is missing in shared backends, and returns what an operator
	// should know; nil: nothing is to be made.
	prepare func(context.Context) ([]string, error)
}

func openParts(ctx context.Context, cfg config.Config, opts Options, o observers) (*parts, error) {
	if cfg.Shared {
		return openShared(ctx, cfg, o)
	}
	return openEmbedded(ctx, cfg, opts)
}

func (p *parts) ports() runs.Ports {
	return runs.Ports{Store: p.store, Gate: p.gate, Blob: p.blobs, Queue: p.queue}
}

func (p *parts) close() error {
	var errs []error
	for _, part := range []io.Closer{p.queue, p.gate, p.blobs, p.store} {
		if part != nil {
			errs = append(errs, part.Close())
		}
	}
	return errors.Join(errs...)
}

// equipment is what the packs of this build work with.
type equipment struct {
	fetcher *fetch.Fetcher
	files   *inputs.Loader // the one door of input files: all packs share its room
	// documents reads what packs fetch and load; nil where nothing is run.
	documents *document.Documents
	// model is the language model that packs may ask; nil where none is configured.
	model *llm.Client
	// program reads pictures; nil: the engine that is built in does.
	program *tesseract.Program
	// fingerprints has the key of what the compliance pack finds.
	fingerprints *fingerprints
}

// equip makes what needs no sandbox. own are the platform's own listeners, which no pack
// may reach; the ports may be none where nothing is run.
func equip(cfg config.Config, own []netip.AddrPort, ports runs.Ports) equipment {
	fetcher := fetch.New(fetch.Options{Policy: fetch.Policy{AllowCIDRs: cfg.URLAllowCIDRs, Deny: own, DenyHosts: publicNames(cfg.PublicURL)}})
	return equipment{
		fetcher: fetcher, files: inputs.New(ports.Blob, ports.Store, fetcher, inputs.Options{}), fingerprints: &fingerprints{cfg: cfg, blobs: ports.Blob},
	}
}

// newPacks registers the packs: every pack of this build, unless others are given.
func newPacks(cfg config.Config, with equipment, packs []pack.Pack) (*pack.Registry, error) {
	if packs == nil {
		packs = []pack.Pack{
			newCompliance(with),
			decisionpack.Proposing(with.model),
			urlpack.New(with.fetcher, urlpack.Options{PDF: with.documents}),
			evalpack.New(with.files, evalpack.Options{Extras: judges(with.model)}),
			ocrpack.New(with.files, with.documents, ocrpack.Options{Engines: enginesOf(cfg, with.program), AtOnce: cfg.SandboxChildren}),
		}
	}
	return pack.NewRegistry(pack.Prices(cfg.Prices), packs...)
}

// judges are the metrics of the eval pack that ask a language model.
func judges(model *llm.Client) []evalpack.Extra {
	if model == nil {
		return nil
	}
	return []evalpack.Extra{judge.Extra(model)}
}

// newCompliance reads scans where an engine is there.
func newCompliance(with equipment) pack.Pack {
	o := compliancepack.Options{Secret: with.fingerprints.secret, Engine: complianceEngine(with.program)}
	if with.documents == nil { // an interface that holds nil is not nil
		return compliancepack.New(with.files, nil, o)
	}
	return compliancepack.New(with.files, with.documents, o)
}

// complianceEngine reads the languages whose values are recognised, as far as they are there.
func complianceEngine(program *tesseract.Program) *document.Engine {
	known, err := document.OCRLanguages(program)
	if err != nil {
		return nil
	}
	var languages []string
	for _, wanted := range []string{"eng", "kor"} {
		if slices.Contains(known, wanted) {
			languages = append(languages, wanted)
		}
	}
	if languages == nil {
		return nil
	}
	return &document.Engine{Program: program, Languages: languages}
}

// publicNames is the platform's own name, or public address, which no pack may
// reach. Another address names a listener of ours, and those are denied as such.
func publicNames(publicURL string) []string {
	u, err := url.Parse(publicURL)
	if err != nil || u.Hostname() == "" {
		return nil
	}
	name := u.Hostname()
	if addr, err := netip.ParseAddr(name); err == nil {
		if fetch.Classify(addr) != fetch.ClassPublic {
			return nil
		}
		name = addr.String()
	}
	return []string{name}
}

// serviceConfig is what the use cases need of the settings.
func serviceConfig(cfg config.Config) runs.Config {
	lookUp := time.Duration(0) // the default
	if !cfg.Role.Serves() {
		lookUp = lookUpAlone
	}
	return runs.Config{
		HubInterval: lookUp,
		Timing:      cfg.Timing, Retention: cfg.Retention, IdempotencyWindow: cfg.IdempotencyWindow, ResultURLTTL: cfg.ResultURLTTL,
		ChargePlatformFaults: cfg.ChargePlatformFaults, GateRequired: cfg.GateRequired,
		Submits: gate.Policy{Name: "submit", Quota: cfg.SubmitsPerMin},
		Reads:   gate.Policy{Name: "read", Quota: cfg.ReadsPerMin},
	}
}

// lookUpAlone is how often a worker looks for cancels of the runs that it executes.
// Nobody waits for that, as callers of an API do for the ends of theirs.
const lookUpAlone = 500 * time.Millisecond

// first are what the first start of a data folder makes.
const (
	firstTenant = "dev"
	firstCredit = 100 * dpp.USD
)
