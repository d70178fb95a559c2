// Command benchocr measures how well and at what price pages are read whose text is
// known: by the engine that is built in, by the program tesseract through the same door,
// and by that program as anybody would call it. It reads the pages below the folder that
// TRUTH_DIR names, and prints a table.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"dpp/internal/document"
	"dpp/internal/document/tesseract"
	"dpp/internal/sandbox"
)

func main() {
	if sandbox.IsChild(os.Args) {
		os.Exit(sandbox.Serve(os.Args, document.Handlers()...))
	}
	only := flag.String("only", "", "read only pages that have this in their name")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Getenv("TRUTH_DIR"), *only, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "benchocr:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to be stopped
	}
}

// run reads every page with every engine that is there.
func run(ctx context.Context, truth, only string, out io.Writer) error {
	if truth == "" {
		return errors.New("set TRUTH_DIR to the folder with pages whose text is known")
	}
	pages, err := pagesIn(truth)
	if err != nil {
		return err
	}
	cache, err := os.MkdirTemp("", "dpp-benchocr-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(cache) //nolint:errcheck // it is below the temporary folder
	readers, err := readersOf(ctx, cache, out)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprint(out, "\n| page | read by | error | confidence | user CPU | time, new child | peak memory |\n|---|---|---:|---:|---:|---:|---:|\n")
	totals := make([]total, len(readers))
	for _, page := range pages {
		if !strings.Contains(page.name, only) {
			continue
		}
		for i, r := range readers {
			got, err := r.read(ctx, page)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", page.name, r.name, err)
			}
			totals[i].add(page, got)
			_, _ = fmt.Fprintf(out, "| %s | %s | %.2f%% | %.3f | %.2f s | %.2f s | %d MiB |\n",
				page.name, r.name, 100*got.errorRate(page), got.confidence, got.used.user.Seconds(), got.took.Seconds(), got.used.peak>>20)
		}
	}
	for i, r := range readers {
		_, _ = fmt.Fprintf(out, "\n%s: %s", r.name, totals[i])
	}
	_, _ = fmt.Fprintln(out)
	return nil
}

// reader is a way to read pages.
type reader struct {
	name string
	read func(context.Context, page) (reading, error)
}

func readersOf(ctx context.Context, cache string, out io.Writer) ([]reader, error) {
	var all []reader
	if len(tesseract.BuiltIn()) > 0 {
		prepared, err := prepare(ctx, cache)
		if err != nil {
			return nil, err
		}
		_, _ = fmt.Fprintf(out, "the engine that is built in was compiled once: %.2f s with its first page, %.2f s user CPU, %d MiB\n",
			prepared.took.Seconds(), prepared.prepared.user.Seconds(), prepared.prepared.peak>>20)
		all = append(all, ways("built in", cache, nil)...)
	}
	program, err := tesseract.FindProgram(ctx)
	if errors.Is(err, tesseract.ErrNoProgram) {
		_, _ = fmt.Fprintln(out, "tesseract 5 is not installed: it is not measured")
		return all, nil
	}
	if err != nil {
		return nil, err
	}
	all = append(all, ways("installed", cache, program)...)
	return append(all, reader{"plain command", func(ctx context.Context, p page) (reading, error) {
		return plain(ctx, program.Path, p)
	}}), nil
}

// ways to read with an engine: as the product does, and each picture as it is.
func ways(name, cache string, program *tesseract.Program) []reader {
	read := func(plain bool) func(context.Context, page) (reading, error) {
		return func(ctx context.Context, p page) (reading, error) { return sandboxed(ctx, cache, p, program, plain) }
	}
	return []reader{{name, read(false)}, {name + ", as it is", read(true)}}
}

// total is the sum over the pages that were made for this project: scans of others have
// truths that cover parts of them.
type total struct {
	pages      int
	rate       float64
	worst      float64
	user, took float64
	peak       int64
}

func (t *total) add(p page, got reading) {
	t.user += got.used.user.Seconds()
	t.took += got.took.Seconds()
	t.peak = max(t.peak, got.used.peak)
	if !p.made {
		return
	}
	rate := got.errorRate(p)
	t.pages++
	t.rate += rate
	t.worst = max(t.worst, rate)
}

func (t total) String() string {
	return fmt.Sprintf("mean error on %d made pages %.2f%%, worst %.2f%%; all pages %.2f s user CPU in %.2f s; peak %d MiB",
		t.pages, 100*t.rate/float64(max(t.pages, 1)), 100*t.worst, t.user, t.took, t.peak>>20)
}
