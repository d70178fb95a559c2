package main

import (
	"strings"
	"unicode"
)

// shingleWords is how many words in a row the benchmark compares at a time.
const shingleWords = 4

// overlap tells what a text has in common with the true one, as shares of all
// shingles of both: found in both, only in the text, only in the truth. They sum
// to 1, so that each page counts the same, however long it is; or to 0, where
// neither has a word.
type overlap struct{ both, extra, missing float64 }

// compare counts shingles as often as they occur.
func compare(truth, text string) overlap {
	balance := make(map[string]int) // occurrences in the truth less those in the text
	total := 0
	for _, s := range shingles(truth) {
		balance[s]++
		total++
	}
	both := 0
	for _, s := range shingles(text) {
		if balance[s] > 0 {
			both++
		}
		balance[s]--
	}
	extra, missing := 0, total-both
	for _, n := range balance {
		extra += max(0, -n)
	}
	all := float64(both + extra + missing)
	if all == 0 {
		return overlap{}
	}
	return overlap{float64(both) / all, float64(extra) / all, float64(missing) / all}
}

// shingles are all runs of four words; of a shorter text its words, once.
func shingles(text string) []string {
	words := strings.FieldsFunc(text, func(r rune) bool { return !isWord(r) })
	if len(words) == 0 {
		return nil
	}
	n := min(shingleWords, len(words))
	list := make([]string, 0, len(words)-n+1)
	for i := range len(words) - n + 1 {
		list = append(list, strings.Join(words[i:i+n], " "))
	}
	return list
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || r == '_' }

// score is precision and recall, each a mean over the pages for which it is
// defined, and their harmonic mean.
type score struct{ f1, precision, recall float64 }

func scoreOf(pages []overlap) score {
	var s score
	given, wanted := 0, 0
	for _, p := range pages {
		if p.both+p.extra > 0 {
			s.precision += p.both / (p.both + p.extra)
			given++
		}
		if p.both+p.missing > 0 {
			s.recall += p.both / (p.both + p.missing)
			wanted++
		}
	}
	s.precision /= float64(max(given, 1))
	s.recall /= float64(max(wanted, 1))
	if s.precision+s.recall > 0 {
		s.f1 = 2 * s.precision * s.recall / (s.precision + s.recall)
	}
	return s
}
