// Package trust turns what an engine says of its words into how often words like these
// are right.
package trust

// Word is how probably a word is right, of which the engine says so much.
func Word(raw float64) float64 { return raw }

// Page is the share of a page's words that is expected to be right.
func Page(words []float64, coverage float64) float64 {
	sum := 0.0
	for _, w := range words {
		sum += w
	}
	return sum / float64(max(len(words), 1))
}

// Layer is how probably a word of a text layer is right.
func Layer(sound float64, over bool) float64 { return sound }
