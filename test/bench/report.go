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
func newReport(all []scenario, figures [][]figure, length time.Duration, rounds int, busy string) string {
	r := report{all: all, figures: figures, median: make(map[string]figure, len(all))}
	for i, s := range all {
		r.median[s.name] = medianOf(figures[i])
	}
	fmt.Fprintf(&r.Builder, "%s, %s/%s, %d processors%s; medians of %d rounds of %s each; answers uncompressed.\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), busy, rounds, length)
	r.rates()
	r.ratios()
	r.processes()
	r.ports()
	return r.String()
}

type report struct {
	strings.Builder
	all     []scenario
	figures [][]figure
	median  map[string]figure
}

func (r *report) rates() {
	r.WriteString("| what | per second | p50 | p99 | CPU per operation |\n|---|---:|---:|---:|---:|\n")
	for _, s := range r.all {
		f := r.median[s.name]
		fmt.Fprintf(&r.Builder, "| %s | %.0f | %s | %s | %s |\n", s.name, f.perSecond, rounded(f.p50), rounded(f.p99), rounded(f.cpu))
	}
}

func (r *report) ratios() {
	r.WriteString("\n| ratio, in this run | | wanted |\n|---|---:|---:|\n")
	ratio := func(what, of, to, wanted string) {
		if top, bottom := r.median[of].perSecond, r.median[to].perSecond; top > 0 && bottom > 0 { // both were measured
			fmt.Fprintf(&r.Builder, "| %s | %.2f | %s |\n", what, top/bottom, wanted)
		}
	}
	for _, name := range []string{submitLone, submit32, settled256} {
		ratio(name+": batched to batches of one", name, name+ofOne, "")
	}
	ratio("submits at 32 clients to bare SQLite commits", submit32, bareCommit, "")
	ratio("submits at 32 clients to bare HTTP", submit32, bareHTTP, "")
	for i, name := range []string{submitLone, submit32, settled256} {
		wanted := []string{"1", "4", "6"}[i]
		ratio(onServers+name+": batched to batches of one", onServers+name, onServers+name+ofOne, wanted)
		ratio(onServers+name+": batched to batches of one, 16 at once", onServers+name, onServers+name+atOnce, wanted)
	}
	ratio(onServers+"submit to settled at 256 clients to River, inserting and working", onServers+settled256, river32, "1.5")
	ratio(onServers+"submit to settled at 256 clients to River, waiting for the end", onServers+settled256, riverWait32, "1.5")
	ratio(onServers+"submits at 32 clients to pgbench", onServers+submit32, pgbench32, "")
	ratio(onServers+"submits at 32 clients to bare HTTP", onServers+submit32, bareHTTP, "")
	for _, at := range []struct{ name, wanted string }{{submitAt70, "at most 15"}, {pgbenchAt70, ""}} {
		if f := r.median[at.name]; f.done > 0 {
			fmt.Fprintf(&r.Builder, "| %s: p99 in ms | %.1f | %s |\n", at.name, f.p99.Seconds()*1000, at.wanted)
		}
	}
}

// processes shows what each process used of the processors.
func (r *report) processes() {
	var names []string
	for _, s := range r.all {
		for _, p := range r.median[s.name].parts {
			if len(r.median[s.name].parts) > 1 && !slices.Contains(names, p.name) {
				names = append(names, p.name)
			}
		}
	}
	if len(names) == 0 {
		return
	}
	r.WriteString("\nWhere the time goes: CPU per operation, by process.\n\n| what |")
	for _, name := range names {
		r.WriteString(" " + name + " |")
	}
	r.WriteString("\n|---|" + strings.Repeat("---:|", len(names)) + "\n")
	for _, s := range r.all {
		parts := r.median[s.name].parts
		if len(parts) < 2 {
			continue
		}
		r.WriteString("| " + s.name + " |")
		for _, name := range names {
			i := slices.IndexFunc(parts, func(u usage) bool { return u.name == name })
			if i < 0 {
				r.WriteString(" |")
				continue
			}
			r.WriteString(" " + rounded(parts[i].cpu) + " |")
		}
		r.WriteString("\n")
	}
}

func (r *report) ports() {
	r.WriteString("\nWhere the time goes: what each port spent, in the same rounds.\n\n")
	r.WriteString("| what | port | calls | items per call | time per item | share of the round |\n|---|---|---:|---:|---:|---:|\n")
	for _, s := range r.all {
		f := r.median[s.name]
		for _, st := range f.stages {
			fmt.Fprintf(&r.Builder, "| %s | %s | %d | %.1f | %s | %.0f%% |\n", s.name, st.Name, st.Calls, float64(st.Items)/float64(st.Calls),
				rounded(time.Duration(st.Spent/st.Items)), 100*float64(st.Spent)/float64(f.length))
		}
	}
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

func document(report string) string { return explained + report }

const explained = `# Performance

Measured by ` + "`make bench`" + `, which writes this page. Machines differ, and so do the hours of one: the ratios
inside one run are what holds.

"Batches of one" is the same build with every batch bounded to one item, one batch after the other;
"16 at once" lets as many of them be on their way as there are connections, as a server would that
knows no batches. A worker's claims follow each other in both.

Scenarios without a prefix run on the embedded default, clients and server in one process, with one
tenant. Those of "production" run one API, one worker and one reaper (where runs are only submitted:
the API alone) as processes of their own, on servers that the benchmark starts on this machine:
PostgreSQL, durable as it is shipped; Redis; versitygw, an S3 store that keeps its objects in memory; fauxqs, an SQS
service. Clients are in the benchmark's process. There are 20 tenants, who have had 20,000 runs. Every
scenario has a copy of that database, and a bucket and a queue, of its own.

- "Submit to settled" is one request that waits: the envelope is in S3 and the run settled when it is
  answered. The API learns of the worker's doings by one look a tenth of a second for all who wait.
- "Arriving at 70% of that rate": submits start by the clock, whether or not earlier ones were
  answered, at 70% of the rate that 32 clients reached a moment before; latency counts from the time
  at which a submit was due.
- pgbench inserts one row of a narrow table for each transaction, by a prepared statement. At 70% of its
  rate it shows what the server and its disk alone make of a steady load.
- River ([riverqueue.com](https://riverqueue.com)) runs in one Go process, on the same server: 32 callers
  insert a job that does nothing, each in a transaction of its own, and up to 500 at once are worked
  on; River completes them in batches, and looks for jobs every 2 ms, as its default of ten times
  a second would bound it. Either callers insert without a pause, and the rate is that of completions
  until all are completed; or each waits for the end of its job, as River's subscription tells it,
  before it inserts the next. There is no HTTP, no money and no result in it.

`
