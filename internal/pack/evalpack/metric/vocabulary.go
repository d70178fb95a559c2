package metric

// roomy is how many words a vocabulary may have grown to and still be emptied for the
// next row: emptying takes as long as the largest was.
const roomy = 1 << 12

// vocabulary numbers the words of a row from 0.
type vocabulary struct{ ids map[string]int32 }

func (v *vocabulary) reset() {
	if v.ids == nil || len(v.ids) > roomy {
		v.ids = make(map[string]int32, 64)
		return
	}
	clear(v.ids)
}

func (v *vocabulary) id(word string) int32 {
	id, ok := v.ids[word]
	if !ok {
		id = int32(len(v.ids)) //nolint:gosec // a row has fewer than 2^31 words
		v.ids[word] = id
	}
	return id
}

// append numbers words behind those in into.
func (v *vocabulary) append(into []int32, words []string) []int32 {
	for _, word := range words {
		into = append(into, v.id(word))
	}
	return into
}
