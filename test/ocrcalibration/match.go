package main

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

func wordsOf(text string) []string { return strings.Fields(norm.NFC.String(text)) }

// matched tells of each word that was read whether it is one of the truth's, each of
// which is found once, wherever it stands: the order of columns is another question.
func matched(truth, read []string) []bool {
	left := map[string]int{}
	for _, word := range truth {
		left[word]++
	}
	right := make([]bool, len(read))
	for i, word := range read {
		if left[word] > 0 {
			left[word]--
			right[i] = true
		}
	}
	return right
}
