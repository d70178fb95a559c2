package metric

import (
	"context"
	"math/bits"
)

// Bounds of what one row may take.
const (
	// maxCells bounds tables that are filled cell by cell: a third of a second.
	maxCells = 1 << 27
	// maxBitCells bounds those of which a step fills 64 cells.
	maxBitCells = 1 << 33
)

var errTooLong = &RowError{Code: "TOO_LONG", Detail: "The texts are too long to be aligned."}

// checkEvery is how many cells or words of a table are filled between two looks at the
// context.
const checkEvery = 1 << 20

// distance counts the least insertions, deletions and substitutions that make one sequence
// of another (Levenshtein, 1966), 64 cells of the table at a time: the bit-parallel
// algorithm of Myers (1999) in the form of Hyyrö (A Bit-Vector Algorithm for Computing
// Levenshtein and Damerau Edit Distances, 2003).
type distance struct {
	blocks map[rune][]uint64
	up, dn []uint64
	none   []uint64
}

// of gives the distance; ctx's error, or a [*RowError] where the sequences are too long.
func (d *distance) of(ctx context.Context, a, b []rune) (int, error) {
	a, b = trim(a, b)
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) == 0 {
		return len(b), nil
	}
	if len(b) > maxBitCells/len(a) {
		return 0, errTooLong
	}
	d.prepare(a)
	n, every := len(a), 1+checkEvery/len(a)
	for j, r := range b {
		if j%every == 0 && ctx.Err() != nil {
			return 0, ctx.Err()
		}
		n += d.column(d.matches(r), uint((len(a)-1)%64))
	}
	return n, nil
}

// trim takes off what two sequences have in common at their ends.
func trim[T comparable](a, b []T) (restA, restB []T) {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return a, b
}

// prepare notes where each character stands in the shorter sequence.
func (d *distance) prepare(a []rune) {
	words := (len(a) + 63) / 64
	if d.blocks == nil || len(d.blocks) > roomy {
		d.blocks = make(map[rune][]uint64, 64)
	}
	clear(d.blocks)
	for i, r := range a {
		block, ok := d.blocks[r]
		if !ok {
			block = make([]uint64, words)
			d.blocks[r] = block
		}
		block[i/64] |= 1 << (i % 64)
	}
	d.up, d.dn, d.none = d.up[:0], d.dn[:0], d.none[:0]
	for range words {
		d.up, d.dn, d.none = append(d.up, ^uint64(0)), append(d.dn, 0), append(d.none, 0)
	}
}

func (d *distance) matches(r rune) []uint64 {
	if block, ok := d.blocks[r]; ok {
		return block
	}
	return d.none
}

// column goes on by one character of the longer sequence and tells how the distance in
// the last row changes. Bits of up and dn say where going down one row adds or takes one;
// plus and minus where going right does.
func (d *distance) column(match []uint64, last uint) int {
	carryPlus, carryMinus, change := uint64(1), uint64(0), 0
	for w := range d.up {
		up, dn := d.up[w], d.dn[w]
		x := match[w] | carryMinus
		sum, _ := bits.Add64(x&up, up, 0)
		zero := sum ^ up | x | dn
		plus := dn | ^(zero | up)
		minus := zero & up
		if w == len(d.up)-1 {
			change = int(plus>>last&1) - int(minus>>last&1)
		}
		outPlus, outMinus := plus>>63, minus>>63
		plus, minus = plus<<1|carryPlus, minus<<1|carryMinus
		d.up[w] = minus | ^(zero | plus)
		d.dn[w] = plus & zero
		carryPlus, carryMinus = outPlus, outMinus
	}
	return change
}
