// Command benchscale fills PostgreSQL databases with more and more runs, measures
// whether what the product asks of them stays as fast, and measures what one run
// costs each part of the production path. It writes its tables into docs/scale.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
)

func main() {
	sizes := flag.String("sizes", "10000,100000,1000000,10000000", "numbers of runs, ascending; empty: none")
	tenants := flag.Int("tenants", 10_000, "number of tenants")
	calls := flag.Int("calls", 400, "how often an operation is measured")
	audited := flag.Int("audit", 100_000, "up to how many runs the product's whole audit is run, too")
	settled := flag.Int("settle", 6000, "number of runs whose cost is measured under load; 0: none")
	out := flag.String("out", "", "page whose tables are replaced")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *sizes, *tenants, *calls, *audited, *settled, *out); err != nil {
		fmt.Fprintln(os.Stderr, "benchscale:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, sizes string, tenants, calls, audited, settled int, out string) error {
	steps, err := ascending(sizes)
	if err != nil {
		return err
	}
	tables := map[string]string{}
	if len(steps) > 0 {
		grown, err := grow(ctx, steps, tenants, calls, audited)
		if err != nil {
			return err
		}
		tables["size"], tables["latency"] = grown.sizes(), grown.latencies()
	}
	if settled > 0 {
		costs, err := measureCosts(ctx, settled)
		if err != nil {
			return err
		}
		for name, table := range costs.tables() {
			tables[name] = table
		}
	}
	for _, name := range slices.Sorted(keysOf(tables)) {
		fmt.Printf("\n%s\n\n%s", name, tables[name])
	}
	if out == "" {
		return nil
	}
	return replaceTables(out, tables)
}

func ascending(list string) ([]int, error) {
	if list == "" {
		return nil, nil
	}
	var steps []int
	for _, text := range strings.Split(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < smallest {
			return nil, fmt.Errorf("size %q: want a number from %d on", text, smallest)
		}
		steps = append(steps, n)
	}
	if !slices.IsSorted(steps) {
		return nil, errors.New("the sizes are not in ascending order")
	}
	return steps, nil
}
