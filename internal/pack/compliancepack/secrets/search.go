package secrets

import (
	"context"
	"path"
	"slices"
	"strings"
)

// search is the work on one text.
type search struct {
	scanner *Scanner
	text    string
	o       Options
	found   []Finding
	cut     bool
	// budget is how many bytes expressions may still be tried on.
	budget int
	// tried is up to where a rule without anchors was tried.
	tried map[*rule]int
	steps int // bytes that expressions were tried on: for tests
}

// run walks over the keywords.
func (w *search) run(ctx context.Context) {
	n := 0
	w.scanner.keywords.Walk(w.text, func(word, start int) bool {
		if n++; n%1024 == 0 && ctx.Err() != nil || w.budget <= 0 || len(w.found) > 2*w.o.Limit {
			w.cut = true
			return false
		}
		for _, owner := range w.scanner.owners[word] {
			w.try(owner, start, w.scanner.keywords.Size(word))
		}
		return true
	})
	w.cut = w.cut || ctx.Err() != nil
}

// try tries a rule at one of its keywords.
func (w *search) try(o owner, at, size int) {
	r := o.rule
	if !r.isFor(w.o.Name) {
		return
	}
	if !r.shape.anchored {
		w.tryAround(r, at)
		return
	}
	if r.shape.assigned && !assigns(w.text, at+size, r.id == generic) {
		return
	}
	for _, before := range o.before {
		if start := at - before; start >= 0 && (!r.shape.wordStart || start == 0 || !isWord(w.text[start-1])) {
			w.tryAt(r, start)
		}
	}
}

// isFor tells whether a rule looks at documents of this name. A name without an ending says
// nothing.
func (r *rule) isFor(name string) bool {
	return r.path == nil || path.Ext(name) == "" || r.path.MatchString(name)
}

const (
	// probe is what a try costs that fails, in bytes.
	probe = 64
	// reach is how much of a text a match without a bound may have; a private key has some
	// thousands of characters.
	reach = 16 << 10
	// The piece around a keyword on which an expression without anchors is tried.
	pieceBefore, pieceBehind = 256, 2048
)

// tryAt tries an expression where a match must begin.
func (w *search) tryAt(r *rule, start int) {
	size := r.shape.longest + 16
	if r.shape.longest == 0 {
		size = reach
	}
	end := min(len(w.text), start+size)
	e := r.expression()
	w.spend(probe)
	if at := e.FindStringSubmatchIndex(w.text[start:end]); at != nil {
		w.spend(at[1])
		w.judge(r, at, start)
	} else if r.shape.roams {
		w.spend((end - start) / 16 * e.cost)
	}
}

// tryAround tries an expression on the piece around a keyword, if it was not tried there for
// the keyword before, and if the piece has what every match has.
func (w *search) tryAround(r *rule, at int) {
	if at < w.tried[r] {
		return
	}
	w.tried[r] = at + pieceBehind/2
	start, end := max(0, at-pieceBefore), min(len(w.text), at+pieceBehind)
	w.spend(probe)
	if !r.shape.hasRequired(w.text[start:end]) {
		return
	}
	e := r.expression()
	w.spend((end - start) * e.cost)
	for _, at := range e.FindAllStringSubmatchIndex(w.text[start:end], 16) {
		w.judge(r, at, start)
	}
}

func (w *search) spend(bytes int) {
	w.budget -= bytes
	w.steps += bytes
}

// judge takes a match in if entropy and allowlists let it pass.
func (w *search) judge(r *rule, at []int, offset int) {
	from, to := secretOf(at, r.group)
	from, to = from+offset, to+offset
	to = w.whole(r, to, offset+at[1])
	for from < to && isQuote(w.text[from]) {
		from++
	}
	for from < to && isQuote(w.text[to-1]) {
		to--
	}
	if from >= to {
		return
	}
	if w.knows(r, from, to) {
		return
	}
	secret := w.text[from:to]
	bits := entropy(secret)
	if r.entropy > 0 && bits <= r.entropy || w.isAllowed(r, secret, offset+at[0], offset+at[1], from) {
		return
	}
	confidence := r.confidence(secret, strings.ToLower(w.text[offset+at[0]:from]), bits)
	if confidence < w.o.MinConfidence {
		return
	}
	w.found = append(w.found, Finding{Rule: r.id, Start: from, End: to, Confidence: confidence})
}

