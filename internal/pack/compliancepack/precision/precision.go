// Package precision turns what a recogniser says of a value into how often such findings are
// right, as counted on labelled cases: see test/compliancecalibration, which writes the table
// that stands here. It is pure.
package precision

import (
	"math"
	"sync"
)

// Strength is how many labelled cases a recogniser's own confidence is worth. Of those that
// were tried it is the one by which documents were foretold best that had no part in the
// counts. It is that large as labelled documents are alike by the dozen.
const Strength = 50

// Tally is how often something was found, and how often that was right.
type Tally struct{ Fired, Right int }

// Count is what was counted of a recogniser where it said one confidence.
type Count struct {
	// Recogniser is a [Kind] of personal values, a [Class] of secrets, or the id of a rule.
	Recogniser string
	// Said is its own confidence in hundredths, as [Said] gives it.
	Said int
	// Own is on the documents of this project, Others on the cases of others.
	Own, Others Tally
}

// Kind is what a kind of personal values counts as. Values that manuals print as examples are
// counted apart: a recogniser is right about their form, and seldom about the person.
func Kind(kind string, printed bool) string {
	if printed {
		return kind + ", an example"
	}
	return kind
}

// Classes of secrets.
const (
	// ClassForm are those that have a form of their own.
	ClassForm = "secrets with a form of their own"
	// ClassNamed are those beside which their maker is named.
	ClassNamed = "secrets beside their maker's name"
	// ClassGeneric are those of gitleaks' rule that knows no maker.
	ClassGeneric = "generic-api-key"
)

// formed is the confidence from which a secret has a form of its own.
const formed = 0.9

// Class is what a rule of gitleaks counts as, where it says a confidence.
func Class(rule string, confidence float64) string {
	switch {
	case rule == ClassGeneric:
		return ClassGeneric
	case confidence >= formed:
		return ClassForm
	default:
		return ClassNamed
	}
}

// Said is a confidence in hundredths; of the generic rule, whose confidence is made of
// many parts, in whole tenths, rounded down.
func Said(recogniser string, confidence float64) int {
	said := int(math.Round(confidence * 100))
	if recogniser == ClassGeneric {
		return said / 10 * 10
	}
	return said
}

// Of is how probably a finding is right of which its recogniser says a confidence, in
// thousandths: see [Tally.Precision], over all labelled cases of that recogniser and
// confidence; the confidence itself where there are none.
func Of(recogniser string, confidence float64) float64 {
	p := index()[place{recogniser, Said(recogniser, confidence)}].Precision(confidence, Strength)
	return math.Round(p*1000) / 1000
}

// Precision is the mean of a Beta distribution: where a recogniser's own confidence is worth
// so many cases, the share of right ones among these and those that were counted.
func (t Tally) Precision(confidence, strength float64) float64 {
	return (float64(t.Right) + float64(strength*confidence)) / (float64(t.Fired) + strength)
}

// Plus is both together.
func (t Tally) Plus(other Tally) Tally { return Tally{t.Fired + other.Fired, t.Right + other.Right} }

type place struct {
	recogniser string
	said       int
}

// index is made once: the table does not change.
var index = sync.OnceValue(func() map[place]Tally {
	all := map[place]Tally{}
	for _, c := range Table() {
		all[place{c.Recogniser, c.Said}] = c.Own.Plus(c.Others)
	}
	return all
})
