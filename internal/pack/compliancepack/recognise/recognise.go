// Package recognise finds personal values in a text: card numbers, addresses, numbers that
// states give to people. A value is recognised by its form, by its check digits where it has
// some, and by the words before it; what comes out is where it stands and how sure that is,
// never the value.
//
// A text is read once. At each place where a value may begin the recognisers look at a bounded
// number of bytes, so the work grows with the length of the text and with nothing else.
package recognise

import (
	"context"
	"slices"
)

// Finding is one value that was recognised.
type Finding struct {
	// Kind is the id of the recogniser, as in [Kinds].
	Kind string
	// Start and End are offsets in bytes; End is behind the value's last byte.
	Start, End int
	// Confidence is from 0 to 1: the form alone gives the kind's Alone, a word of the kind
	// before it raises it to its Named.
	Confidence float64
	// Detail tells a class of the value where the kind has some: the issuer of a card, the
	// country of an IBAN, the region of a phone number. Never a part of the value.
	Detail string
	// Printed: it is one that manuals print as an example, or that is reserved so that it can
	// be nobody's.
	Printed bool
}

// Options say what is looked for besides the kinds. The zero value is usable.
type Options struct {
	// Regions are the countries (ISO 3166-1, two capital letters) whose phone numbers are
	// recognised without a calling code. Nil means [DefaultRegions].
	Regions []string
	// MinConfidence drops what is less sure.
	MinConfidence float64
	// Limit is how many findings there are at most; 0 means [DefaultLimit].
	Limit int
}

// DefaultLimit is how many findings a text has at most.
const DefaultLimit = 100_000

// interval is how many bytes are read between two looks at the context.
const interval = 1 << 16

// DefaultRegions are the regions of phone numbers without a calling code.
func DefaultRegions() []string {
	return []string{"US", "GB", "DE", "FR", "IL", "IN", "BR", "KR"}
}

// Find recognises values of the wanted kinds, of all where want is nil; an unknown kind finds
// nothing. Findings are in the order of the text and do not overlap: of two that do, the surer
// one stays, then the longer one, then the earlier one. Cut is true where the text was not
// looked at to its end: the limit was reached, the bound on phone numbers, or the context ended.
func Find(ctx context.Context, text string, want []string, o Options) (found []Finding, cut bool) {
	s := newScanner(text, want, o)
	s.scan(ctx)
	return s.settled(), s.cut
}

// settled gives the findings in order, none of them overlapping. Those that overlap in a
// chain are decided together, a bounded number at a time.
func (s *scanner) settled() []Finding {
	slices.SortStableFunc(s.found, func(a, b Finding) int { return a.Start - b.Start })
	var out []Finding
	for rest := s.found; len(rest) > 0; {
		n, end := 1, rest[0].End
		for n < min(len(rest), chain) && rest[n].Start < end {
			end = max(end, rest[n].End)
			n++
		}
		out = append(out, strongest(rest[:n])...)
		for last := out[len(out)-1].End; n < len(rest) && rest[n].Start < last; {
			n++
		}
		rest = rest[n:]
	}
	if len(out) > s.limit {
		out, s.cut = out[:s.limit], true
	}
	return out
}

// chain is how many overlapping findings are decided together.
const chain = 64

// strongest picks out of findings that overlap, the surest first, and gives them in order.
func strongest(cluster []Finding) []Finding {
	if len(cluster) == 1 {
		return cluster
	}
	slices.SortStableFunc(cluster, stronger)
	var kept []Finding
	for _, f := range cluster {
		if !slices.ContainsFunc(kept, func(k Finding) bool { return k.Start < f.End && f.Start < k.End }) {
			kept = append(kept, f)
		}
	}
	slices.SortFunc(kept, func(a, b Finding) int { return a.Start - b.Start })
	return kept
}

// stronger is negative where a is to stay before b.
func stronger(a, b Finding) int {
	switch {
	case a.Confidence > b.Confidence:
		return -1
	case a.Confidence < b.Confidence:
		return 1
	case a.End-a.Start != b.End-b.Start:
		return (b.End - b.Start) - (a.End - a.Start)
	}
	return a.Start - b.Start
}
