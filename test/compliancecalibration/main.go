// Command compliancecalibration counts how often the recognisers of the compliance pack and its
// rules for notices are right, by what they say of their own confidence: on documents of this
// project of which it is known where values stand, and on the labelled cases in the folder
// that TRUTH_DIR names. It prints the counts as they stand in package precision, which -code
// writes, and with -out writes the table between two marks of a page.
//
// Without the folder it takes over what was counted there last.
package main

import (
	"context"
	"flag"
	"fmt"
	"go/format"
	"io"
	"os"
	"os/signal"

	"dpp/internal/pack/compliancepack/precision"
	"dpp/test/figures"
)

func main() {
	out := flag.String("out", "", "page to write the table into")
	code := flag.String("code", "", "file to write the counts into")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Getenv("TRUTH_DIR"), *out, *code, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "compliancecalibration:", err)
		os.Exit(1)
	}
}

// What stands in the marks of the page.
const (
	marks  = "calibration"
	writer = "test/compliancecalibration"
)

func run(ctx context.Context, dir, out, code string, log io.Writer) error {
	s, err := observe(ctx)
	if err != nil {
		return err
	}
	others, err := observeOthers(ctx, dir)
	if err != nil {
		return err
	}
	counts := counted(append(s.all, others...))
	if dir == "" {
		_, _ = fmt.Fprintln(log, "compliancecalibration: TRUTH_DIR is not set: the cases of others were not counted anew")
		counts = withOthers(counts, precision.Table())
	}
	source, err := format.Source([]byte(constants(counts)))
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(log, "%s\n%s\n%s", source, report(s, counts), foretold(s.all)); err != nil {
		return err
	}
	if code != "" {
		if err := os.WriteFile(code, source, 0o600); err != nil {
			return err
		}
	}
	if out == "" {
		return nil
	}
	return figures.Write(out, marks, writer, report(s, counts))
}
