package metric

import "context"

// alignment counts what a shortest way from a reference to a prediction keeps. Of several
// ways as short it takes the one that the library behind jiwer takes, as they keep
// different numbers of words, and match error rate and word information lost depend on it:
// with what both begin and end with kept, seen from the end, deletions come first, then
// insertions where a prefix without the last word of the reference is one edit further
// away, then substitutions and matches.
type alignment struct {
	// edits and hits of the row above and of the present one, by how many words of the
	// reference are used.
	edits, hits, aboveEdits, aboveHits []int32
}

// of gives the number of edits and of words kept.
func (a *alignment) of(ctx context.Context, reference, prediction []int32) (edits, hits int, err error) {
	whole := len(reference)
	reference, prediction = trim(reference, prediction)
	kept := whole - len(reference)
	if len(reference) > 0 && len(prediction) > maxCells/len(reference) {
		return 0, 0, errTooLong
	}
	a.start(len(reference))
	every := 1 + checkEvery/(1+len(reference))
	for row := range prediction {
		if row%every == 0 && ctx.Err() != nil {
			return 0, 0, ctx.Err()
		}
		a.edits, a.aboveEdits = a.aboveEdits, a.edits
		a.hits, a.aboveHits = a.aboveHits, a.hits
		a.fill(reference, prediction[row], row)
	}
	return int(a.edits[len(reference)]), kept + int(a.hits[len(reference)]), nil
}

func (a *alignment) start(n int) {
	for len(a.edits) <= n {
		a.edits, a.hits = append(a.edits, 0), append(a.hits, 0)
	}
	for len(a.aboveEdits) <= n {
		a.aboveEdits, a.aboveHits = append(a.aboveEdits, 0), append(a.aboveHits, 0)
	}
	for i := range n + 1 {
		a.edits[i], a.hits[i] = int32(i), 0
	}
}

// fill computes the row of the word that follows so many others of the prediction.
func (a *alignment) fill(reference []int32, word int32, before int) {
	a.edits[0], a.hits[0] = int32(before)+1, 0 //nolint:gosec // bounded by maxCells
	for i, r := range reference {
		deletion, insertion, diagonal := a.edits[i]+1, a.aboveEdits[i+1]+1, a.aboveEdits[i]
		hit := int32(1)
		if r != word {
			diagonal, hit = diagonal+1, 0
		}
		least := min(deletion, insertion, diagonal)
		a.edits[i+1] = least
		switch {
		case least == deletion:
			a.hits[i+1] = a.hits[i]
		case before > 0 && a.aboveEdits[i+1] < a.aboveEdits[i]:
			a.hits[i+1] = a.aboveHits[i+1]
		default:
			a.hits[i+1] = a.aboveHits[i] + hit
		}
	}
}
