package compliancepack

import (
	"context"
	"errors"
	"strings"

	"dpp"
	"dpp/internal/inputs"
	"dpp/internal/pack"
	"dpp/internal/pack/compliancepack/policy"
	"dpp/internal/pack/compliancepack/precision"
	"dpp/internal/pack/compliancepack/redact"
	"dpp/internal/pack/compliancepack/rule"
	"dpp/internal/pack/compliancepack/secrets"
)

// run is one execution. Documents are checked one after another, in their order.
type run struct {
	pack    *Pack
	request *request
	plan    *plan
	keys    *keys
	meter   *pack.Meter
	scanner *secrets.Scanner

	baseline  map[string]bool
	names     []string // of documents, as they may be shown
	states    []state  // of checks
	findings  []*finding
	tally     counts
	trust     trust
	docs      []docResult
	discarded []pack.Discard
	copies    []pack.Artifact
	copied    int
	stopped   dpp.StopReason
	next      int // the first document that was not looked at
}

// state is what became of a check.
type state struct {
	applied  bool
	findings int
}

// docResult tells how a document was read.
type docResult struct {
	Name      string   `json:"name"`
	MediaType string   `json:"media_type,omitzero"`
	Read      bool     `json:"read"`
	Parsed    *bool    `json:"parsed,omitzero"`
	Chars     int      `json:"chars,omitzero"`
	Pages     int      `json:"pages,omitzero"`
	Findings  int      `json:"findings"`
	Notes     []string `json:"notes,omitempty"`
	Reason    string   `json:"reason_code,omitzero"`
	Artifact  string   `json:"redacted,omitzero"`
}

// checkAll checks documents until there are no more or a limit ends it, which is then in
// r.stopped. It is an error where no document was finished before.
func (r *run) checkAll(ctx context.Context, owner dpp.AccountID) error {
	r.prepare()
	files, places, err := r.openFiles(ctx, owner)
	if err != nil {
		return err
	}
	if files != nil {
		defer files.Close()
	}
	total := int64(len(r.request.Documents))
	for r.next < len(r.request.Documents) {
		r.meter.Advance(int64(r.next), total, unitDocument)
		err := ctx.Err()
		if err == nil {
			err = r.checkOne(ctx, files, r.next, places[r.next])
		}
		var bad *unread
		switch {
		case errors.As(err, &bad):
			r.leaveOut(r.next, bad)
		case err != nil:
			return r.stop(ctx, err)
		}
		r.next++
	}
	r.meter.Advance(total, total, unitDocument)
	if r.looked() == 0 {
		return failureOf(r.discarded)
	}
	return nil
}

func (r *run) prepare() {
	r.states = make([]state, len(r.plan.checks))
	r.names = make([]string, len(r.request.Documents))
	r.baseline = make(map[string]bool, len(r.request.Baseline))
	for _, name := range r.request.Baseline {
		r.baseline[strings.ToLower(name)] = true
	}
	for i := range r.plan.checks {
		if k := &r.plan.checks[i]; k.own {
			k.version = ownVersion + "-" + r.keys.names.Of("rule", r.request.celOf(k.rule.ID))[:12]
			k.rule.Message = r.shown(k.rule.Message)
			if k.rule.Remedy = r.shown(k.rule.Remedy); k.rule.Remedy == "" {
				k.rule.Remedy = "Change the document so that the rule holds, or correct the rule."
			}
		}
	}
}

// celOf is the expression of a rule of the caller's.
func (r *request) celOf(id string) string {
	for i := range r.Rules {
		if r.Rules[i].ID == id {
			return r.Rules[i].CEL
		}
	}
	return ""
}

// shown is a text of the caller's as it may be shown: without values.
func (r *run) shown(text string) string { return masked(text, shortSpans(r.scanner, text)) }

