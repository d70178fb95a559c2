package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"

	"dpp/internal/document"
	"dpp/internal/document/tesseract"
	"dpp/internal/sandbox"
)

// reading is what came of a page.
type reading struct {
	text       string
	confidence float64
	took       time.Duration
	used       usage
}

// usage is what a process and those that it started took of the machine.
type usage struct {
	user time.Duration
	peak int64 // bytes, of the process alone
}

func (r reading) errorRate(p page) float64 { return errorRate(p.text, r.text) }

// sandboxed reads a page as the product does, in a child that reads no other; plainly:
// as it is, once.
func sandboxed(ctx context.Context, cache string, p page, program *tesseract.Program, plain bool) (reading, error) {
	content, err := os.ReadFile(p.path)
	if err != nil {
		return reading{}, err
	}
	return inChild(ctx, cache, content, document.OCR{Languages: []string{p.language}, Plain: plain, Program: program, Time: time.Minute})
}

// inChild reads a page twice in a new child: how long it takes is that of the first time,
// which starts the child, and the processor's time that of the second.
func inChild(ctx context.Context, cache string, file []byte, how document.OCR) (r reading, err error) {
	opts := sandbox.Options{Children: 1, Cache: cache, CPU: 2 * time.Minute, Wall: 2 * time.Minute, Start: 2 * time.Minute}
	if how.Program != nil {
		opts.Readable = how.Program.Readable()
	}
	pool := sandbox.New(opts)
	defer func() { err = errors.Join(err, pool.Close()) }()
	began := time.Now()
	got, err := document.New(pool).Image(ctx, file, 1, how)
	if err != nil {
		return reading{}, err
	}
	r = reading{text: got.Page.Text(), confidence: got.Page.Confidence(), took: time.Since(began)}
	first := childrenUse()
	if _, err := document.New(pool).Image(ctx, file, 1, how); err != nil {
		return reading{}, err
	}
	r.used = childrenUse()
	r.used.user -= first.user
	return r, nil
}

// plain reads a page as anybody would.
func plain(ctx context.Context, program string, p page) (reading, error) {
	cmd := exec.CommandContext(ctx, program, p.path, "stdout", "-l", p.language)
	cmd.Env = append(os.Environ(), "OMP_THREAD_LIMIT=1")
	began := time.Now()
	text, err := cmd.Output()
	if err != nil {
		return reading{}, err
	}
	r := reading{text: string(text), took: time.Since(began)}
	r.used.user = cmd.ProcessState.UserTime()
	if rusage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.used.peak = rusage.Maxrss * maxrssUnit
	}
	return r, nil
}
