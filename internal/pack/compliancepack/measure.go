package compliancepack

import "context"

// Hit is a value as a recogniser sees it, before anybody asks how often it is right.
type Hit struct {
	// Rule is the id of the policy's rule.
	Rule string
	// Recogniser is what precisions are counted by.
	Recogniser string
	// Start and End are offsets in bytes.
	Start, End int
	// Confidence is the recogniser's own.
	Confidence float64
}

// Hits are what the policies on personal values and on secrets see in a text of this name,
// however unsure, and otherwise as a run sees it. It is for measuring recognisers.
func (p *Pack) Hits(ctx context.Context, name, text string) ([]Hit, error) {
	known, err := p.catalogue()
	if err != nil {
		return nil, err
	}
	none := 0.0
	all := &askedOptions{MinConfidence: &none}
	made, err := known.plan(&request{Policies: []askedPolicy{{ID: "pii", Options: all}, {ID: "secrets", Options: all}}})
	if err != nil {
		return nil, err
	}
	keys, err := p.keys(ctx, "")
	if err != nil {
		return nil, err
	}
	c, err := fromText(text, name, "", "")
	if err != nil {
		return nil, err
	}
	views, _ := c.views()
	s := &scanner{plan: made, secrets: known.scanner, names: keys.names}
	seen := s.scan(ctx, name, views...)
	hits := make([]Hit, len(seen.hits))
	for i, h := range seen.hits {
		hits[i] = Hit{made.checks[h.check].rule.ID, h.recogniser, h.start, h.end, h.confidence}
	}
	return hits, ctx.Err()
}
