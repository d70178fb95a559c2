package app

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"dpp/internal/config"
	"dpp/internal/document"
	"dpp/internal/document/tesseract"
	"dpp/internal/ops"
	"dpp/internal/sandbox"
)

// reading is what reads foreign files, and the children that it does so in.
type reading struct {
	documents *document.Documents
	program   *tesseract.Program // nil: the engine that is built in reads pictures
	pools     []*sandbox.Pool
	lasting   bool // what children compile is kept for the next process
}

// openReading looks for the engine that is wanted. Children that may start a program see
// more of the machine than the others, so they have a pool of their own.
func openReading(ctx context.Context, cfg config.Config, log *slog.Logger) (*reading, error) {
	program, err := findProgram(ctx, cfg)
	if err != nil {
		return nil, err
	}
	closed, lasting := newSandbox(ctx, cfg, log)
	r := &reading{documents: document.New(closed), program: program, pools: []*sandbox.Pool{closed}, lasting: lasting}
	if program != nil && cfg.Role.Works() {
		opened, _ := newSandbox(ctx, cfg, log, program.Readable()...)
		r.documents, r.pools = r.documents.WithPrograms(opened), append(r.pools, opened)
	}
	return r, nil
}

// prepare compiles the engines ahead of the first file, where that lasts: what was compiled
// before takes a tenth of a second.
func (r *reading) prepare(ctx context.Context, log *slog.Logger) {
	if !r.lasting {
		return
	}
	if err := r.documents.Prepare(ctx, r.program == nil); err != nil && ctx.Err() == nil {
		log.WarnContext(ctx, "engines for foreign files were not prepared; the first file tries again", "error", err)
	}
}

func (r *reading) close() error {
	errs := make([]error, len(r.pools))
	for i, pool := range r.pools {
		errs[i] = pool.Close()
	}
	return errors.Join(errs...)
}

// findProgram finds the installed program, unless the engine that is built in is to read.
// A process that neither reads nor says what can be read asks for none.
func findProgram(ctx context.Context, cfg config.Config) (*tesseract.Program, error) {
	if cfg.OCREngine == config.OCRWASM || cfg.Role == config.Reaper {
		return nil, nil
	}
	program, err := tesseract.FindProgram(ctx)
	if errors.Is(err, tesseract.ErrNoProgram) && ctx.Err() == nil {
		if cfg.OCREngine == config.OCRAuto {
			return nil, nil
		}
		return nil, &config.Error{Where: "DPP_OCR_ENGINE", Why: "is tesseract, and there is no program tesseract 5 on the PATH, or it has no language"}
	}
	return program, err
}

// enginesOf are those that read pictures: an installed program, unless another is wanted, and
// for languages that it lacks the one that is built in, unless the program alone is wanted.
func enginesOf(cfg config.Config, program *tesseract.Program) (all []document.Engine) {
	if program != nil {
		all = append(all, document.Engine{Program: program, Languages: program.Languages()})
	}
	if languages := tesseract.BuiltIn(); len(languages) > 0 && cfg.OCREngine != config.OCRTesseract {
		all = append(all, document.Engine{Languages: languages})
	}
	return all
}

// checkOCR says what reads pictures.
func checkOCR(ctx context.Context, cfg config.Config) ops.Finding {
	const name = "ocr engine"
	program, err := findProgram(ctx, cfg)
	if err != nil {
		return bad(name, err, "Install tesseract 5 with a language, or set DPP_OCR_ENGINE to auto or wasm.")
	}
	languages, err := document.OCRLanguages(program)
	if err != nil {
		return good(name, "none: dpp was built without one, and no tesseract 5 is installed, so only PDF documents with text can be read")
	}
	engine := "the one that is built in"
	if program != nil {
		engine = "tesseract, as installed"
	}
	return good(name, "%s, for the languages %s", engine, strings.Join(languages, ", "))
}
