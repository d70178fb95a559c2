package main

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// page is an image whose text is known.
type page struct {
	name     string
	path     string
	text     string
	language string
	made     bool // for this project: the truth covers all of it
}

// pagesIn lists the images below a folder of truth. PDF documents are no pages.
func pagesIn(truth string) ([]page, error) {
	var all []page
	entries, err := os.ReadDir(filepath.Join(truth, "ocr"))
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		name := entry.Name()
		switch ext := filepath.Ext(name); ext {
		case ".png", ".jpg", ".tif", ".webp":
			all = append(all, page{name: name, path: "ocr/" + name, text: "ocr/" + strings.TrimSuffix(name, ext) + ".gt.txt", made: true})
		}
	}
	for _, scan := range [][2]string{
		{"8071_093.3B.tif", "8071_093.3B.txt"}, {"phototest.tif", "phototest.gold.txt"}, {"phototest-rotated-180.png", "phototest.gold.txt"},
	} {
		all = append(all, page{name: scan[0], path: "ocr_real/" + scan[0], text: "ocr_real/" + scan[1]})
	}
	for i := range all {
		p := &all[i]
		text, err := os.ReadFile(filepath.Join(truth, filepath.FromSlash(p.text)))
		if err != nil {
			return nil, err
		}
		p.text, p.path, p.language = string(text), filepath.Join(truth, filepath.FromSlash(p.path)), "eng"
		if strings.Contains(p.name, "kor") {
			p.language = "kor"
		}
	}
	return all, nil
}

// errorRate is the number of characters that must be put in, taken away or changed to
// make the truth of a text, for each character of the truth.
func errorRate(truth, text string) float64 {
	a, b := plainText(truth), plainText(text)
	if len(a) == 0 {
		return 0
	}
	return float64(distance(a, b)) / float64(len(a))
}

// plainText is a text in one normal form, with runs of white space as one space.
func plainText(s string) []rune {
	return []rune(strings.Join(strings.Fields(norm.NFC.String(s)), " "))
}

// distance is Levenshtein's.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			cost := diagonal
			if x != y {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