// openFiles opens the files of documents, and tells at which place each has one.
func (r *run) openFiles(ctx context.Context, owner dpp.AccountID) (*inputs.Files, map[int]int, error) {
	var needs []inputs.Need
	places := map[int]int{}
	for i := range r.request.Documents {
		if f := r.request.Documents[i].File; f != nil {
			places[i] = len(needs)
			needs = append(needs, inputs.Need{File: *f, Pointer: at("documents", i, "file"), MaxBytes: maxFileBytes, Accept: accepted()})
		}
	}
	if needs == nil {
		return nil, nil, nil
	}
	if r.pack.files == nil {
		return nil, nil, errors.New("compliancepack: there is no loader of files")
	}
	files, err := r.pack.files.Open(ctx, owner, needs)
	return files, places, err
}

func (r *run) looked() int { return len(r.docs) - len(r.discarded) }

// stop says which limit ended the work. It is the error where that was none, or where nothing
// was finished before.
func (r *run) stop(ctx context.Context, err error) error {
	switch {
	case errors.Is(ctx.Err(), context.Canceled), r.looked() == 0:
		return err
	case errors.Is(err, pack.ErrCostLimit):
		r.stopped = dpp.StopCostLimit
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		r.stopped = dpp.StopTimebox
		return nil
	default:
		return err
	}
}

// nameOf is what a document is called, as it may be shown, and whether that was masked.
func (r *run) nameOf(i int) (name string, changed bool) {
	own := r.request.Documents[i].Name
	if own == "" {
		return line("document-%d", i+1), false
	}
	name = r.shown(own)
	return name, name != own
}

func (r *run) leaveOut(i int, why *unread) {
	r.names[i], _ = r.nameOf(i)
	r.docs = append(r.docs, docResult{Name: r.names[i], Reason: why.reason})
	r.discarded = append(r.discarded, pack.Discard{Item: at("documents", i), Reason: why.reason, Detail: why.detail})
	r.trust.unread()
}

// checkOne loads, pays for and checks a document. Nothing of it is kept, and nothing charged,
// where that is an error.
func (r *run) checkOne(ctx context.Context, files *inputs.Files, i, file int) error {
	c, err := r.load(ctx, files, i, file)
	if err != nil {
		return err
	}
	defer c.release()
	units := quantities(int64(countChars(c.text)), int64(r.plan.expressions))
	hold, err := r.meter.Reserve(units...)
	if err != nil {
		return err
	}
	defer hold.Release()
	seen, err := r.look(ctx, i, c)
	if err != nil {
		return err
	}
	if err := hold.Settle(units...); err != nil {
		return err
	}
	for _, page := range c.holds {
		if err := page.Settle(pack.Quantity{Unit: unitOCR, Quantity: 1}); err != nil {
			return err
		}
	}
	r.keep(context.WithoutCancel(ctx), i, c, seen) // it is paid, so it is given, and whole
	return nil
}

// sight is what was seen of a document.
type sight struct {
	scan      scan
	structure structure
	verdicts  []verdict
}

// verdict is what an expression said.
type verdict struct {
	check    int
	applies  bool
	violated bool
	failed   string // why it said nothing
}

// look checks a document. The error is the context's.
func (r *run) look(ctx context.Context, i int, c *content) (*sight, error) {
	views, text := c.views()
	s := &scanner{plan: r.plan, secrets: r.scanner, names: r.keys.names}
	seen := &sight{scan: s.scan(ctx, r.request.Documents[i].Name, views...)}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	seen.structure = parse(ctx, c.text, c.format)
	what := rule.Document{Text: text, Doc: seen.structure.doc, Name: r.request.Documents[i].Name, MediaType: c.mediaType}
	for k := range r.plan.checks {
		if r.plan.checks[k].violated == nil {
			continue
		}
		v, err := r.plan.checks[k].judge(ctx, what)
		if err != nil {
			return nil, err
		}
		v.check = k
		seen.verdicts = append(seen.verdicts, v)
	}
	return seen, ctx.Err()
}

// views are the ways in which values are looked for, and the text that rules see.
func (c *content) views() (views []view, text string) {
	views, text = []view{sourceView(c.text, c.format)}, c.text
	if c.format == formatHTML {
		visible := visibleView(c.text)
		views, text = append(views, visible), visible.text
	}
	if len(c.holds) > 0 && strings.Contains(c.text, "@") {
		views = append(views, joinedView(c.text))
	}
	return views, text
}

