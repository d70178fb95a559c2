// Command benchocr measures how well and at what price pages are read whose text is
// known: by the engine that is built in, by the program tesseract through the same door,
// and by that program as anybody would call it; and how long a first result takes, and
// how much memory. It reads the pages below the folder that TRUTH_DIR names. With -out it
// writes the figures between two marks of a page.
//
// Without the folder it says what was not measured, which is no failure.
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
	"dpp/test/figures"
)

// The figures' name, and who writes them.
const (
	name = "ocr"
	by   = "make bench"
)

func main() {
	if sandbox.IsChild(os.Args) {
		os.Exit(sandbox.Serve(os.Args, document.Handlers()...))
	}
	var how options
	flag.StringVar(&how.only, "only", "", "read only pages that have this in their name")
	flag.BoolVar(&how.plain, "plain", false, "read each page as it is, too, without what makes it fit for the engine")
	flag.StringVar(&how.out, "out", "", "page to write the figures into")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Getenv("TRUTH_DIR"), how, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchocr:", err)
		os.Exit(1)
	}
}

type options struct {
	only  string
	plain bool
	out   string
}

// run reads every page with every engine that is there.
func run(ctx context.Context, truth string, how options, log io.Writer) (err error) {
	if truth == "" {
		_, err := fmt.Fprintln(log, "benchocr: TRUTH_DIR is not set: how well pictures are read was not measured")
		return err
	}
	pages, err := pagesIn(truth)
	if err != nil {
		return err
	}
	cache, err := os.MkdirTemp("", "dpp-benchocr-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(cache)) }()
	first, err := firstResults(ctx, cache, truth)
	if err != nil {
		return err
	}
	readers, err := readersOf(ctx, cache, how.plain, log)
	if err != nil {
		return err
	}
	if len(readers) == 0 {
		return errors.New("there is no engine to be measured: run make assets, or install tesseract 5")
	}
	read, err := readAll(ctx, pages, readers, how.only, log)
	if err != nil {
		return err
	}
	text := read.table() + "\n" + first.table()
	if _, err := io.WriteString(log, "\n"+text); err != nil || how.out == "" {
		return err
	}
	return figures.Write(how.out, name, by, text)
}

// reader is a way to read pages.
type reader struct {
	name string
	read func(context.Context, page) (reading, error)
}

func readersOf(ctx context.Context, cache string, plainly bool, log io.Writer) ([]reader, error) {
	var all []reader
	if len(tesseract.BuiltIn()) > 0 {
		all = append(all, ways("built in", cache, nil, plainly)...)
	}
	program, err := tesseract.FindProgram(ctx)
	if errors.Is(err, tesseract.ErrNoProgram) {
		_, err := fmt.Fprintln(log, "tesseract 5 is not installed: it is not measured")
		return all, err
	}
	if err != nil {
		return nil, err
	}
	all = append(all, ways("installed", cache, program, plainly)...)
	return append(all, reader{"plain command", func(ctx context.Context, p page) (reading, error) {
		return plain(ctx, program.Path, p)
	}}), nil
}

// ways to read with an engine: as the product does, and where wanted each picture as it is.
func ways(name, cache string, program *tesseract.Program, plainly bool) []reader {
	read := func(plain bool) func(context.Context, page) (reading, error) {
		return func(ctx context.Context, p page) (reading, error) { return sandboxed(ctx, cache, p, program, plain) }
	}
	all := []reader{{name, read(false)}}
	if plainly {
		all = append(all, reader{name + ", as it is", read(true)})
	}
	return all
}

// readAll reads all pages, and tells of each.
func readAll(ctx context.Context, pages []page, readers []reader, only string, log io.Writer) (*readings, error) {
	all := &readings{readers: readers}
	for _, page := range pages {
		if !strings.Contains(page.name, only) {
			continue
		}
		row := make([]reading, len(readers))
		for i, r := range readers {
			got, err := r.read(ctx, page)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", page.name, r.name, err)
			}
			row[i] = got
			if _, err := fmt.Fprintf(log, "%s, %s: error %.2f%%, %.2f s user CPU, %.2f s in a new child, %d MiB\n",
				page.name, r.name, 100*got.errorRate(page), got.used.user.Seconds(), got.took.Seconds(), got.used.peak>>20); err != nil {
				return nil, err
			}
		}
		all.pages, all.got = append(all.pages, page), append(all.got, row)
	}
	return all, nil
}
