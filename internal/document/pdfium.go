package document

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"github.com/go-json-experiment/json"
	engine "github.com/klippa-app/go-pdfium"
	pdferrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"dpp/internal/document/linear"
)

// pdfium is the engine in a child: PDFium compiled to WebAssembly, so that a document
// that takes it over has taken over a machine with 192 MiB of memory, no files and no
// system calls, in a process that has little more.
type pdfium struct {
	instances engine.Pool
}

// wasmPages bounds an instance's memory, in pages of 64 KiB.
const wasmPages = 192 << 20 / (64 << 10)

// prepare compiles the engine, or takes what another child compiled.
func (p *pdfium) prepare(cache string) error {
	config := wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling).
		WithMemoryLimitPages(wasmPages)
	if cache != "" {
		compiled, err := wazero.NewCompilationCacheWithDir(cache)
		if err != nil {
			return errors.New("the cache folder cannot be used")
		}
		config = config.WithCompilationCache(compiled)
	}
	instances, err := webassembly.Init(webassembly.Config{
		Context: linear.Compiling(linear.With(context.Background())), // a child's life
		MaxIdle: 1, MaxTotal: 1,
		RuntimeConfig: config,
		FSConfig:      wazero.NewFSConfig(), // the default mounts all that there is
		Stdout:        io.Discard, Stderr: io.Discard,
	})
	if err != nil {
		return errors.New("the PDF engine could not be compiled")
	}
	p.instances = instances
	return nil
}

// instanceTimeout bounds how long a fresh instance may take; it takes milliseconds.
const instanceTimeout = 10 * time.Second

var errRequest = errors.New("the request is none")

// do reads the text of one document.
func (p *pdfium) do(request []byte) ([]byte, error) {
	var asked pdfRequest
	return p.with(request, &asked, func(instance engine.Pdfium, content []byte) ([]byte, error) {
		return json.Marshal(readPDF(instance, content, asked))
	})
}

// with reads a request, one line before a document's bytes, and has work done on those in
// an instance that no other document was in.
func (p *pdfium) with(request []byte, asked any, work func(engine.Pdfium, []byte) ([]byte, error)) ([]byte, error) {
	line, content, ok := bytes.Cut(request, []byte{'\n'})
	if !ok || json.Unmarshal(line, asked) != nil {
		return nil, errRequest
	}
	instance, err := p.instances.GetInstance(instanceTimeout)
	if err != nil {
		return nil, errors.New("the PDF engine could not be started")
	}
	defer instance.Close() //nolint:errcheck // a broken document may have broken it; the next one gets another
	return work(instance, content)
}

func readPDF(instance engine.Pdfium, content []byte, asked pdfRequest) *pdfAnswer {
	end := time.Now().Add(time.Duration(asked.TimeNS))
	document, count, outcome := openPDF(instance, content)
	if outcome != outcomeRead {
		return &pdfAnswer{Outcome: outcome}
	}
	a := &pdfAnswer{Outcome: outcomeRead, PageCount: count}
	a.describe(instance, document)
	for i := range count {
		switch {
		case i == asked.Pages:
			a.Cut = CutPages
		case asked.Chars <= 0:
			a.Cut = CutChars
		case time.Now().After(end):
			a.Cut = CutTime
		}
		if a.Cut != CutNothing {
			break
		}
		text, all, err := readPage(instance, document, i, asked.Chars)
		if !all {
			a.Cut = CutChars
		}
		asked.Chars -= len([]rune(text))
		a.Pages = append(a.Pages, pdfPage{Text: text, Unreadable: err != nil})
	}
	return a
}

// outcomeOf tells why a document could not be opened.
func outcomeOf(err error) outcome {
	switch {
	case errors.Is(err, pdferrors.ErrPassword), errors.Is(err, pdferrors.ErrSecurity):
		return outcomeEncrypted
	default:
		return outcomeDamaged
	}
}

// describe reads what the document says of itself. What cannot be read is not there.
func (a *pdfAnswer) describe(instance engine.Pdfium, document references.FPDF_DOCUMENT) {
	tags := []string{"Title", "Author", "CreationDate"}
	found, err := instance.GetMetaData(&requests.GetMetaData{Document: document, Tags: &tags})
	if err != nil {
		return
	}
	for _, tag := range found.Tags {
		value := clean(tag.Value, maxTag, ' ')
		switch tag.Tag {
		case "Title":
			a.Title = value
		case "Author":
			a.Author = value
		case "CreationDate":
			a.Created = value
		}
	}
}

// readPage reads the text of a page, of at most so many characters, and tells whether
// that was all.
func readPage(instance engine.Pdfium, document references.FPDF_DOCUMENT, index, chars int) (text string, all bool, err error) {
	page, err := instance.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: document, Index: index})
	if err != nil {
		return "", true, err
	}
	defer instance.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: page.Page}) //nolint:errcheck // the instance goes, too
	loaded, err := instance.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: requests.Page{ByReference: &page.Page}})
	if err != nil {
		return "", true, err
	}
	defer instance.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: loaded.TextPage}) //nolint:errcheck // the same
	has, err := instance.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: loaded.TextPage})
	if err != nil || has.Count <= 0 {
		return "", true, err
	}
	got, err := instance.FPDFText_GetText(&requests.FPDFText_GetText{TextPage: loaded.TextPage, Count: min(has.Count, chars)})
	if err != nil {
		return "", true, err
	}
	return clean(got.Text, chars, '\n'), has.Count <= chars, nil
}
