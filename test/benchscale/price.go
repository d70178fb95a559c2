package main

import (
	"cmp"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"time"
)

// What the tables take a machine to be. They are assumptions, and stand in the text.
const (
	roleProcessors  = 4   // of an API, worker or reaper process
	shardProcessors = 32  // of a PostgreSQL server
	busy            = 0.6 // of its processors, in the long run
	day             = 86400
)

func (c *costs) phase(name string) phase {
	for _, p := range c.phases {
		if p.name == name {
			return p
		}
	}
	return phase{}
}

// per is what one run used, or one second where there were none.
func (p phase) per(name string) float64 {
	if p.runs == 0 {
		return p.used[name] / p.lasts.Seconds()
	}
	return p.used[name] / float64(p.runs)
}

func (c *costs) tables() map[string]string {
	return map[string]string{"cost": c.perRun(), "statements": c.perStatement(), "rates": c.rates()}
}

// names are the counters with a prefix that one of the phases has.
func (c *costs) names(prefix string) []string {
	var names []string
	for name := range c.phase(underLoad).used {
		if strings.HasPrefix(name, prefix) && (c.phase(underLoad).used[name] > 0 || c.phase(idle).used[name] > 0) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// perRun shows what a run costs each part.
func (c *costs) perRun() string {
	var b strings.Builder
	alone, load, quiet := c.phase(oneCaller), c.phase(underLoad), c.phase(idle)
	fmt.Fprintf(&b, "%s, %s/%s, %d processors for all servers, processes and clients together; one process of each role. "+
		"One caller: %s runs, one after the other, %.0f a second. Under load: %s runs by %d callers, %.0f a second.\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), count(alone.runs), rate(alone), count(load.runs), loadClients, rate(load))
	b.WriteString("| of a run, from submit to sealed | one caller | under load | idle, a second |\n|---|---:|---:|---:|\n")
	row := func(what, name, format string, scale float64) {
		fmt.Fprintf(&b, "| %s | "+format+" | "+format+" | "+format+" |\n", what, alone.per(name)*scale, load.per(name)*scale, quiet.per(name)*scale)
	}
	for _, name := range c.names(cpuOf) {
		row(name+", ms", name, "%.2f", 1000)
	}
	for _, name := range []string{transactions, statementsN} {
		row(name+" in PostgreSQL", name, "%.2f", 1)
	}
	for _, name := range []string{walBytes, heapBytes, indexBytes, otherBytes} {
		row(name, name, "%.0f", 1)
	}
	row(walPages, walPages, "%.2f", 1)
	for _, prefix := range []string{"Redis ", "S3 ", "SQS "} {
		for _, name := range c.names(prefix) {
			row(name, name, "%.3f", 1)
		}
	}
	row(storedBytes, storedBytes, "%.0f", 1)
	for _, name := range c.names(networkOf) {
		row("bytes on the "+name, name, "%.0f", 1)
	}
	fmt.Fprintf(&b, "\nA tenant's keys in Redis take %.0f bytes.\n", c.redisPerTenant)
	return b.String()
}

func rate(p phase) float64 { return float64(p.runs) / max(p.lasts, time.Millisecond).Seconds() }

// perStatement shows which statements a run's time in PostgreSQL goes to.
func (c *costs) perStatement() string {
	if len(c.statements) == 0 {
		return "The server did not count statements.\n"
	}
	var all []statement
	for _, s := range c.statements {
		if s.name != "" && s.calls > 0 {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b statement) int { return cmp.Compare(b.ms, a.ms) })
	runs := float64(c.phase(underLoad).runs)
	var b strings.Builder
	b.WriteString("| under load, of a run | calls | ms | pages | bytes of log |\n|---|---:|---:|---:|---:|\n")
	for _, s := range all[:min(len(all), 20)] {
		fmt.Fprintf(&b, "| %s | %.3f | %.3f | %.1f | %.0f |\n", s.name, s.calls/runs, s.ms/runs, s.pages/runs, s.bytes/runs)
	}
	return b.String()
}

// rates computes what follows for many runs a second.
func (c *costs) rates() string {
	load := c.phase(underLoad)
	steps := []float64{1000, 10_000, 100_000}
	var b strings.Builder
	b.WriteString("| computed from the costs under load | 1,000 runs/s | 10,000 runs/s | 100,000 runs/s |\n|---|---:|---:|---:|\n")
	row := func(what string, value func(rate float64) string) {
		fmt.Fprintf(&b, "| %s |", what)
		for _, step := range steps {
			fmt.Fprintf(&b, " %s |", value(step))
		}
		b.WriteString("\n")
	}
	cores := func(name string) func(float64) float64 {
		return func(rate float64) float64 { return load.per(cpuOf+name) * rate }
	}
	for _, role := range []string{"dpp api", "dpp worker", "dpp reaper", "PostgreSQL", "Redis"} {
		row("busy processors of "+role, func(rate float64) string { return fmt.Sprintf("%.1f", cores(role)(rate)) })
	}
	for _, role := range []string{"dpp api", "dpp worker"} {
		row(fmt.Sprintf("processes of %s, of %d processors %.0f %% busy", role, roleProcessors, 100*busy), func(rate float64) string {
			return count(int(math.Ceil(cores(role)(rate) / (roleProcessors * busy))))
		})
	}
	row(fmt.Sprintf("PostgreSQL servers of %d processors %.0f %% busy", shardProcessors, 100*busy), func(rate float64) string {
		return count(int(math.Ceil(cores("PostgreSQL")(rate) / (shardProcessors * busy))))
	})
	bytes := func(perRun float64) func(float64) string {
		return func(rate float64) string { return size(int64(perRun * rate)) }
	}
	row("log (WAL) a second", bytes(load.per(walBytes)))
	row("log a day", bytes(load.per(walBytes)*day))
	rows := load.per(heapBytes) + load.per(indexBytes) + load.per(otherBytes)
	row("tables and indexes, more a day", bytes(rows*day))
	row("runs a day", func(rate float64) string { return count(int(rate * day)) })
	row("runs in a partition of a month", func(rate float64) string { return count(int(rate * day * 30)) })
	row("entries in a partition of a month", func(rate float64) string { return count(int(rate * day * 30 * 3)) })
	row("transactions a second", func(rate float64) string { return count(int(load.per(transactions) * rate)) })
	row("statements a second", func(rate float64) string { return count(int(load.per(statementsN) * rate)) })
	for _, prefix := range []string{"Redis ", "S3 ", "SQS "} {
		var sum float64
		for _, name := range c.names(prefix) {
			sum += load.per(name)
		}
		row(prefix+"requests a second", func(rate float64) string { return count(int(sum * rate)) })
	}
	row("objects, more a day", bytes(load.per(storedBytes)*day))
	for _, name := range c.names(networkOf) {
		row(name+", Mbit/s", func(rate float64) string { return count(int(load.per(name) * rate * 8 / 1e6)) })
	}
	return b.String()
}
