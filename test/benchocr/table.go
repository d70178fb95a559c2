package main

import (
	"fmt"
	"runtime"
	"strings"
)

// readings are what came of all pages, by page and reader.
type readings struct {
	readers []reader
	pages   []page
	got     [][]reading
}

// table shows errors, processor time and memory, a row for each page, and what comes of
// them together.
func (r *readings) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Read on %d processors. Of each reader: wrong characters, seconds of the processor, MiB of memory at most.\n\n| page |", runtime.NumCPU())
	for _, reader := range r.readers {
		fmt.Fprintf(&b, " %s |", reader.name)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(r.readers)) + "\n")
	for i, page := range r.pages {
		fmt.Fprintf(&b, "| `%s` |", page.name)
		for j := range r.readers {
			got := r.got[i][j]
			fmt.Fprintf(&b, " %.2f %%, %.2f s, %d |", 100*got.errorRate(page), got.used.user.Seconds(), got.used.peak>>20)
		}
		b.WriteByte('\n')
	}
	for _, row := range r.totals() {
		fmt.Fprintf(&b, "| **%s** |", row.name)
		for j := range r.readers {
			fmt.Fprintf(&b, " %s |", row.of(j))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// sum is a row over all pages.
type sum struct {
	name string
	of   func(reader int) string
}

func (r *readings) totals() []sum {
	last := len(r.readers) - 1 // the plain command, where there is one
	return []sum{
		{"made pages, mean error", func(j int) string { return r.rate(j, mean, isMade) }},
		{"made pages, worst", func(j int) string { return r.rate(j, worst, isMade) }},
		{"Korean, worst", func(j int) string { return r.rate(j, worst, isKorean) }},
		{"scans, mean error", func(j int) string { return r.rate(j, mean, isScan) }},
		{"processor, all pages", func(j int) string { return fmt.Sprintf("%.1f s", r.user(j)) }},
		{"times the " + r.readers[last].name, func(j int) string { return fmt.Sprintf("%.2f", r.user(j)/max(r.user(last), 0.01)) }},
		{"memory at most", func(j int) string { return fmt.Sprintf("%d MiB", r.peak(j)>>20) }},
	}
}

func isMade(p page) bool   { return p.made }
func isScan(p page) bool   { return !p.made }
func isKorean(p page) bool { return p.made && p.language == "kor" }

func mean(all []float64) float64 {
	var sum float64
	for _, x := range all {
		sum += x
	}
	return sum / float64(max(len(all), 1))
}

func worst(all []float64) float64 {
	most := 0.0
	for _, x := range all {
		most = max(most, x)
	}
	return most
}

// rate is what many pages come to together.
func (r *readings) rate(reader int, together func([]float64) float64, which func(page) bool) string {
	var all []float64
	for i, page := range r.pages {
		if which(page) {
			all = append(all, r.got[i][reader].errorRate(page))
		}
	}
	if len(all) == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f %%", 100*together(all))
}

func (r *readings) user(reader int) float64 {
	var all float64
	for _, row := range r.got {
		all += row[reader].used.user.Seconds()
	}
	return all
}

func (r *readings) peak(reader int) int64 {
	var most int64
	for _, row := range r.got {
		most = max(most, row[reader].used.peak)
	}
	return most
}
