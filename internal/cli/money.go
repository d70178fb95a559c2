package cli

import (
	"context"
	"io"

	"dpp"
)

type budgetCmd struct{ target }

// Run is part of the command line.
func (c *budgetCmd) Run(ctx context.Context, s *session) error {
	api, err := s.connect(&c.target)
	if err != nil {
		return err
	}
	b, err := api.Budget(ctx)
	if err != nil {
		return err
	}
	return s.print(b, func(w io.Writer) {
		row(w, "available", b.Available.String()+" USD")
		row(w, "held", b.Held.String()+" USD")
		row(w, "spent", b.Spent.String()+" USD")
		for _, l := range b.Limits {
			row(w, "limit", l.Remaining.String()+" of "+l.Limit.String()+" USD left, "+l.Scope+", "+l.Period)
		}
	})
}

type ledgerCmd struct {
	target
	Limit int `name:"limit" default:"50" help:"How many entries at most."`
}

// Run is part of the command line.
func (c *ledgerCmd) Run(ctx context.Context, s *session) error {
	api, err := s.connect(&c.target)
	if err != nil {
		return err
	}
	entries, err := first(c.Limit, api.Ledger(ctx))
	if err != nil {
		return err
	}
	return s.print(dpp.List[dpp.EntryView]{Data: entries}, func(w io.Writer) {
		row(w, "SEQ", "KIND", "AMOUNT", "FOR", "AT")
		for _, e := range entries {
			row(w, e.Seq, kindWords(e), e.Amount, cause(e), when(&e.CreatedAt))
		}
	})
}

func kindWords(e dpp.EntryView) string {
	if e.Direction != "" {
		return e.Kind + " " + e.Direction
	}
	return e.Kind
}

func cause(e dpp.EntryView) string {
	switch {
	case e.RunID != "":
		return string(e.RunID)
	case e.Reference != "":
		return e.Reference
	default:
		return "-"
	}
}
