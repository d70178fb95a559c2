// Package evalpack is the pack `eval`: it judges the predictions of a system, row by row,
// by metrics whose values can be reproduced, and tells how sure they are: intervals from
// resampled rows, the difference to a baseline, slices by group, the worst rows. Assertions
// make a gate of it. What cannot be judged is listed and never dropped.
//
// The data depends on the inputs and the seed alone. Rows are read a chunk at a time; what
// is kept of each are the few numbers that a metric makes of it.
package evalpack

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/inputs"
	"dpp/internal/pack"
)

// Loader brings in input files; [inputs.Loader] is one.
type Loader interface {
	Open(ctx context.Context, owner dpp.AccountID, needs []inputs.Need) (*inputs.Files, error)
}

// Options of a [Pack]. The zero value works.
type Options struct {
	// Extras are metrics beside those of package metric.
	Extras []Extra
}

// Pack judges predictions.
type Pack struct {
	loader   Loader
	extras   map[string]*Extra
	manifest *pack.Manifest
}

var _ pack.Pack = (*Pack)(nil)

// New returns the pack. Without a loader it describes itself and checks inputs, and runs
// only those whose rows stand in them.
func New(loader Loader, opts Options) *Pack {
	p := &Pack{loader: loader, extras: make(map[string]*Extra, len(opts.Extras)), manifest: newManifest(opts.Extras)}
	for i := range opts.Extras {
		p.extras[opts.Extras[i].Entry.Name] = &opts.Extras[i]
	}
	return p
}

// Manifest implements [pack.Pack].
func (p *Pack) Manifest() *pack.Manifest { return p.manifest }

// Run implements [pack.Pack].
func (p *Pack) Run(ctx context.Context, job pack.Job) (*pack.Outcome, error) {
	made, err := p.plan(job.Inputs)
	if err != nil {
		return nil, err
	}
	r, err := newRun(made, job.Meter)
	if err != nil {
		return nil, err
	}
	if err := job.Meter.Take(unitEval, 1); err != nil {
		return nil, err
	}
	ends := limitsOf(ctx, made.samples())
	if err := p.readAll(ctx, job, r, ends); err != nil {
		return nil, err
	}
	if !r.anyJudged() {
		return nil, r.nothingJudged()
	}
	return r.conclude(ctx, ends)
}

// readAll judges the rows, wherever they stand.
func (p *Pack) readAll(ctx context.Context, job pack.Job, r *run, ends limits) error {
	if r.plan.File == nil {
		r.expect = len(r.plan.Rows)
		return r.judgeAll(ctx, &listDoor{rows: r.plan.Rows}, ends.rows)
	}
	if p.loader == nil {
		return errors.New("there is no loader of files")
	}
	files, err := p.loader.Open(ctx, dpp.AccountOf(job.Tenant, job.Live), []inputs.Need{{
		File: *r.plan.File, Pointer: "/file", MaxBytes: maxFileBytes, Accept: []string{"text/plain"},
	}})
	if err != nil {
		return err
	}
	defer files.Close()
	content, err := files.Load(ctx, 0)
	if err != nil {
		return err
	}
	rows, err := openFile(content, r.plan.request)
	if err != nil {
		return err
	}
	r.file = &fileFacts{Name: content.Name, SHA256: content.SHA256, Format: r.plan.formatOf(content), Rows: rows.count()}
	r.expect, r.ignored = r.file.Rows-r.plan.skip(), rows.ignored()
	switch {
	case r.expect <= 0 && r.plan.skip() > 0:
		return reject("The file has no rows after those that are skipped.", "Give a smaller skip_rows.")
	case r.expect > maxRows:
		return reject(fmt.Sprintf("The file has more than %d rows.", maxRows), "Submit the rows in several runs.")
	}
	return r.judgeAll(ctx, rows, ends.rows)
}

// Estimate implements [pack.Pack]. Rows that stand in the inputs are counted; of those of
// a file, how many there are shows when it is read.
func (p *Pack) Estimate(raw jsontext.Value) (pack.Estimate, error) {
	made, err := p.plan(raw)
	if err != nil {
		return pack.Estimate{}, err
	}
	low, likely, high := int64(1), int64(likelyRows), 2*int64(maxRows)
	if made.File == nil {
		low = made.countJudged()
		likely, high = low, low
	}
	e := pack.Estimate{
		Minimum: made.quantities(min(low, 1), 0), All: made.quantities(low, 0), Low: made.quantities(low, 0),
		Likely: made.quantities(likely, 1), High: made.quantities(high, 2),
	}
	if made.File != nil {
		if ref, ok := made.File.Upload("/file"); ok {
			e.Uploads = append(e.Uploads, ref)
		}
	}
	return e, nil
}

// countJudged is how many rows there are to judge for each system, in sum.
func (p *plan) countJudged() int64 {
	var judged int64
	for rows := (&listDoor{rows: p.Rows}); ; {
		r, err := rows.next()
		if err != nil {
			return judged
		}
		if r.fault == nil {
			judged += systems(&r)
		}
	}
}

// quantities are what judging so many rows takes. Of extra metrics, bound 0 is the least,
// 1 what is likely, 2 the most.
func (p *plan) quantities(rows int64, bound int) []pack.Quantity {
	list := []pack.Quantity{{Unit: unitEval, Quantity: 1}}
	if rows > 0 {
		list = append(list, pack.Quantity{Unit: unitEvaluation, Quantity: rows * p.unitsPerRow()})
	}
	for i := range p.metrics {
		if m := &p.metrics[i]; m.extra != nil && m.extra.PerRow != nil {
			low, likely, high := m.extra.PerRow(m.params)
			for _, q := range [][]pack.Quantity{low, likely, high}[bound] {
				list = append(list, pack.Quantity{Unit: q.Unit, Quantity: q.Quantity * rows})
			}
		}
	}
	return list
}
