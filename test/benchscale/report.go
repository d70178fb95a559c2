package main

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"runtime"
	"strings"
	"time"
)

// size is a number of bytes as people read it.
func size(n int64) string {
	switch {
	case n >= 10e12:
		return fmt.Sprintf("%.1f TB", float64(n)/1e12)
	case n >= 10e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 10e6:
		return fmt.Sprintf("%.0f MB", float64(n)/1e6)
	case n >= 10e3:
		return fmt.Sprintf("%.0f kB", float64(n)/1e3)
	default:
		return fmt.Sprintf("%d B", n)
	}
}

// count is a number of things as people read it.
func count(n int) string {
	text := fmt.Sprint(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

func took(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000)
	default:
		return d.Round(time.Second).String()
	}
}

func (g *growth) machine() string {
	return fmt.Sprintf("%s, %s/%s, %d processors; PostgreSQL with the settings that it is shipped with; %s tenants.\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), count(g.tenants))
}

// sizes shows what each fill came to.
func (g *growth) sizes() string {
	var b strings.Builder
	b.WriteString(g.machine())
	b.WriteString("| runs | filled in | whole audit | heap | indexes | TOAST | bytes a run |\n|---:|---:|---:|---:|---:|---:|---:|\n")
	for _, s := range g.steps {
		var heap, index, toast int64
		for _, t := range s.tables {
			heap, index, toast = heap+t.heap, index+t.index, toast+t.toast
		}
		audited := "–"
		if s.audited > 0 {
			audited = s.audited.Round(time.Second).String()
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %d |\n", count(s.runs), s.filled.Round(time.Second), audited,
			size(heap), size(index), size(toast), (heap+index+toast)/int64(s.runs))
	}
	last := g.steps[len(g.steps)-1]
	fmt.Fprintf(&b, "\n| table, at %s runs | rows | partitions | heap | indexes | TOAST |\n|---|---:|---:|---:|---:|---:|\n", count(last.runs))
	for _, t := range last.tables {
		fmt.Fprintf(&b, "| %s | %s | %d | %s | %s | %s |\n", t.name, count(int(t.rows)), t.partitions, size(t.heap), size(t.index), size(t.toast))
	}
	return b.String()
}

// latencies shows each operation at each size, and how much it grew.
func (g *growth) latencies() string {
	var b strings.Builder
	b.WriteString("Median / 95th percentile of one caller; pages of 8 kB that one call looks at.\n\n| operation |")
	for _, s := range g.steps {
		fmt.Fprintf(&b, " %s |", count(s.runs))
	}
	b.WriteString(" largest to smallest: median | fastest tenth | pages, smallest | pages, largest |\n|---|" + strings.Repeat("---:|", len(g.steps)+4) + "\n")
	first, last := g.steps[0].figures, g.steps[len(g.steps)-1].figures
	for i := range first {
		fmt.Fprintf(&b, "| %s |", first[i].name)
		for _, s := range g.steps {
			fmt.Fprintf(&b, " %s / %s |", took(s.figures[i].p50), took(s.figures[i].p95))
		}
		fmt.Fprintf(&b, " %.2f | %.2f | %s | %s |\n", float64(last[i].p50)/float64(first[i].p50), float64(last[i].p10)/float64(first[i].p10), pages(first[i].pages), pages(last[i].pages))
	}
	return b.String()
}

func pages(n float64) string {
	if n < 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f", n)
}

func keysOf(tables map[string]string) iter.Seq[string] { return maps.Keys(tables) }

var errMarkers = errors.New("the page has no place for this table")

// replaceTables writes tables between their markers in a page.
func replaceTables(path string, tables map[string]string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	page := string(text)
	for name, table := range tables {
		begin, end := "<!-- measured: "+name+" -->\n", "<!-- end of "+name+" -->\n"
		before, rest, found := strings.Cut(page, begin)
		_, after, ended := strings.Cut(rest, end)
		if !found || !ended {
			return fmt.Errorf("%s: %w: %s", path, errMarkers, name)
		}
		page = before + begin + "\n" + table + "\n" + end + after
	}
	return os.WriteFile(path, []byte(page), 0o644)
}