// knows tells whether a rule found a secret just before, by another of its keywords.
func (w *search) knows(r *rule, from, to int) bool {
	recent := w.found[max(0, len(w.found)-8):]
	return slices.ContainsFunc(recent, func(f Finding) bool { return f.Rule == r.id && f.Start == from && f.End == to })
}

// secretOf finds the group that holds the secret: the rule's, else the first that matched, else
// the whole match.
func secretOf(at []int, group int) (from, to int) {
	if group > 0 && 2*group+1 < len(at) && at[2*group] >= 0 {
		return at[2*group], at[2*group+1]
	}
	for i := 2; i+1 < len(at); i += 2 {
		if at[i] >= 0 && at[i] < at[i+1] {
			return at[i], at[i+1]
		}
	}
	return at[0], at[1]
}

// whole lengthens a secret that fills the piece that was looked at: what remains of it is as
// secret as its beginning.
func (w *search) whole(r *rule, to, end int) int {
	if r.shape.longest > 0 || to != end {
		return to
	}
	for n := 0; n < reach && to < len(w.text) && isSecret(w.text[to]); n++ {
		to++
	}
	return to
}

func isSecret(c byte) bool {
	return isWord(c) || c == '+' || c == '/' || c == '=' || c == '-' || c == '.' || c == '~'
}

// isQuote: what stands around a secret, and is none of it.
func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' || c == '\\' }

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// isAllowed asks the lists of all rules and of this one. The match is shown to them with the
// rest of the name before it, and with its line.
func (w *search) isAllowed(r *rule, secret string, start, end, from int) bool {
	if r.shape.assigned {
		for n := 0; n < 50 && start > 0 && (isWord(w.text[start-1]) || w.text[start-1] == '.' || w.text[start-1] == '-'); n++ {
			start--
		}
	}
	match := w.text[start:end]
	line := w.line(start, from)
	if w.scanner.allowed.allows(secret, match, line, w.o.Name) {
		return true
	}
	for i := range r.allowed {
		if r.allowed[i].allows(secret, match, line, w.o.Name) {
			return true
		}
	}
	return false
}

// line is the line of a match, a bounded part of it on both sides.
func (w *search) line(start, end int) string {
	const part = 512
	low, high := max(0, start-part), min(len(w.text), end+part)
	if at := strings.LastIndexByte(w.text[low:start], '\n'); at >= 0 {
		low += at + 1
	}
	if at := strings.IndexByte(w.text[end:high], '\n'); at >= 0 {
		high = end + at
	}
	return w.text[low:high]
}

// assigns tells whether a sign of assignment and a value of eight characters follow a name
// closely. A generic value must have something that no word has.
func assigns(text string, i int, generic bool) bool {
	for n := 0; n < 64 && i < len(text); n++ {
		switch c := text[i]; {
		case strings.IndexByte("=>:|?,", c) >= 0:
			if hasValue(text, i, generic) {
				return true
			}
		case !isWord(c) && strings.IndexByte(" \t\r\n.-'\"", c) < 0:
			return false
		}
		i++
	}
	return false
}

// hasValue looks behind a sign of assignment.
func hasValue(text string, i int, generic bool) bool {
	for n := 0; n < 12 && i < len(text) && strings.IndexByte("=>:|?,`'\" \t\r\n", text[i]) >= 0; n++ {
		i++
	}
	value, strange := i, false
	for i < len(text) && i-value < 64 && (isSecret(text[i]) || text[i] == ':') {
		strange = strange || text[i] >= '0' && text[i] <= '9' || strings.IndexByte("+/=~", text[i]) >= 0
		i++
	}
	return i-value >= 8 && (strange || !generic)
}
