package layer

import "slices"

// How far lines stand from each other, in sizes of their letters, and what more makes a
// new paragraph, or a block.
const (
	tightest, widest = 0.8, 2.5 // what can be the leading of text
	defaultPitch     = 1.2
	paragraphPitch   = 1.3 // times the usual one
	blockPitch       = 2.2
	otherSize        = 1.25 // times the size of the line before
)

// pitch is how far a line stands below the one before it, in sizes of its letters.
func (l *line) pitch(before *line, pixels float64) float64 {
	size := max(l.size, before.size) * pixels
	if size <= 0 {
		size = float64(max(l.box[3]-l.box[1], 1))
	}
	return (l.baseline - before.baseline) / size
}

// usualPitch is that between most lines of the page.
func usualPitch(lines []line, pixels float64) float64 {
	var all []float64
	for i := range lines[:max(len(lines)-1, 0)] {
		if p := lines[i+1].pitch(&lines[i], pixels); p > tightest && p < widest {
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		return defaultPitch
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// apart tells whether a line belongs to another block than the one before it: it is not
// right below it, or of letters of another size.
func apart(before, l *line, pixels, usual float64) bool {
	p := l.pitch(before, pixels)
	beside := l.box[0] >= before.box[2] || before.box[0] >= l.box[2]
	larger, smaller := max(l.size, before.size), min(l.size, before.size)
	return p < 0 || p > usual*blockPitch || beside && p > tightest/2 || smaller > 0 && larger > smaller*otherSize
}
