package ocrpack

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPages(t *testing.T) {
	for text, want := range map[string][]int{
		"1":                             {1},
		"1-3,7":                         {1, 2, 3, 7},
		" 2 - 3 , 1 ":                   {1, 2, 3},
		"5,1-2,2-3,5,9-9":               {1, 2, 3, 5, 9},
		"9998-9999":                     {9998, 9999},
		"007":                           {7},
		"3-1":                           nil,
		"0":                             nil,
		"10000":                         nil,
		"":                              nil,
		",":                             nil,
		"1,":                            nil,
		"1-":                            nil,
		"-3":                            nil,
		"1--3":                          nil,
		"1-2-3":                         nil,
		"+1":                            nil,
		"1.5":                           nil,
		"٣":                             nil,
		"a":                             nil,
		"1\n2":                          nil,
		"99999999999999999":             nil,
		strings.Repeat("1,", 250) + "1": nil, // too long
	} {
		ranges, err := parsePages(text)
		if got := listPages(ranges); (err == nil) != (want != nil) || !slices.Equal(got, want) || countPages(ranges) != len(want) {
			t.Errorf("%.30q: %v, %v; want %v", text, got, err, want)
		}
	}
}

// What is written is read as the same pages.
func TestPagesTextIsReadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pages := rapid.SliceOfNDistinct(rapid.IntRange(1, 60), 1, 40, rapid.ID).Draw(t, "pages")
		slices.Sort(pages)
		text := pagesText(pages)
		ranges, err := parsePages(text)
		if err != nil || !slices.Equal(listPages(ranges), pages) {
			t.Fatalf("%v is written %q, which is %v, %v", pages, text, ranges, err)
		}
	})
}

func FuzzPages(f *testing.F) {
	for _, text := range []string{"1-3,7", "", "9999", "1 - 2,,", "0-0", "5-1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ranges, err := parsePages(text)
		if err != nil {
			return
		}
		pages := listPages(ranges)
		if len(pages) == 0 || len(pages) > maxPageNumber || pages[0] < 1 || pages[len(pages)-1] > maxPageNumber || !slices.IsSorted(pages) {
			t.Fatalf("%q: %v", text, ranges)
		}
		// However many gaps there were, the shortest text of them is no longer than a list.
		if again, err := parsePages(pagesText(pages)); err == nil && !slices.Equal(again, ranges) {
			t.Fatalf("%q: %v and %v", text, ranges, again)
		}
	})
}
