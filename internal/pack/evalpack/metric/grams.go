package metric

// grams numbers the n-grams of a row from 1, exactly: an n-gram is told by the number of
// the one that lacks its last token, and that token.
type grams struct {
	ids map[uint64]int32
	// order is one less than the length of each n-gram; the one of number 0 has none.
	order []int8
}

func (g *grams) reset() {
	if g.ids == nil || len(g.ids) > roomy {
		g.ids = make(map[uint64]int32, 256)
	} else {
		clear(g.ids)
	}
	g.order = append(g.order[:0], -1)
}

// longer is the number of the n-gram that prefix becomes with a token, which is at least 0.
func (g *grams) longer(prefix, token int32) int32 {
	key := uint64(uint32(prefix))<<32 | uint64(uint32(token)) //nolint:gosec // both are at least 0
	id, ok := g.ids[key]
	if !ok {
		id = int32(len(g.order)) //nolint:gosec // a row has fewer than 2^31 n-grams
		g.ids[key] = id
		g.order = append(g.order, g.order[prefix]+1)
	}
	return id
}

// count adds the n-grams of up to so many tokens to the counts by number, which grow with
// what is new.
func (g *grams) count(counts, tokens []int32, longest int) []int32 {
	for i := range tokens {
		prefix := int32(0)
		for _, token := range tokens[i:min(i+longest, len(tokens))] {
			prefix = g.longer(prefix, token)
			for int(prefix) >= len(counts) {
				counts = append(counts, 0)
			}
			counts[prefix]++
		}
	}
	return counts
}

// at is a count, 0 for what is beyond the end.
func at(counts []int32, id int) int32 {
	if id < len(counts) {
		return counts[id]
	}
	return 0
}
