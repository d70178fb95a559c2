package main

import (
	"fmt"
	"slices"
	"strings"

	"dpp/internal/pack/ocrpack/trust"
)

// crossed says of each page what a model says that never saw the page in any way: what may be
// expected of pages that nobody has seen.
func crossed(samples []sample) (words, pages []observation) {
	var names []string
	for _, s := range samples {
		if !slices.Contains(names, s.Page) {
			names = append(names, s.Page)
		}
	}
	for _, name := range names {
		var others, own []sample
		for _, s := range samples {
			if s.Page == name {
				own = append(own, s)
			} else {
				others = append(others, s)
			}
		}
		m := train(others)
		for _, s := range own {
			pages = append(pages, observation{m.page(s), s.right()})
			for _, o := range wordsOfSamples([]sample{s}) {
				words = append(words, observation{m.words.At(o.said), o.right})
			}
		}
	}
	return words, pages
}

// edges of the diagram's rows.
func edges() []float64 { return []float64{0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.98, 1.01} }

// diagram compares what was said with what was right.
func diagram(what string, all []observation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| %s that say | number | say on average | are right | |\n|---|---:|---:|---:|---|\n", what)
	bounds := edges()
	for i := range len(bounds) - 1 {
		var said, right float64
		n := 0
		for _, o := range all {
			if o.said >= bounds[i] && o.said < bounds[i+1] {
				said, right, n = said+o.said, right+o.right, n+1
			}
		}
		if n == 0 {
			continue
		}
		share := right / float64(n)
		fmt.Fprintf(&b, "| %.2f to %.2f | %d | %.3f | %.3f | `%-20s` |\n",
			bounds[i], min(bounds[i+1], 1), n, said/float64(n), share, strings.Repeat("#", int(share*20+0.5)))
	}
	return b.String()
}

// miss is how far what is said is from what is right, on average.
func miss(all []observation) float64 {
	sum := 0.0
	for _, o := range all {
		sum += max(o.said-o.right, o.right-o.said)
	}
	return sum / float64(max(len(all), 1))
}

func curveText(c trust.Curve) string {
	parts := make([]string, len(c))
	for i, p := range c {
		parts[i] = fmt.Sprintf("%g → %.3f", p.X, p.Y)
	}
	return strings.Join(parts, ", ")
}

// report is what goes into the page.
func report(samples []sample) string {
	words, pages := crossed(samples)
	var b strings.Builder
	fmt.Fprintf(&b, "%d readings with %d words. Each page is judged by curves that were fitted without it.\n\n", len(samples), len(words))
	b.WriteString(diagram("Words", words) + "\n" + diagram("Pages", pages))
	fmt.Fprintf(&b, "\nWhat a page says is off by %.3f on average, to either side.\n", miss(pages))
	return b.String()
}

// constants are those of package trust.
func constants(samples []sample) string {
	m := train(samples)
	return fmt.Sprintf("WordCurve: %s\nPageCurve: %s\n", curveText(m.words), curveText(m.pages))
}