// judge evaluates an expression. The error is the context's.
func (k *check) judge(ctx context.Context, d rule.Document) (verdict, error) {
	for _, applies := range k.applies {
		does, err := applies.Eval(ctx, d)
		if ctx.Err() != nil {
			return verdict{}, ctx.Err()
		}
		if err != nil {
			return verdict{applies: true, failed: whyFailed(err)}, nil
		}
		if !does {
			return verdict{}, nil
		}
	}
	violated, err := k.violated.Eval(ctx, d)
	if ctx.Err() != nil {
		return verdict{}, ctx.Err()
	}
	if err != nil {
		return verdict{applies: true, failed: whyFailed(err)}, nil
	}
	return verdict{applies: true, violated: violated}, nil
}

// ruleError is the rule id of findings about rules that said nothing, for one of these reasons.
const (
	ruleError        = "RULE_ERROR"
	failedCost       = "COST_LIMIT"
	failedBoolean    = "NOT_BOOLEAN"
	failedEvaluation = "EVALUATION_FAILED"
)

func whyFailed(err error) string {
	switch {
	case errors.Is(err, rule.ErrCost):
		return failedCost
	case errors.Is(err, rule.ErrNotBoolean):
		return failedBoolean
	default:
		return failedEvaluation
	}
}

// keep takes over what was seen of a document.
func (r *run) keep(ctx context.Context, i int, c *content, seen *sight) {
	var changed bool
	r.names[i], changed = r.nameOf(i)
	d := docResult{Name: r.names[i], MediaType: c.mediaType, Read: true, Chars: countChars(c.text), Pages: c.pages, Notes: c.notes}
	if changed {
		d.Notes = append(d.Notes, noteName)
	}
	if c.format == formatJSON || c.format == formatYAML {
		parsed := seen.structure.well && seen.structure.note == ""
		d.Parsed = &parsed
	}
	if seen.structure.note != "" {
		d.Notes = append(d.Notes, seen.structure.note)
	}
	if seen.scan.cut {
		d.Notes = append(d.Notes, noteScanCut)
	}
	values, more := r.fromHits(ctx, i, c, seen)
	if more > 0 {
		d.Notes = append(d.Notes, noteListed)
	}
	found := append(r.fromVerdicts(i, c, seen), values...)
	d.Findings = len(found) + more
	if r.findings = append(r.findings, found...); len(r.findings) > 4*maxListed {
		r.findings = r.listed()
	}
	r.trust.read(c, seen)
	if r.request.redact() {
		r.copy(i, c, seen, &d)
	}
	r.docs = append(r.docs, d)
}

// fromVerdicts makes findings of what expressions said.
func (r *run) fromVerdicts(i int, c *content, seen *sight) (found []*finding) {
	for _, v := range seen.verdicts {
		if !v.applies {
			continue
		}
		k := &r.plan.checks[v.check]
		r.states[v.check].applied = true
		if !v.violated && v.failed == "" {
			continue
		}
		f := r.finding(i, v.check)
		f.Location = location{Line: 1, Column: 1, endLine: 1, endColumn: 1}
		if c.paged {
			f.Location.Page = 1
		}
		f.Severity, f.Confidence, f.Precision = k.rule.Severity, sureExpression, sureExpression
		if !k.own {
			f.Confidence, f.Precision = sureStatement, share(precision.Of(k.rule.ID, sureStatement))
		}
		if v.failed != "" {
			f.RuleID, f.Rule, f.Reason, f.Confidence, f.Precision = ruleError, k.rule.ID, v.failed, sureExpression, 0
			f.Message, f.Remedy = errorMessage(v.failed), "Correct the rule: until it can be evaluated, nobody knows whether the document violates it."
			r.trust.fail(f.Severity)
		} else {
			r.trust.fired(f.Severity, f.Precision)
		}
		f.Fingerprint = r.keys.names.Of("rule:"+f.RuleID+":"+k.rule.ID, r.request.nameOr(i))
		if r.count(f, v.check) {
			found = append(found, f)
		}
	}
	return found
}

func (r *request) nameOr(i int) string {
	if name := r.Documents[i].Name; name != "" {
		return name
	}
	return line("document-%d", i+1)
}

