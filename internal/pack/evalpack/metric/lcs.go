package metric

import (
	"context"
	"slices"
)

// maxPair bounds the table of two sentences, which is kept whole: 32 MiB.
const maxPair = 1 << 24

// subsequence finds longest common subsequences.
type subsequence struct {
	table  []uint16
	counts [2][]int32
	union  []bool
}

// length is that of a longest common subsequence.
func (s *subsequence) length(ctx context.Context, reference, prediction []int32) (int, error) {
	whole := len(reference)
	reference, prediction = trim(reference, prediction)
	if len(reference) > 0 && len(prediction) > maxCells/len(reference) {
		return 0, errTooLong
	}
	above, row := slices.Repeat([]int32{0}, len(prediction)+1), make([]int32, len(prediction)+1)
	every := 1 + checkEvery/(1+len(prediction))
	for i, r := range reference {
		if i%every == 0 && ctx.Err() != nil {
			return 0, ctx.Err()
		}
		for j, p := range prediction {
			if r == p {
				row[j+1] = above[j] + 1
			} else {
				row[j+1] = max(above[j+1], row[j])
			}
		}
		above, row = row, above
	}
	return whole - len(reference) + int(above[len(prediction)]), nil
}

// hits is how many words of a reference summary the union of longest common subsequences
// holds (Lin, ROUGE, 2004, section 3.2): for each of its sentences those words that are in
// the subsequence with any sentence of the prediction. A word counts at most as often as
// either summary has it, as ROUGE 1.5.5 has it.
func (s *subsequence) hits(ctx context.Context, references, predictions [][]int32) (int, error) {
	s.counts[0] = occurrences(s.counts[0][:0], references)
	s.counts[1] = occurrences(s.counts[1][:0], predictions)
	hits := 0
	for _, reference := range references {
		if err := s.join(ctx, reference, predictions); err != nil {
			return 0, err
		}
		for i, word := range reference {
			if !s.union[i] || at(s.counts[0], int(word)) == 0 || at(s.counts[1], int(word)) == 0 {
				continue
			}
			hits++
			s.counts[0][word]--
			s.counts[1][word]--
		}
	}
	return hits, nil
}

func occurrences(counts []int32, sentences [][]int32) []int32 {
	for _, sentence := range sentences {
		for _, word := range sentence {
			for int(word) >= len(counts) {
				counts = append(counts, 0)
			}
			counts[word]++
		}
	}
	return counts
}

// join marks the words of a sentence that are in the subsequence with any of others.
func (s *subsequence) join(ctx context.Context, reference []int32, predictions [][]int32) error {
	s.union = append(s.union[:0], make([]bool, len(reference))...)
	for _, prediction := range predictions {
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(prediction) >= 1<<16 || len(reference) >= maxPair/(1+len(prediction)) {
			return errTooLong
		}
		s.fill(reference, prediction)
		s.mark(reference, prediction)
	}
	return nil
}

// fill computes the length of the subsequence for all beginnings of the two.
func (s *subsequence) fill(reference, prediction []int32) {
	width := len(prediction) + 1
	s.table = slices.Grow(s.table[:0], (len(reference)+1)*width)[:(len(reference)+1)*width]
	clear(s.table[:width])
	for i, r := range reference {
		above, row := s.table[i*width:(i+1)*width], s.table[(i+1)*width:(i+2)*width]
		row[0] = 0
		for j, p := range prediction {
			if r == p {
				row[j+1] = above[j] + 1
			} else {
				row[j+1] = max(above[j+1], row[j])
			}
		}
	}
}

// mark goes back through the table. Of several subsequences as long it takes the one that
// rouge_score takes: a word of the prediction is given up only where that is better.
func (s *subsequence) mark(reference, prediction []int32) {
	width := len(prediction) + 1
	for i, j := len(reference), len(prediction); i > 0 && j > 0; {
		switch {
		case reference[i-1] == prediction[j-1]:
			i, j = i-1, j-1
			s.union[i] = true
		case s.table[i*width+j-1] > s.table[(i-1)*width+j]:
			j--
		default:
			i--
		}
	}
}
