package compliancepack

import (
	"cmp"
	"context"
	"slices"

	"dpp/internal/pack/compliancepack/precision"
	"dpp/internal/pack/compliancepack/recognise"
	"dpp/internal/pack/compliancepack/redact"
	"dpp/internal/pack/compliancepack/secrets"
)

// Bounds of what is found in one document.
const (
	maxHits = 50_000
	// leastMasked is the confidence from which a value is masked, asked for or not.
	leastMasked = 0.1
)

// hit is a value that violates a check, where it stands in the document.
type hit struct {
	check      int
	start, end int
	// recogniser is what its precision is counted by, confidence its own word, and right how
	// often such words are true.
	recogniser        string
	confidence, right float64
	fingerprint       string
}

// scan is what was found in a document.
type scan struct {
	hits []hit
	// spans is every value, asked for or not, in order and without overlaps.
	spans []redact.Span
	// cut: not all of it was looked at.
	cut bool
}

// scanner looks through documents.
type scanner struct {
	plan    *plan
	secrets *secrets.Scanner
	names   *redact.Names
}

// scan looks through each view of a document.
func (s *scanner) scan(ctx context.Context, name string, views ...view) scan {
	var seen scan
	for i := range views {
		s.view(ctx, name, &views[i], &seen)
	}
	seen.hits = s.settle(seen.hits)
	seen.spans = join(seen.spans)
	return seen
}

func (s *scanner) view(ctx context.Context, name string, v *view, into *scan) {
	wide := recognise.Options{Regions: s.regions(), MinConfidence: leastMasked, Limit: maxHits}
	personal, cut := recognise.Find(ctx, v.text, nil, wide)
	into.cut = into.cut || cut
	for _, f := range personal {
		into.spans = append(into.spans, redact.Span{Kind: f.Kind, Start: v.start(f.Start), End: v.end(f.End)})
	}
	if s.plan.kinds != nil { // others may have been taken for more likely
		personal, cut = recognise.Find(ctx, v.text, s.plan.kinds, wide)
		into.cut = into.cut || cut
	}
	for _, f := range personal {
		if i, wanted := s.plan.byKind[f.Kind]; wanted {
			s.hit(v, found{i, f.Kind, precision.Kind(f.Kind, f.Printed), f.Start, f.End, f.Confidence}, into)
		}
	}
	hidden, cut := s.secrets.Find(ctx, v.text, secrets.Options{Name: name, Limit: maxHits})
	into.cut = into.cut || cut
	for _, f := range hidden {
		into.spans = append(into.spans, redact.Span{Kind: f.Rule, Start: v.start(f.Start), End: v.end(f.End)})
		if i, wanted := s.plan.bySecret[f.Rule]; wanted {
			s.hit(v, found{i, f.Rule, precision.Class(f.Rule, f.Confidence), f.Start, f.End, f.Confidence}, into)
		}
	}
}

// regions are those that the caller wants beside the usual ones: a number that is not asked for
// is masked all the same.
func (s *scanner) regions() []string { return s.plan.regions }

// found is a value in a view: of what check, named in fingerprints as what, and counted as what.
type found struct {
	check            int
	kind, recogniser string
	start, end       int
	confidence       float64
}

func (s *scanner) hit(v *view, f found, into *scan) {
	if f.confidence < s.plan.checks[f.check].min {
		return
	}
	into.hits = append(into.hits, hit{
		check: f.check, start: v.start(f.start), end: v.end(f.end), recogniser: f.recogniser, confidence: f.confidence,
		right: precision.Of(f.recogniser, f.confidence), fingerprint: s.names.Of(f.kind, v.text[f.start:f.end]),
	})
}

// settle orders hits, and drops those of another view of the same, and personal values that
// are part of a secret that is as sure.
func (s *scanner) settle(hits []hit) []hit {
	slices.SortStableFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end), cmp.Compare(a.check, b.check), cmp.Compare(b.confidence, a.confidence))
	})
	kept := hits[:0]
	var secret *hit
	last := map[int]int{} // check → end of its last hit
	for _, h := range hits {
		isSecret := s.plan.checks[h.check].rule.Secret != ""
		if end, seen := last[h.check]; seen && h.start < end {
			continue
		}
		if !isSecret && secret != nil && h.end <= secret.end && h.confidence <= secret.confidence {
			continue
		}
		last[h.check] = h.end
		kept = append(kept, h)
		if isSecret {
			held := h
			secret = &held
		}
	}
	return kept
}

// join orders spans, and makes one of those that overlap, of the kind of the first.
func join(spans []redact.Span) []redact.Span {
	slices.SortStableFunc(spans, func(a, b redact.Span) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End))
	})
	var joined []redact.Span
	for _, s := range spans {
		if last := len(joined) - 1; last >= 0 && s.Start < joined[last].End {
			joined[last].End = max(joined[last].End, s.End)
			continue
		}
		joined = append(joined, s)
	}
	return joined
}
