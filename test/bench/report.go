package main

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"
)

// newReport shows medians, ratios of medians, and where the time went.
func newReport(all []scenario, figures [][]figure, length time.Duration, rounds int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s/%s, %d processors; medians of %d rounds of %s each; clients and server in one process; answers uncompressed.\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), rounds, length)
	b.WriteString("| what | per second | p50 | p99 | CPU per operation |\n|---|---:|---:|---:|---:|\n")
	median := make(map[string]figure, len(all))
	for i, s := range all {
		f := medianOf(figures[i])
		median[s.name] = f
		fmt.Fprintf(&b, "| %s | %.0f | %s | %s | %s |\n", s.name, f.perSecond, rounded(f.p50), rounded(f.p99), rounded(f.cpu))
	}
	b.WriteString("\n| ratio, in this run | |\n|---|---:|\n")
	ratio := func(what, of, to string) {
		if top, bottom := median[of].perSecond, median[to].perSecond; top > 0 && bottom > 0 { // both were measured
			fmt.Fprintf(&b, "| %s | %.2f |\n", what, top/bottom)
		}
	}
	for _, name := range []string{submitLone, submit32, settled256} {
		ratio(name+": batched to batches of one", name, name+ofOne)
	}
	ratio("submits at 32 clients to bare SQLite commits", submit32, bareCommit)
	ratio("submits at 32 clients to bare HTTP", submit32, bareHTTP)
	b.WriteString("\nWhere the time goes: what each port spent, in one round.\n\n")
	b.WriteString("| what | port | calls | items per call | time per item | share of the round |\n|---|---|---:|---:|---:|---:|\n")
	for i, s := range all {
		for _, st := range figures[i][len(figures[i])-1].stages {
			fmt.Fprintf(&b, "| %s | %s | %d | %.1f | %s | %.0f%% |\n", s.name, st.name, st.calls, float64(st.items)/float64(st.calls),
				rounded(st.spent/time.Duration(st.items)), 100*st.spent.Seconds()/length.Seconds())
		}
	}
	return b.String()
}

// medianOf is the round in the middle by rate.
func medianOf(rounds []figure) figure {
	sorted := slices.SortedFunc(slices.Values(rounds), func(a, b figure) int { return cmp.Compare(a.perSecond, b.perSecond) })
	return sorted[len(sorted)/2]
}

func rounded(d time.Duration) string {
	if d < time.Millisecond {
		return d.Round(100 * time.Nanosecond).String()
	}
	return d.Round(10 * time.Microsecond).String()
}

func document(report string) string {
	return "# Performance\n\nMeasured by `make bench`, which writes this page. Machines differ: the ratios inside one run are what\nholds. \"Batches of one\" is the same build with every batch bounded to one item.\n\n" + report
}
