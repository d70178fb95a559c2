package rule

import (
	"context"
	"strings"
	"unicode/utf8"
)

// A long text is searched in pieces, so that the context is looked at between them. A match is
// taken in the piece where it begins and may go on by overlap.
const (
	pieceSize = 64 << 10
	overlap   = 2 << 10
	// maxMatches is how many matches of a pattern are compared.
	maxMatches = 10_000
)

// isNear tells whether matches of a and b stand at most distance code points apart, in either
// order; matches that overlap are. False, too, where the context ends.
func isNear(ctx context.Context, text string, a, b *pattern, distance int) bool {
	first := a.find(ctx, text)
	if len(first) == 0 {
		return false
	}
	second := b.find(ctx, text)
	for i, j := 0, 0; i < len(first) && j < len(second) && ctx.Err() == nil; {
		x, y := first[i], second[j]
		if x[1] > y[0] && y[1] > x[0] {
			return true
		}
		low, high := x[1], y[0]
		if x[0] > y[0] {
			low, high = y[1], x[0]
		}
		if high-low <= 4*distance && utf8.RuneCountInString(text[low:max(low, high)]) <= distance {
			return true
		}
		if x[0] <= y[0] {
			i++
		} else {
			j++
		}
	}
	return false
}

// find gives where a pattern matches, in order.
func (p *pattern) find(ctx context.Context, text string) [][]int {
	var found [][]int
	for start := 0; start < len(text) && ctx.Err() == nil && len(found) < maxMatches; {
		end := start + cutAt(text[start:], pieceSize)
		before := max(0, start-overlap)
		for before > 0 && !utf8.RuneStart(text[before]) {
			before--
		}
		behind := min(len(text), end+overlap)
		for _, at := range p.expression.FindAllStringIndex(text[before:behind], maxMatches) {
			if from := at[0] + before; from >= start && from < end {
				found = append(found, []int{from, at[1] + before})
			}
		}
		start = end
	}
	return found
}

// cutAt is a place near a number of bytes where a text may be cut: behind a line, else between
// two code points.
func cutAt(text string, at int) int {
	if at >= len(text) {
		return len(text)
	}
	if newline := strings.LastIndexByte(text[:at], '\n'); newline > at/2 {
		return newline + 1
	}
	for at > 0 && !utf8.RuneStart(text[at]) {
		at--
	}
	return at
}
