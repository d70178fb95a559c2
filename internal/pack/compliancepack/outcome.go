package compliancepack

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"dpp"
	"dpp/internal/inputs"
	"dpp/internal/number"
	"dpp/internal/pack"
	"dpp/internal/pack/compliancepack/policy"
)

func countChars(text string) int { return utf8.RuneCountInString(text) }

func line(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// share is a number from 0 to 1 as it is shown.
func share(x float64) float64 { return number.Round(x) }

// maxListed is how many findings are listed: of one document, and of the run.
const maxListed = 2_000

// finding is a violation.
type finding struct {
	RuleID      string          `json:"rule_id"`
	Rule        string          `json:"rule,omitzero"`
	Reason      string          `json:"reason_code,omitzero"`
	Severity    policy.Severity `json:"severity"`
	Confidence  float64         `json:"confidence"`
	Precision   float64         `json:"precision"`
	Document    string          `json:"document"`
	Index       int             `json:"document_index"`
	Location    location        `json:"location"`
	Message     string          `json:"message"`
	Excerpt     string          `json:"excerpt"`
	Fingerprint string          `json:"fingerprint"`
	Remedy      string          `json:"remedy"`

	check int
}

// checked is what became of a rule.
type checked struct {
	RuleID   string `json:"rule_id"`
	Version  string `json:"version"`
	Status   string `json:"status"`
	Findings int    `json:"findings"`
}

// Statuses of rules.
const (
	statusPass          = "pass"
	statusFail          = "fail"
	statusNotApplicable = "not_applicable"
)

// counts are numbers of findings, and of documents.
type counts struct {
	Findings   int            `json:"findings"`
	Listed     int            `json:"listed"`
	Suppressed int            `json:"suppressed"`
	Severities severityCounts `json:"by_severity"`
	Documents  docCounts      `json:"documents"`
	Rules      ruleCounts     `json:"rules"`
}

type severityCounts struct {
	Info     int `json:"info"`
	Low      int `json:"low"`
	Medium   int `json:"medium"`
	High     int `json:"high"`
	Critical int `json:"critical"`
}

type docCounts struct {
	Given   int `json:"given"`
	Checked int `json:"checked"`
	Unread  int `json:"unread"`
}

type ruleCounts struct {
	Pass          int `json:"pass"`
	Fail          int `json:"fail"`
	NotApplicable int `json:"not_applicable"`
}

func (c *counts) add(s policy.Severity) {
	c.Findings++
	if n := c.of(s); n != nil {
		*n++
	}
}

func (c *counts) of(s policy.Severity) *int {
	switch s {
	case policy.Info:
		return &c.Severities.Info
	case policy.Low:
		return &c.Severities.Low
	case policy.Medium:
		return &c.Severities.Medium
	case policy.High:
		return &c.Severities.High
	case policy.Critical:
		return &c.Severities.Critical
	default:
		return nil
	}
}

// worst is the highest severity that was counted; empty: nothing was.
func (c *counts) worst() (worst policy.Severity) {
	for _, s := range policy.Severities() {
		if *c.of(s) > 0 {
			worst = s
		}
	}
	return worst
}

type data struct {
	Verdict   string          `json:"verdict"`
	Reasons   []string        `json:"verdict_reasons"`
	FailOn    policy.Severity `json:"fail_on"`
	ReviewOn  policy.Severity `json:"review_on"`
	Findings  []*finding      `json:"findings"`
	Checked   []checked       `json:"checked"`
	Counts    counts          `json:"counts"`
	Documents []docResult     `json:"documents"`
}

// Verdicts, and what led to them.
const (
	verdictPass   = "pass"
	verdictReview = "review"
	verdictFail   = "fail"

	becauseFindings = "FINDINGS"
	becauseUnread   = "NOT_ALL_READ"
	becauseStopped  = "NOT_ALL_CHECKED"
)

// outcome is the result of all documents that were looked at.
func (r *run) outcome() (*pack.Outcome, error) {
	d := &data{FailOn: r.request.failOn(), ReviewOn: r.request.reviewOn(), Findings: r.listed(), Checked: r.checked(), Documents: r.docs}
	r.tally.Listed = len(d.Findings)
	r.tally.Documents = docCounts{Given: len(r.request.Documents), Checked: r.looked(), Unread: len(r.discarded)}
	for _, c := range d.Checked {
		switch c.Status {
		case statusPass:
			r.tally.Rules.Pass++
		case statusFail:
			r.tally.Rules.Fail++
		default:
			r.tally.Rules.NotApplicable++
		}
	}
	d.Counts = r.tally
	d.Verdict, d.Reasons = r.verdict()
	out := &pack.Outcome{Data: d, Discarded: r.discarded, Stopped: r.stopped}
	out.Reliability, out.Reasons = r.trust.score()
	report, err := sarif(r.plan, d)
	if err != nil {
		return nil, err
	}
	out.Artifacts = append([]pack.Artifact{{Name: artifactSARIF, MediaType: "application/sarif+json", Content: report}}, r.copies...)
	if r.stopped != "" {
		if out.Remaining, err = r.remaining(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// listed are the findings that are given, the most severe ones where there are too many.
func (r *run) listed() []*finding {
	list := append([]*finding{}, r.findings...)
	if len(list) > maxListed {
		slices.SortStableFunc(list, func(a, b *finding) int { return b.Severity.Rank() - a.Severity.Rank() })
		list = list[:maxListed]
	}
	slices.SortStableFunc(list, func(a, b *finding) int {
		return cmp.Or(a.Index-b.Index, a.Location.Start-b.Location.Start, a.check-b.check)
	})
	return list
}

func (r *run) checked() []checked {
	list := make([]checked, len(r.plan.checks))
	for i := range r.plan.checks {
		k := &r.plan.checks[i]
		list[i] = checked{RuleID: k.rule.ID, Version: k.version, Status: statusPass, Findings: r.states[i].findings}
		switch {
		case !r.states[i].applied:
			list[i].Status = statusNotApplicable
		case r.states[i].findings > 0:
			list[i].Status = statusFail
		}
	}
	return list
}

// verdict: what was not read or not checked cannot pass.
func (r *run) verdict() (verdict string, reasons []string) {
	verdict, reasons = verdictPass, []string{}
	if worst := r.tally.worst(); worst != "" {
		switch {
		case worst.Rank() >= r.request.failOn().Rank():
			verdict = verdictFail
		case worst.Rank() >= r.request.reviewOn().Rank():
			verdict = verdictReview
		}
		if verdict != verdictPass {
			reasons = append(reasons, becauseFindings)
		}
	}
	if r.trust.partial {
		reasons = append(reasons, becauseUnread)
	}
	if r.stopped != "" {
		reasons = append(reasons, becauseStopped)
	}
	if verdict == verdictPass && len(reasons) > 0 {
		verdict = verdictReview
	}
	return verdict, reasons
}

// remaining is the rest of the work in the form of inputs. Nobody has looked at what remains,
// so nothing of it is shown: it is sealed, but for uploads, which say nothing.
func (r *run) remaining() (*request, error) {
	rest := *r.request
	rest.Documents = nil
	for i := r.next; i < len(r.request.Documents); i++ {
		d := r.request.Documents[i]
		name := r.shown(d.Name)
		if d.File != nil && d.File.Kind == inputs.KindUpload {
			d.Name = name
			rest.Documents = append(rest.Documents, d)
			continue
		}
		sealed, err := r.sealed(d, d.known())
		if err != nil {
			return nil, err
		}
		rest.Documents = append(rest.Documents, doc{Name: name, Sealed: sealed})
	}
	rest.Rules = nil
	for _, a := range r.request.Rules {
		if len(shortSpans(r.scanner, a.CEL+"\n"+a.Message+"\n"+a.Remedy)) > 0 {
			sealed, err := r.sealed(a, 0)
			if err != nil {
				return nil, err
			}
			a = askedRule{Sealed: sealed}
		}
		rest.Rules = append(rest.Rules, a)
	}
	return &rest, nil
}

func (d *doc) known() int64 {
	n, _ := d.chars()
	return n
}

func (r *run) sealed(v any, number int64) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	return r.keys.sealText(text, number)
}

// trust gathers how far the result can be trusted.
type trust struct {
	documents int
	shares    float64
	weight    float64
	precision float64
	failed    bool
	// partial: something was not read, or not looked at.
	partial bool
}

// Factors of documents that were not read in the best way.
const (
	factorNotParsed = 0.8
	factorCut       = 0.5
)

func (t *trust) unread() { t.documents, t.partial = t.documents+1, true }

func (t *trust) read(c *content, seen *sight) {
	t.documents++
	share := float64(c.read * c.sure)
	if n := seen.structure.note; n == noteNotParsed || n == noteDeep || n == noteLarge || n == noteAliases {
		share = float64(share * factorNotParsed)
	}
	if seen.scan.cut {
		share = float64(share * factorCut)
	}
	t.shares += share
	t.partial = t.partial || c.read < 1 || seen.scan.cut
}

// weightOf is how much a finding of a severity counts.
func weightOf(s policy.Severity) float64 { return float64(max(s.Rank(), 1)) }

// fired counts a finding by how often such findings are right.
func (t *trust) fired(s policy.Severity, precision float64) {
	t.weight += weightOf(s)
	t.precision += float64(weightOf(s) * precision)
}

// fail counts a rule that said nothing.
func (t *trust) fail(s policy.Severity) {
	t.failed = true
	t.weight += weightOf(s)
}

// score is the mean share that was read, times the mean precision of what was found.
func (t *trust) score() (dpp.Score, []string) {
	reasons := []string{}
	read := float64(t.shares / float64(max(t.documents, 1)))
	sure := 1.0
	if t.weight > 0 {
		sure = float64(t.precision / t.weight)
	}
	if read < 1 {
		reasons = append(reasons, line("%.0f %% of the documents could be read and parsed", math.Floor(float64(read*100))))
	}
	if sure < 1 {
		reasons = append(reasons, line("findings like these are right in %.0f %% of cases on the mean", math.Floor(float64(sure*100))))
	}
	if t.failed {
		reasons = append(reasons, "a rule could not be evaluated")
	}
	score := math.Round(float64(min(max(float64(read*sure), 0), 1) * float64(dpp.FullScore)))
	return dpp.Score(score), reasons
}
