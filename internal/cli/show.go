package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"dpp"
)

// when is a time as people read it, or a dash.
func when(t *dpp.Time) string {
	if t == nil || t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.DateTime) + "Z"
}

// showRun is a run in words.
func showRun(w io.Writer, run *dpp.RunView) {
	row(w, run.ID)
	row(w, "  pack", run.PackType+" "+run.PackVersion)
	row(w, "  status", string(run.Status)+", money "+string(run.MoneyState))
	row(w, "  cost", costWords(run))
	if run.Progress != nil && !run.Terminal {
		row(w, "  progress", progressWords(run.Progress))
	}
	if r := run.Result; r != nil {
		row(w, "  result", resultWords(r))
	}
	if e := run.Error; e != nil {
		row(w, "  reason", string(e.Reason)+": "+e.Detail)
		for _, reason := range e.Reasons {
			row(w, "", reason)
		}
		row(w, "  hint", e.Hint)
	}
	row(w, "  created", when(&run.Meta.CreatedAt))
	if run.Meta.CompletedAt != nil {
		row(w, "  ended", when(run.Meta.CompletedAt))
	}
	if run.Meta.ExternalID != "" {
		row(w, "  external id", run.Meta.ExternalID)
	}
	if len(run.Meta.Tags) > 0 {
		row(w, "  tags", strings.Join(run.Meta.Tags, ", "))
	}
}

func costWords(run *dpp.RunView) string {
	c := run.Cost
	if run.Terminal {
		return fmt.Sprintf("%s USD of %s reserved; %s remain", c.Used, c.Reserved, c.BudgetRemaining)
	}
	return fmt.Sprintf("%s USD reserved; %s remain", c.Reserved, c.BudgetRemaining)
}

func resultWords(r *dpp.ResultView) string {
	words := fmt.Sprintf("%d bytes, reliability %s", r.Size, r.Reliability)
	if r.Partial {
		words += ", partial: " + string(r.Stop)
	}
	if n := len(r.Artifacts); n > 0 {
		words += fmt.Sprintf(", artifacts: %d", n)
	}
	return words
}

func progressWords(p *dpp.Progress) string {
	return fmt.Sprintf("%d/%d %s, %s USD", p.Done, p.Total, p.Unit, p.Used)
}
