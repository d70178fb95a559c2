package delivery

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// exposed are the series that processes show: of each metric, the labels of each of its
// series.
type exposed struct {
	types  map[string]string // of metrics, as their TYPE line says
	series map[string][]map[string]string
}

var (
	typeLine   = regexp.MustCompile(`^# TYPE (\S+) (\S+)$`)
	seriesLine = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? \S+$`)
	labelPair  = regexp.MustCompile(`([a-z_]+)="([^"]*)"`)
)

// add reads a page in the exposition format.
func (e *exposed) add(t *testing.T, page string) {
	t.Helper()
	for line := range strings.Lines(page) {
		line = strings.TrimSuffix(line, "\n")
		if kind := typeLine.FindStringSubmatch(line); kind != nil {
			e.types[kind[1]] = kind[2]
		}
		if strings.HasPrefix(line, "#") || line == "" {
			continue
		}
		found := seriesLine.FindStringSubmatch(line)
		if found == nil {
			t.Fatalf("a line that no scraper understands: %s", line)
		}
		labels := map[string]string{}
		for _, pair := range labelPair.FindAllStringSubmatch(found[2], -1) {
			labels[pair[1]] = pair[2]
		}
		e.series[found[1]] = append(e.series[found[1]], labels)
	}
}

// labels are those of a metric, without the boundaries of its buckets.
func (e *exposed) labels(metric string) []string {
	all := map[string]bool{}
	for _, name := range []string{metric, metric + "_count"} {
		for _, labels := range e.series[name] {
			for label := range labels {
				all[label] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// An identifier of a tenant, a run or a key is never a label: there is no end of them.
var identity = regexp.MustCompile(`\b(ten|run|key)_[0-9a-z]{20,}`)

// TestWhatOperatorsAreToldIsExposed starts every role on real servers, has a decision
// bought, and holds what the processes then show against the alerts, the dashboard and
// the table of metrics in docs/operations.md.
func TestWhatOperatorsAreToldIsExposed(t *testing.T) {
	h := startServers(t)
	tool := h.environment(t, map[string]string{
		"DPP_DATABASE_URL": "postgres://there/dpp", "DPP_REDIS_URL": "redis://there", "DPP_BLOB_URL": "s3://dpp-metrics", "DPP_QUEUE_URL": "sqs://dpp-metrics",
	})
	delete(tool, "DPP_LISTEN")
	done(t, []string{"migrate", "up"}, tool)
	env := maps.Clone(tool)
	env["DPP_LISTEN"], env["DPP_OPS_LISTEN"] = "127.0.0.1:0", "127.0.0.1:0"
	running := map[string]*process{}
	for _, role := range []string{"worker", "reaper", "api"} {
		running[role] = startProcess(t, role, []string{role}, env)
	}
	buy(t, tool, running["api"].url)
	all := &exposed{types: map[string]string{}, series: map[string][]map[string]string{}}
	for role, p := range running {
		page := p.metrics(t)
		judge(t, role, page)
		all.add(t, page)
	}
	result := filepath.Join(t.TempDir(), "dpp_audit.prom")
	done(t, []string{"audit", "--metrics", result}, tool)
	page, err := os.ReadFile(result)
	if err != nil {
		t.Fatal(err)
	}
	judge(t, "audit", string(page))
	all.add(t, string(page))
	answered(t, all)
	documented(t, all)
}

var opsAddress = regexp.MustCompile(`"ops_address":"([^"]+)"`)

// metrics is what the process shows once it knows of the books, where it is to.
func (p *process) metrics(t *testing.T) string {
	t.Helper()
	address := opsAddress.FindStringSubmatch(p.log.String())
	if address == nil {
		t.Fatalf("%s does not say where its metrics are:\n%s", p.name, p.log.String())
	}
	ctx, cancel := context.WithTimeout(t.Context(), startup)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		page := scrape(ctx, t, "http://"+address[1]+"/metrics")
		if p.name != "reaper" || strings.Contains(page, "\ndpp_books_discrepancies ") {
			return page
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s never looks at the books", p.name)
		case <-tick.C:
		}
	}
}

func scrape(ctx context.Context, t *testing.T, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, %v", url, answer.StatusCode, err)
	}
	return string(page)
}

// mostSeries bounds what one process shows: who scrapes pays for each series.
const mostSeries = 2000

// judge holds one page against the conventions of Prometheus, and against our own.
func judge(t *testing.T, of, page string) {
	t.Helper()
	if out, err := promtool(t, page, "check", "metrics"); err != nil {
		t.Errorf("%s: promtool check metrics: %v\n%s", of, err, out)
	}
	if id := identity.FindString(page); id != "" {
		t.Errorf("%s shows %s", of, id)
	}
	if n := strings.Count("\n"+page, "\n") - strings.Count("\n"+page, "\n#"); n > mostSeries {
		t.Errorf("%s shows %d series", of, n)
	}
}

// answered fails for a query that would find no series.
func answered(t *testing.T, all *exposed) {
	t.Helper()
	recorded := map[string]bool{}
	for _, r := range rules(t) {
		recorded[r.Record] = true
	}
	for query, where := range queries(t) {
		found, err := selectorsOf(query)
		if err != nil || len(found) == 0 {
			t.Errorf("%s: %s names no metric (%v)", where, query, err)
		}
		for _, s := range found {
			if !recorded[s.name] && !slices.ContainsFunc(all.series[s.name], s.matches) {
				t.Errorf("%s: no process shows %s with %v", where, s.name, s.matchers)
			}
		}
	}
}

// A row of the table of metrics: its name, its labels.
var metricRow = regexp.MustCompile("(?m)^\\| `(dpp_[a-z_]+)(?:\\{([a-z_,]+)\\})?` \\|")

// documented compares the table of metrics with what is shown, in both directions.
func documented(t *testing.T, all *exposed) {
	t.Helper()
	rows := map[string]string{}
	for _, row := range metricRow.FindAllStringSubmatch(text(t, "docs/operations.md"), -1) {
		if _, twice := rows[row[1]]; twice {
			t.Errorf("docs/operations.md explains %s twice", row[1])
		}
		rows[row[1]] = row[2]
	}
	for metric := range all.types {
		labels, ok := rows[metric]
		if !strings.HasPrefix(metric, "dpp_") {
			continue
		}
		have := all.labels(metric)
		have = slices.DeleteFunc(have, func(label string) bool { return label == "le" })
		if want := strings.Split(labels, ","); !ok || fmt.Sprint(slices.Sorted(slices.Values(want))) != fmt.Sprint(append(have, "")[:max(1, len(have))]) {
			t.Errorf("docs/operations.md has %s{%s}, %t; a process shows it with %v", metric, labels, ok, have)
		}
	}
	for metric := range rows {
		if _, ok := all.types[metric]; !ok {
			t.Errorf("docs/operations.md explains %s, which no process shows", metric)
		}
	}
}
