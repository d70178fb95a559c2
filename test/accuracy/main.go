// Command accuracy measures how well the url pack finds the main text of pages, by
// the scoring of the article extraction benchmark of Scrapinghub, on the pages and
// texts in the folder that TRUTH_DIR names; beside it go-readability alone. It also
// measures the recognisers of the compliance pack on the labelled cases there. With
// -out and -recognisers it writes the figures between two marks of a page.
//
// Without the folder it says what was not measured, which is no failure.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"dpp/test/figures"
)

func main() {
	out := flag.String("out", "", "page to write the figures into")
	recognisers := flag.String("recognisers", "", "page to write the figures of recognisers into")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Getenv("TRUTH_DIR"), *out, *recognisers, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "accuracy:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir, out, recognisers string, log io.Writer) error {
	if dir == "" {
		_, err := fmt.Fprintln(log, "accuracy: TRUTH_DIR is not set: how well the url pack finds the text of pages, and recognisers their values, was not measured")
		return err
	}
	if err := reportRecognisers(ctx, dir, recognisers, log); err != nil {
		return err
	}
	pages, err := readPages(dir)
	if err != nil {
		return err
	}
	found, err := measure(ctx, pages)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(log, found.table()); err != nil || out == "" {
		return err
	}
	return figures.Write(out, name, by, found.table())
}

func reportRecognisers(ctx context.Context, dir, out string, log io.Writer) error {
	measured, err := measureCases(ctx, dir)
	if err != nil {
		return err
	}
	table := recogniserTable(measured)
	if _, err := io.WriteString(log, table); err != nil || out == "" {
		return err
	}
	return figures.Write(out, name, by, table)
}

// result is what was measured.
type result struct {
	pages       int
	ours, alone score
}

func measure(ctx context.Context, pages []page) (result, error) {
	texts, err := byPack(ctx, pages)
	if err != nil {
		return result{}, err
	}
	var ours, alone []overlap
	for i, p := range pages {
		text, err := byReadability(p)
		if err != nil {
			return result{}, err
		}
		ours = append(ours, compare(p.truth, texts[i]))
		alone = append(alone, compare(p.truth, text))
	}
	return result{pages: len(pages), ours: scoreOf(ours), alone: scoreOf(alone)}, nil
}

func (f result) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "| on %d pages | F1 | precision | recall |\n|---|---|---|---|\n", f.pages)
	for _, row := range []struct {
		name string
		s    score
	}{{"this pack, format `text`", f.ours}, {"go-readability alone", f.alone}} {
		fmt.Fprintf(&b, "| %s | %.3f | %.3f | %.3f |\n", row.name, row.s.f1, row.s.precision, row.s.recall)
	}
	return b.String()
}

// The figures' name, and who writes them.
const (
	name = "accuracy"
	by   = "make bench"
)
