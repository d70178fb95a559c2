package delivery

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pb33f/go-yaml"
)

// rule is one of ops/alerts.yml: an alert, or what is recorded for alerts.
type rule struct {
	Record      string            `yaml:"record"`
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func rules(t *testing.T) (all []rule) {
	t.Helper()
	var file struct {
		Groups []struct {
			Name  string `yaml:"name"`
			Rules []rule `yaml:"rules"`
		} `yaml:"groups"`
	}
	decoder := yaml.NewDecoder(strings.NewReader(text(t, "ops/alerts.yml")))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		t.Fatal(err)
	}
	for _, group := range file.Groups {
		all = append(all, group.Rules...)
	}
	return all
}

// alerts are the names of all alerts, each once.
func alerts(t *testing.T) (names []string) {
	t.Helper()
	for _, r := range rules(t) {
		if r.Alert != "" {
			names = append(names, r.Alert)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestAlertsSayWhatTheyMean(t *testing.T) {
	for _, r := range rules(t) {
		if r.Alert == "" {
			continue
		}
		if s := r.Labels["severity"]; s != "page" && s != "ticket" {
			t.Errorf("%s has the severity %q", r.Alert, s)
		}
		if r.Annotations["summary"] == "" || !strings.HasSuffix(r.Annotations["description"], ".") {
			t.Errorf("%s does not say what happened: %q", r.Alert, r.Annotations)
		}
		if got, want := r.Annotations["runbook_url"], "docs/operations.md#"+strings.ToLower(r.Alert); got != want {
			t.Errorf("the runbook of %s is %q, want %q", r.Alert, got, want)
		}
	}
}

var runbook = regexp.MustCompile(`(?m)^### (DPP\w+)$`)

func TestEveryAlertHasARunbookAndEveryRunbookAnAlert(t *testing.T) {
	var books []string
	for _, heading := range runbook.FindAllStringSubmatch(text(t, "docs/operations.md"), -1) {
		books = append(books, heading[1])
	}
	known := alerts(t)
	for _, name := range known {
		if !slices.Contains(books, name) {
			t.Errorf("docs/operations.md has no runbook %s", name)
		}
	}
	for i, name := range books {
		if !slices.Contains(known, name) || slices.Contains(books[:i], name) {
			t.Errorf("the runbook %s has no alert, or is there twice", name)
		}
	}
}

// promtool is Prometheus' own judge, from bin/tools or the PATH.
func promtool(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(root, "bin/tools/promtool"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		if path, err = exec.LookPath("promtool"); err != nil {
			t.Fatal("promtool is not installed; this installs it: scripts/deps")
		}
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestRulesFireWhenTheyShould(t *testing.T) {
	for _, args := range [][]string{{"check", "rules", "--lint-fatal", root + "/ops/alerts.yml"}, {"test", "rules", root + "/ops/alerts_test.yml"}} {
		if out, err := promtool(t, "", args...); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	cases := text(t, "ops/alerts_test.yml")
	for _, r := range rules(t) {
		if r.Alert == "" {
			continue
		}
		fires := fmt.Sprintf(`alertname="%s", severity="%s"`, r.Alert, r.Labels["severity"])
		if window := r.Labels["window"]; window != "" {
			fires += fmt.Sprintf(`, window="%s"`, window)
		}
		if !strings.Contains(cases, fires+"}'") {
			t.Errorf("no test has %s fire", fires)
		}
	}
}

// A test of rules that cannot fail would be none.
func TestRulesThatDoNotFireAreFoundOut(t *testing.T) {
	folder := t.TempDir()
	deaf := strings.ReplaceAll(text(t, "ops/alerts.yml"), "max(dpp_books_discrepancies) > 0", "max(dpp_books_discrepancies) > 1")
	quick, _, _ := strings.Cut(text(t, "ops/alerts_test.yml"), "tests:\n")
	cases := text(t, "ops/alerts_test.yml")
	begin := strings.Index(cases, "  - name: an account does not add up\n")
	end := begin + strings.Index(cases[begin+1:], "  - name: ")
	for name, content := range map[string]string{"alerts.yml": deaf, "alerts_test.yml": quick + "tests:\n" + cases[begin:end+1]} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := promtool(t, "", "test", "rules", filepath.Join(folder, "alerts_test.yml")); err == nil || !strings.Contains(out, "DPPBooksWrong") {
		t.Errorf("promtool accepts a rule that does not fire: %v\n%s", err, out)
	}
}

// dashboard is what is looked at of Grafana's model.
type dashboard struct {
	UID           string `json:"uid"`
	Title         string `json:"title"`
	Description   string `json:"description"`
	SchemaVersion int    `json:"schemaVersion"`
	Templating    struct {
		List []struct {
			Name  string `json:"name"`
			Type  string `json:"type"`
			Query string `json:"query"`
		} `json:"list"`
	} `json:"templating"`
	Panels []panel `json:"panels"`
}

type panel struct {
	ID          int                      `json:"id"`
	Type        string                   `json:"type"`
	Title       string                   `json:"title"`
	Description string                   `json:"description"`
	Datasource  datasource               `json:"datasource"`
	GridPos     struct{ H, W, X, Y int } `json:"gridPos"`
	FieldConfig struct {
		Defaults struct {
			Unit string `json:"unit"`
		} `json:"defaults"`
	} `json:"fieldConfig"`
	Targets []struct {
		RefID      string     `json:"refId"`
		Expr       string     `json:"expr"`
		Datasource datasource `json:"datasource"`
	} `json:"targets"`
}

type datasource struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

func board(t *testing.T) dashboard {
	t.Helper()
	var d dashboard
	if err := json.Unmarshal([]byte(text(t, "ops/dashboard.json")), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDashboardFitsGrafana(t *testing.T) {
	d := board(t)
	if d.UID == "" || d.Title == "" || d.Description == "" || d.SchemaVersion < 36 || len(d.Panels) < 20 {
		t.Errorf("%q, %q, schema %d, %d panels", d.UID, d.Title, d.SchemaVersion, len(d.Panels))
	}
	if v := d.Templating.List; len(v) == 0 || v[0].Name != "datasource" || v[0].Type != "datasource" || v[0].Query != "prometheus" {
		t.Errorf("the data source cannot be chosen: %+v", v)
	}
	ids, taken := map[int]bool{}, map[[2]int]string{}
	for _, p := range d.Panels {
		if p.ID < 1 || ids[p.ID] || p.Title == "" {
			t.Errorf("panel %d %q has no title, or its number is another's", p.ID, p.Title)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other, ok := taken[[2]int{x, y}]; ok || x >= 24 {
					t.Fatalf("%q lies on %q, or beside the grid", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		if p.Type != "stat" && p.Type != "timeseries" || p.Description == "" || p.FieldConfig.Defaults.Unit == "" || len(p.Targets) == 0 {
			t.Errorf("%q, a %s, has no description, no unit or no query", p.Title, p.Type)
		}
		own := datasource{"prometheus", "${datasource}"}
		refs := map[string]bool{}
		for _, target := range p.Targets {
			if target.Datasource != own || p.Datasource != own || target.RefID == "" || refs[target.RefID] {
				t.Errorf("%q asks another data source than the one that is chosen, or twice under %s", p.Title, target.RefID)
			}
			refs[target.RefID] = true
		}
	}
}

// queries are all of the dashboard's and the rules', each with where it stands.
func queries(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, p := range board(t).Panels {
		for _, target := range p.Targets {
			all[target.Expr] = "the panel " + p.Title
		}
	}
	for _, r := range rules(t) {
		all[r.Expr] = "the rule " + r.Alert + r.Record
	}
	return all
}

// Prometheus itself reads every query of the dashboard, with Grafana's variables set.
func TestQueriesOfTheDashboardAreValid(t *testing.T) {
	variables := strings.NewReplacer("$__rate_interval", "5m", "$job", ".*")
	var file strings.Builder
	file.WriteString("groups:\n  - name: dashboard\n    rules:\n")
	n := 0
	for _, p := range board(t).Panels {
		for _, target := range p.Targets {
			query, err := json.Marshal(variables.Replace(target.Expr)) // JSON is YAML
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&file, "      - {record: \"panel:%d\", expr: %s}\n", n, query)
			n++
		}
	}
	name := filepath.Join(t.TempDir(), "dashboard.yml")
	if err := os.WriteFile(name, []byte(file.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := promtool(t, "", "check", "rules", name); err != nil || !strings.Contains(out, fmt.Sprintf("%d rules found", n)) {
		t.Errorf("%v\n%s", err, out)
	}
}
