// Package ocrpack is the pack "ocr": it turns scans, photos and PDF documents into text
// with the page, the place and the confidence of every word. Of a PDF page the text layer
// is taken where there is one that says what the page shows; everything else is read by
// OCR. What cannot be read is marked, and not guessed.
//
// Foreign bytes are parsed by children of the process alone, see package document.
package ocrpack

import (
	"context"
	"slices"

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
	Decode(ctx context.Context, content []byte, page, maxSide int) (*picture.Gray, error)
}

// Options of a [Pack].
type Options struct {
	// Engines read pictures, the one that is preferred first: a run has the first one that
	// knows all of its languages. None: only text layers are read.
	Engines []document.Engine
	// AtOnce is how many pages of a run are read at the same time; default 2.
	AtOnce int
}

// languagesOf are those that one engine or another knows, sorted.
func languagesOf(engines []document.Engine) []string {
	var all []string
	for _, e := range engines {
		all = append(all, e.Languages...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Pack is the ocr pack.
type Pack struct {
	files    Files
	reader   Reader
	opts     Options
	manifest *pack.Manifest
}

var _ pack.Pack = (*Pack)(nil)

// New returns the pack. A process that runs nothing needs neither files nor a reader.
func New(files Files, reader Reader, opts Options) *Pack {
	if opts.AtOnce <= 0 {
		opts.AtOnce = 2
	}
	return &Pack{files: files, reader: reader, opts: opts, manifest: newManifest(languagesOf(opts.Engines))}
}

// Manifest describes the pack.
func (p *Pack) Manifest() *pack.Manifest { return p.manifest }

// Estimate checks the inputs and counts pages as far as they are known: nobody has seen
// the files.
func (p *Pack) Estimate(raw jsontext.Value) (pack.Estimate, error) {
	in, err := decodeInputs(raw, p.opts.Engines)
	if err != nil {
		return pack.Estimate{}, err
	}
	return in.estimate(), nil
}

// Run reads the files, one after another.
func (p *Pack) Run(ctx context.Context, job pack.Job) (*pack.Outcome, error) {
	in, err := decodeInputs(job.Inputs, p.opts.Engines)
	if err != nil {
		return nil, err
	}
	files, err := p.files.Open(ctx, dpp.AccountOf(job.Tenant, job.Live), in.needs())
	if err != nil {
		return nil, err
	}
	defer files.Close()
	r := newRun(p, in, job.Meter)
	r.work(ctx, files)
	return r.outcome(ctx)
}
