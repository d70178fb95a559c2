package evalpack

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"dpp"
	"dpp/internal/pack"
)

// writeReport is the report for people, in Markdown: what the data says, in words and
// tables. Whatever the caller sent is escaped.
func writeReport(d *data, out *pack.Outcome, charts []string) []byte {
	w := new(reportWriter)
	w.line("# Evaluation")
	w.line("")
	w.summary(d, out)
	w.assertions(d)
	w.metrics(d)
	w.comparisons(d)
	w.groups(d)
	w.charts(charts)
	w.failures(d)
	w.worst(d)
	w.notes(out)
	return w.text.Bytes()
}

type reportWriter struct{ text bytes.Buffer }

func (w *reportWriter) line(format string, values ...any) {
	fmt.Fprintf(&w.text, format, values...)
	w.text.WriteByte('\n')
}

// table begins a table.
func (w *reportWriter) table(title string, names ...string) {
	w.line("\n## %s\n", title)
	w.row(names...)
	w.row(strings.Split(strings.Repeat("---,", len(names)-1)+"---", ",")...)
}

func (w *reportWriter) row(cells ...string) { w.line("| %s |", strings.Join(cells, " | ")) }

func (w *reportWriter) summary(d *data, out *pack.Outcome) {
	verdict := "**Passed.**"
	if !d.Passed {
		verdict = "**Not passed**: " + strings.Join(d.NotPassed, ", ") + "."
	}
	w.line("%s %d rows were read, %d failed; reliability %s.", verdict, d.Rows.Read, d.Rows.Failed, score(out.Reliability))
	if out.Stopped != "" {
		w.line("\nThe run was stopped early (%s): this is a part of the work.", out.Stopped)
	}
	if d.Bootstrap.Drawn > 0 {
		w.line("\nIntervals hold 95%% of %d bootstrap samples with seed %d.", d.Bootstrap.Drawn, d.Bootstrap.Seed)
	}
}

func score(s dpp.Score) string { return figure(float64(s) / float64(dpp.FullScore)) }

func (w *reportWriter) assertions(d *data) {
	if len(d.Assertions) == 0 {
		return
	}
	w.table("Assertions", "metric", "on", "group", "wanted", "actual", "passed")
	for _, a := range d.Assertions {
		actual := a.Reason
		if a.Actual != nil {
			actual = figure(*a.Actual)
		}
		w.row(label(a.Metric), a.On, escape(a.Group), escape(a.Op)+" "+figure(a.Value), actual, yesNo(a.Passed))
	}
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "**no**"
}

func (w *reportWriter) metrics(d *data) {
	w.table("Metrics", "metric", "value", "95% interval", "n", "better", "signature")
	for _, m := range d.Metrics {
		direction := "lower"
		if m.HigherIsBetter {
			direction = "higher"
		}
		w.row(label(m.Label), optional(m.Value), ends(m.CI95), strconv.Itoa(m.N), direction, code(m.Signature))
	}
}

func (w *reportWriter) comparisons(d *data) {
	first := true
	for _, m := range d.Metrics {
		c := m.Comparison
		if c == nil {
			continue
		}
		if first {
			w.table("Against the baseline", "metric", "system", "baseline", "difference", "95% interval", "p", "McNemar p", "n", "better")
			first = false
		}
		test := ""
		if c.McNemar != nil {
			test = figure(c.McNemar.P)
		}
		w.row(label(m.Label), optional(c.System), optional(c.Baseline), optional(c.Difference), ends(c.CI95), optional(c.P), test, strconv.Itoa(c.N), c.Better)
	}
}

func (w *reportWriter) groups(d *data) {
	first := true
	for _, m := range d.Metrics {
		for _, g := range m.Groups {
			if first {
				w.table("Groups", "metric", "group", "value", "95% interval", "n")
				first = false
			}
			w.row(label(m.Label), escape(g.Group), optional(g.Value), ends(g.CI95), strconv.Itoa(g.N))
		}
	}
}

func (w *reportWriter) charts(names []string) {
	if len(names) == 0 {
		return
	}
	w.line("\n## Charts\n")
	for _, name := range names {
		w.line("![%s](%s)\n", strings.TrimSuffix(name, ".svg"), name)
	}
}

// reportFailures is how many failures the report lists.
const reportFailures = 50

func (w *reportWriter) failures(d *data) {
	if len(d.Failed) == 0 {
		return
	}
	w.table("Rows that failed", "row", "id", "metrics", "reason", "detail")
	for _, f := range d.Failed[:min(len(d.Failed), reportFailures)] {
		labels := "all"
		if len(f.Metrics) > 0 {
			labels = label(strings.Join(f.Metrics, ", "))
		}
		w.row(strconv.Itoa(f.Row), escape(excerpt(f.ID)), labels, f.Reason, escape(f.Detail))
	}
	if more := d.Rows.Failures - reportFailures; more > 0 {
		w.line("\n%d more are in `%s`.", more, artifactRows)
	}
}

func (w *reportWriter) worst(d *data) {
	if len(d.Worst) == 0 {
		return
	}
	w.table("Worst rows", "metric", "row", "id", "value", "prediction", "reference")
	for _, r := range d.Worst {
		w.row(label(r.Metric), strconv.Itoa(r.Row), escape(excerpt(r.ID)), figure(r.Value), escape(r.Prediction), escape(r.Reference))
	}
}

func (w *reportWriter) notes(out *pack.Outcome) {
	w.line("\n## What the reliability rests on\n")
	for _, reason := range out.Reasons {
		w.line("- %s", escape(reason))
	}
}

// figure is a number in at most six significant digits.
func figure(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }

func optional(x *float64) string {
	if x == nil {
		return "–"
	}
	return figure(*x)
}

func ends(ci *pair) string {
	if ci == nil {
		return "–"
	}
	return figure(ci[0]) + " to " + figure(ci[1])
}

// escape makes text that can stand in a cell of a table and is nothing but text there.
func escape(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteByte(' ')
		case r < ' ' || r == 0x7f:
		case strings.ContainsRune("\\`*_[]<>|~&$", r):
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// label is a metric's label, which has no character that means anything in code.
func label(text string) string { return "`" + text + "`" }

// code is text that stands in a cell as code.
func code(text string) string { return "<code>" + escape(text) + "</code>" }
