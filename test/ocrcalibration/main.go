// Command ocrcalibration measures how far the confidence of the ocr pack can be trusted:
// it makes pages whose text is known harder to read, step by step, reads them, and compares
// what the pack says with what is right. It prints the constants that fit best, and with
// -out writes the diagram between two marks of a page.
//
// Without the folder that TRUTH_DIR names it says what was not measured, which is no
// failure.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/go-json-experiment/json"

	"dpp/internal/document"
	"dpp/internal/sandbox"
	"dpp/test/figures"
)

func main() {
	if sandbox.IsChild(os.Args) {
		os.Exit(sandbox.Serve(os.Args, document.Handlers()...))
	}
	out := flag.String("out", "", "page to write the diagram into")
	from := flag.String("from", "", "file with readings, from -keep, instead of new ones")
	keep := flag.String("keep", "", "file to keep the readings in")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Getenv("TRUTH_DIR"), *from, *keep, *out, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "ocrcalibration:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir, from, keep, out string, log io.Writer) error {
	samples, err := samplesOf(ctx, dir, from, keep, log)
	if err != nil || samples == nil {
		return err
	}
	if _, err := io.WriteString(log, constants(samples)+"\n"+report(samples)); err != nil || out == "" {
		return err
	}
	return figures.Write(out, marks, writer, report(samples))
}

// What stands in the marks of the page.
const (
	marks  = "calibration"
	writer = "test/ocrcalibration"
)

func samplesOf(ctx context.Context, dir, from, keep string, log io.Writer) ([]sample, error) {
	if from != "" {
		content, err := os.ReadFile(from)
		if err != nil {
			return nil, err
		}
		var all []sample
		return all, json.Unmarshal(content, &all)
	}
	if dir == "" {
		_, err := fmt.Fprintln(log, "ocrcalibration: TRUTH_DIR is not set: the confidence of the ocr pack was not measured")
		return nil, err
	}
	return read(ctx, dir, log, func(all []sample) error {
		if keep == "" {
			return nil
		}
		content, err := json.Marshal(all)
		if err != nil {
			return err
		}
		return os.WriteFile(keep, content, 0o600)
	})
}