func errorMessage(reason string) string {
	switch reason {
	case failedCost:
		return "The rule costs more than an evaluation may."
	case failedBoolean:
		return "The rule is neither true nor false for this document."
	default:
		return "The rule failed on this document, as where a field is not there."
	}
}

func (r *run) finding(i, k int) *finding {
	c := &r.plan.checks[k]
	return &finding{RuleID: c.rule.ID, Document: r.names[i], Index: i, Message: c.rule.Message, Remedy: c.rule.Remedy, check: k}
}

// count counts a finding, unless the baseline knows it; it tells which.
func (r *run) count(f *finding, k int) bool {
	if r.baseline[f.Fingerprint] {
		r.tally.Suppressed++
		return false
	}
	r.states[k].findings++
	r.tally.add(f.Severity)
	return true
}

// fromHits makes findings of values, the most severe ones where there are more than are listed.
func (r *run) fromHits(ctx context.Context, i int, c *content, seen *sight) (found []*finding, more int) {
	for k := range r.plan.checks {
		if r.plan.checks[k].violated == nil {
			r.states[k].applied = true
		}
	}
	var listed []hit
	for _, h := range seen.scan.hits {
		k := &r.plan.checks[h.check]
		f := finding{Severity: k.rule.At(h.confidence), Fingerprint: h.fingerprint}
		if r.count(&f, h.check) {
			r.trust.fired(f.Severity, h.right)
			listed = append(listed, h)
		}
	}
	if len(listed) > maxListed {
		more = len(listed) - maxListed
		listed = r.mostSevere(listed)
	}
	places := newLocator(c.text, c.paged)
	pointers := r.pointers(ctx, seen, listed)
	for n, h := range listed {
		k := &r.plan.checks[h.check]
		f := r.finding(i, h.check)
		f.Severity, f.Fingerprint = k.rule.At(h.confidence), h.fingerprint
		f.Confidence, f.Precision = share(h.confidence), share(h.right)
		f.Location = places.locate(h.start, h.end)
		f.Location.Pointer = pointers[n]
		f.Excerpt = excerpt(c.text, seen.scan.spans, h.start, h.end)
		found = append(found, f)
	}
	return found, more
}

// mostSevere keeps as many hits as are listed, in their order.
func (r *run) mostSevere(hits []hit) []hit {
	bySeverity := map[policy.Severity]int{}
	for _, h := range hits {
		bySeverity[r.plan.checks[h.check].rule.At(h.confidence)]++
	}
	room := map[policy.Severity]int{}
	left := maxListed
	severities := policy.Severities()
	for i := len(severities) - 1; i >= 0; i-- {
		room[severities[i]] = min(left, bySeverity[severities[i]])
		left -= room[severities[i]]
	}
	kept := hits[:0:0]
	for _, h := range hits {
		if s := r.plan.checks[h.check].rule.At(h.confidence); room[s] > 0 {
			room[s]--
			kept = append(kept, h)
		}
	}
	return kept
}

func (r *run) pointers(ctx context.Context, seen *sight, hits []hit) []string {
	if seen.structure.pointers == nil || len(hits) == 0 {
		return make([]string, len(hits))
	}
	offsets := make([]int, len(hits))
	for i, h := range hits {
		offsets[i] = h.start
	}
	return seen.structure.pointers(ctx, seen.scan.spans, offsets)
}

// maxCopies is how many bytes redacted copies have together.
const maxCopies = 32 * mib

// copy makes a document's redacted copy: everything as it stands, but for values.
func (r *run) copy(i int, c *content, seen *sight, d *docResult) {
	if seen.scan.cut || r.copied+len(c.text) > maxCopies {
		d.Notes = append(d.Notes, noteNoCopy)
		return
	}
	written := redact.Text
	if c.format == formatJSON {
		written = redact.JSON
	}
	text := redact.Redact(c.text, seen.scan.spans, written)
	mediaType := c.mediaType
	if c.paged {
		mediaType = typeText
	}
	d.Artifact = line("redacted-%d%s", i+1, c.format.extension())
	r.copied += len(text)
	r.copies = append(r.copies, pack.Artifact{Name: d.Artifact, MediaType: mediaType, Content: []byte(text)})
}
