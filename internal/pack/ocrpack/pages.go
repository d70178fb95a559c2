package ocrpack

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// Bounds of a list of pages.
const (
	maxPageNumber = 9_999
	maxPageText   = 500 // characters
)

// errPages: the text is no list of pages.
var errPages = errors.New("the pages are not of the form 1-3,7")

// pageRange is from the first to the last page, both counted from 1 and included.
type pageRange struct{ first, last int }

// parsePages reads a list of pages such as "1-3,7", in any order, overlaps included. Spaces
// around numbers are passed over. The ranges come sorted, and apart from each other.
func parsePages(text string) ([]pageRange, error) {
	if len(text) > maxPageText {
		return nil, errPages
	}
	var ranges []pageRange
	for part := range strings.SplitSeq(text, ",") {
		from, to, isRange := strings.Cut(part, "-")
		first, err := pageNumber(from)
		last := first
		if err == nil && isRange {
			last, err = pageNumber(to)
		}
		if err != nil || last < first {
			return nil, errPages
		}
		ranges = append(ranges, pageRange{first, last})
	}
	return merged(ranges), nil
}

func pageNumber(text string) (int, error) {
	text = strings.Trim(text, " ")
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxPageNumber || text[0] == '+' {
		return 0, errPages
	}
	return n, nil
}

// merged sorts ranges and joins those that touch.
func merged(ranges []pageRange) []pageRange {
	slices.SortFunc(ranges, func(a, b pageRange) int { return a.first - b.first })
	var apart []pageRange
	for _, r := range ranges {
		if n := len(apart); n > 0 && r.first <= apart[n-1].last+1 {
			apart[n-1].last = max(apart[n-1].last, r.last)
			continue
		}
		apart = append(apart, r)
	}
	return apart
}

// countPages is how many pages are in ranges that are apart.
func countPages(ranges []pageRange) int {
	n := 0
	for _, r := range ranges {
		n += r.last - r.first + 1
	}
	return n
}

// listPages are the pages of ranges, ascending.
func listPages(ranges []pageRange) []int {
	var pages []int
	for _, r := range ranges {
		for n := r.first; n <= r.last; n++ {
			pages = append(pages, n)
		}
	}
	return pages
}

// pagesText is the shortest list that [parsePages] reads as these pages.
func pagesText(pages []int) string {
	ranges := make([]pageRange, len(pages))
	for i, n := range pages {
		ranges[i] = pageRange{n, n}
	}
	var parts []string
	for _, r := range merged(ranges) {
		part := strconv.Itoa(r.first)
		if r.last > r.first {
			part += "-" + strconv.Itoa(r.last)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ",")
}
