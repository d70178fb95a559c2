// Package trust turns what an engine says of its words into how often words and pages like
// these are right, as measured on pages whose text is known: see test/ocrcalibration,
// whose constants stand here. It is pure.
package trust

// Point is one of a [Curve].
type Point struct{ X, Y float64 }

// Curve goes through points in straight lines. Their X grow, and their Y do not fall.
type Curve []Point

// At is the curve's height at x; beyond its ends it is level.
func (c Curve) At(x float64) float64 {
	for i, p := range c {
		switch {
		case x > p.X:
		case i == 0:
			return p.Y
		default:
			before := c[i-1]
			share := (x - before.X) / (p.X - before.X)
			return before.Y + float64(share*(p.Y-before.Y))
		}
	}
	return c[len(c)-1].Y
}

// WordCurve leads from an engine's confidence of a word to the share of such words that are
// right.
func WordCurve() Curve {
	return Curve{{0, 0.045}, {0.30, 0.143}, {0.50, 0.321}, {0.65, 0.373}, {0.75, 0.495}, {0.85, 0.725}, {0.90, 0.852}, {0.93, 0.964}, {1, 0.995}}
}

// PageCurve leads from the mean of [Word] over a page's words to the share of the page's words
// that are right.
func PageCurve() Curve {
	return Curve{{0, 0}, {0.30, 0.093}, {0.60, 0.553}, {0.80, 0.795}, {0.90, 0.939}, {0.96, 0.995}, {1, 0.995}}
}

// CoverageWeight is how much of the ink beside all words is taken for text that was lost. The
// rest is pictures, rules and dirt. It is set and not fitted: pages that lose text tell so by
// unsure words, too, and were few.
const CoverageWeight = 0.15

// Word is how probably a word is right, of which the engine says raw, from 0 to 1.
func Word(raw float64) float64 { return WordCurve().At(raw) }

// Page is the share of a page's words that is expected to be right: by the mean of [Word] over
// those that were read, less for ink that is in none of them. Coverage is the share of the ink
// that is in words. A page without words is right as far as it has no ink.
func Page(words []float64, coverage float64) float64 {
	if len(words) == 0 {
		return coverage
	}
	sum := 0.0
	for _, p := range words {
		sum += p
	}
	return float64(PageCurve().At(sum/float64(len(words))) * (1 - float64(CoverageWeight*(1-coverage))))
}

// How far text layers are believed that are judged to be text. This was set and not measured:
// on pages whose text is known, each of their words is right.
const (
	layerTrust = 0.995
	overTrust  = 0.95
)

// Layer is how probably a word of a text layer is right, of whose characters a share is sound.
// Over: it lies over a scan, so that an engine of others wrote it.
func Layer(sound float64, over bool) float64 {
	if over {
		return float64(overTrust * sound)
	}
	return float64(layerTrust * sound)
}
