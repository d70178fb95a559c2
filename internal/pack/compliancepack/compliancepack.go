// Package compliancepack is the pack `compliance`: it says whether documents are fit to leave
// the house. Personal values, secrets and missing statements are found by built-in policies,
// everything else by rules that callers write. A finding says where it stands and what to do
// about it, and never what was found: values are masked wherever they could leave, and known
// again by fingerprints from which nobody without the platform's key can guess them.
package compliancepack

import (
	"context"
	"errors"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/document"
	"dpp/internal/document/picture"
	"dpp/internal/inputs"
	"dpp/internal/pack"
)

// Files brings in the files that inputs name: [inputs.Loader] does.
type Files interface {
	Open(ctx context.Context, owner dpp.AccountID, needs []inputs.Need) (*inputs.Files, error)
}

// Reader reads documents where a hostile one can do no harm: [document.Documents] does.
type Reader interface {
	Layers(ctx context.Context, content []byte, o document.LayerOptions) (*document.Layers, error)
	Render(ctx context.Context, content []byte, page, dpi int) (*picture.Gray, error)
	Picture(ctx context.Context, g *picture.Gray, how document.OCR) (*document.Reading, error)
	Image(ctx context.Context, content []byte, page int, how document.OCR) (*document.Reading, error)
	ImagePages(ctx context.Context, content []byte) (int, error)
}

// Options of a [Pack]. The zero value describes the pack and checks inputs.
type Options struct {
	// Secret is the platform's key, the same in all of its processes and after every start.
	// Fingerprints and sealed documents are made with keys that are derived from it.
	Secret func(ctx context.Context) ([]byte, error)
	// Engine reads pictures; nil: there is none, and scans are not read.
	Engine *document.Engine
}

// Pack checks documents.
type Pack struct {
	files     Files
	reader    Reader
	opts      Options
	manifest  *pack.Manifest
	catalogue func() (*catalogue, error)
}

var _ pack.Pack = (*Pack)(nil)

// New returns the pack. Without files it checks texts alone, without a reader no PDF documents
// and no scans.
func New(files Files, reader Reader, opts Options) *Pack {
	return &Pack{files: files, reader: reader, opts: opts, manifest: newManifest(), catalogue: sync.OnceValues(newCatalogue)}
}

// Manifest implements [pack.Pack].
func (p *Pack) Manifest() *pack.Manifest { return p.manifest }

// Estimate implements [pack.Pack]. Characters of texts are counted; of files, how many there
// are shows when they are read.
func (p *Pack) Estimate(raw jsontext.Value) (pack.Estimate, error) {
	known, err := p.catalogue()
	if err != nil {
		return pack.Estimate{}, err
	}
	req, err := readRequest(raw)
	if err != nil {
		return pack.Estimate{}, err
	}
	made, err := known.plan(req)
	if err != nil {
		return pack.Estimate{}, err
	}
	return req.estimate(int64(made.expressions)), nil
}

// Run implements [pack.Pack].
func (p *Pack) Run(ctx context.Context, job pack.Job) (*pack.Outcome, error) {
	known, err := p.catalogue()
	if err != nil {
		return nil, err
	}
	keys, err := p.keys(ctx, job.Tenant)
	if err != nil {
		return nil, err
	}
	req, err := readRequest(job.Inputs)
	if err != nil {
		return nil, err
	}
	if err := req.open(keys); err != nil {
		return nil, err
	}
	made, err := known.plan(req)
	if err != nil {
		return nil, err
	}
	r := &run{pack: p, request: req, plan: made, keys: keys, meter: job.Meter, scanner: known.scanner}
	if err := r.checkAll(ctx, dpp.AccountOf(job.Tenant, job.Live)); err != nil {
		return nil, err
	}
	return r.outcome()
}

var errNoSecret = errors.New("compliancepack: there is no key for fingerprints")

// keys are those of a tenant.
func (p *Pack) keys(ctx context.Context, tenant dpp.TenantID) (*keys, error) {
	if p.opts.Secret == nil {
		return nil, errNoSecret
	}
	secret, err := p.opts.Secret(ctx)
	if err != nil {
		return nil, err
	}
	return newKeys(secret, tenant)
}
