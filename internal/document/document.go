// Package document turns the bytes of documents into text. The parsers run in the
// sandbox alone: what is in this process of a document is its bytes, and text that was
// checked on its way back.
package document

import (
	"context"
	"errors"
	"fmt"

	"dpp/internal/document/tesseract"
	"dpp/internal/sandbox"
)

// What a document can be that has no text to give. They wrap the sandbox's error where
// there is one, and hold nothing of the document.
var (
	// ErrEncrypted: it does not open without a password, or not with one either.
	ErrEncrypted = errors.New("document: it is encrypted")
	// ErrDamaged: it is not of its format, or so broken that the parser gave up or died.
	ErrDamaged = errors.New("document: it is damaged, or no document of this format")
	// ErrTooLarge: it has more bytes than are read.
	ErrTooLarge = errors.New("document: it is too large")
	// ErrDemanding: it takes more time or memory than a document may.
	ErrDemanding = errors.New("document: reading it takes too much time or memory")
)

// Documents reads documents in the children of a pool.
type Documents struct {
	pool     *sandbox.Pool
	programs *sandbox.Pool
}

// New reads documents in the children of pool, which have [Handlers].
func New(pool *sandbox.Pool) *Documents { return &Documents{pool: pool, programs: pool} }

// WithPrograms has pictures that an installed program reads read in the children of
// another pool, which may start it.
func (d *Documents) WithPrograms(pool *sandbox.Pool) *Documents {
	return &Documents{pool: d.pool, programs: pool}
}

// Handlers are this package's side in a child.
func Handlers() []sandbox.Handler {
	var p pdfium
	var o ocr
	return []sandbox.Handler{
		{Kind: kindPDF, Engine: kindPDF, Prepare: p.prepare, Do: p.do},
		{Kind: kindLayers, Engine: kindPDF, Prepare: p.prepare, Do: p.layers},
		{Kind: kindRender, Engine: kindPDF, Prepare: p.prepare, Do: p.render},
		{Kind: kindImage, Do: doImage},
		{Kind: kindOCR, Prepare: o.prepare, Do: o.do},
		{Kind: kindOCRProgram, Do: o.do},
	}
}

// Prepare compiles the engines, unless that was done, so that the first document need not
// wait for it: that of PDF documents, and the one for pictures that is built in, if it is
// and is wanted. The error is the sandbox's, or the context's.
func (d *Documents) Prepare(ctx context.Context, pictures bool) error {
	if pictures && len(tesseract.BuiltIn()) > 0 {
		if err := d.pool.Prepare(ctx, kindOCR); err != nil {
			return err
		}
	}
	return d.pool.Prepare(ctx, kindPDF)
}

// do runs a job, and puts what the sandbox says of it into this package's words. Any
// other error is the platform's, or the caller's context.
func (d *Documents) do(ctx context.Context, kind string, request []byte) ([]byte, error) {
	pool := d.pool
	if kind == kindOCRProgram {
		pool = d.programs
	}
	answer, err := pool.Do(ctx, kind, request)
	for _, meaning := range []struct{ of, is error }{
		{sandbox.ErrTooLarge, ErrTooLarge},
		{sandbox.ErrTimeout, ErrDemanding},
		{sandbox.ErrMemory, ErrDemanding},
		{sandbox.ErrCrashed, ErrDamaged},
		{sandbox.ErrGarbage, ErrDamaged},
	} {
		if errors.Is(err, meaning.of) {
			return nil, fmt.Errorf("%w: %w", meaning.is, err)
		}
	}
	return answer, err
}
