package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/alecthomas/kong"

	"dpp/internal/config"
	"dpp/internal/ops"
)

type auditCmd struct {
	kong.Plugins
	Metrics string `placeholder:"FILE" help:"Also write the result to FILE for the node exporter's textfile collector."`
}

type auditDoc struct {
	ops.AuditSummary
	Clean bool `json:"clean"`
	Count int  `json:"discrepancy_count"`
	// Discrepancies are the first ones; Count is of all.
	Discrepancies []string `json:"discrepancies"`
}

// maxDiscrepancies bounds what a JSON document lists; words go out as they come.
const maxDiscrepancies = 10_000

// Run is part of the command line.
func (c *auditCmd) Run(ctx context.Context, s *session) error {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	doc := auditDoc{Discrepancies: []string{}}
	var writing error
	begin := time.Now()
	doc.AuditSummary, err = s.platform.Audit(ctx, cfg, func(discrepancy string) {
		doc.Count++
		if len(doc.Discrepancies) < maxDiscrepancies {
			doc.Discrepancies = append(doc.Discrepancies, discrepancy)
		}
		if !s.json && writing == nil {
			writing = write(s.Out, []byte(printable("discrepancy: "+discrepancy)+"\n"))
		}
	})
	if err = errors.Join(err, writing); err != nil {
		return err
	}
	doc.Count = max(doc.Count, doc.AuditSummary.Discrepancies)
	doc.Clean = doc.Count == 0
	took := time.Since(begin)
	if err := s.print(doc, func(w io.Writer) { showAudit(w, &doc) }); err != nil {
		return err
	}
	if c.Metrics != "" {
		if err := writeWhole(c.Metrics, auditMetrics(&doc, took, time.Now())); err != nil {
			return fmt.Errorf("the result cannot be written for metrics: %w", err)
		}
	}
	if !doc.Clean {
		return errTold
	}
	return nil
}

func showAudit(w io.Writer, doc *auditDoc) {
	verdict := "the books are clean"
	if !doc.Clean {
		verdict = fmt.Sprintf("the books are wrong in %d places", doc.Count)
	}
	row(w, fmt.Sprintf("%s: %d accounts, %d entries, %d runs, %d objects", verdict, doc.Accounts, doc.Entries, doc.Runs, doc.Objects))
}

type doctorCmd struct{ kong.Plugins }

type doctorDoc struct {
	OK       bool          `json:"ok"`
	Findings []ops.Finding `json:"findings"`
}

// Run is part of the command line.
func (c *doctorCmd) Run(ctx context.Context, s *session) error {
	doc := doctorDoc{OK: true, Findings: s.examine(ctx)}
	for _, f := range doc.Findings {
		doc.OK = doc.OK && f.OK
	}
	if err := s.print(doc, func(w io.Writer) { showFindings(w, doc.Findings) }); err != nil {
		return err
	}
	if !doc.OK {
		return errTold
	}
	return nil
}

// examine checks the configuration, and what it leads to where it is good.
func (s *session) examine(ctx context.Context) []ops.Finding {
	cfg, err := s.config()
	if err == nil {
		good := ops.Finding{Name: "configuration", OK: true, Detail: "every setting is known and within its bounds"}
		return append([]ops.Finding{good}, s.platform.Doctor(ctx, cfg)...)
	}
	bad := ops.Finding{Name: "configuration", Detail: err.Error(), Remedy: "correct it; dpp up --help lists every setting"}
	var setting *config.Error
	if errors.As(err, &setting) {
		bad.Remedy = "correct " + setting.Where + "; dpp up --help lists every setting"
	}
	return []ops.Finding{bad}
}

func showFindings(w io.Writer, findings []ops.Finding) {
	for _, f := range findings {
		mark := "ok"
		if !f.OK {
			mark = "WRONG"
		}
		row(w, mark, f.Name, f.Detail)
		if f.Remedy != "" {
			row(w, "", "", "what to do: "+f.Remedy)
		}
	}
}
