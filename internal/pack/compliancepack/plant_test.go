package compliancepack

import (
	"fmt"
	"html"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"dpp"
	"dpp/internal/pack/compliancepack/policy"
	"dpp/internal/pack/compliancepack/recognise"
	"dpp/internal/pack/compliancepack/secrets"
)

// plant is a value with words around it by which it is recognised.
type plant struct{ before, value, after string }

// plants makes values of all kinds of personal values and of some of secrets: those of the
// policies' own tests with other digits and letters, as far as those are recognised.
func plants(t *testing.T, r *rand.Rand, each int) (all []plant) {
	t.Helper()
	p, err := policy.PII()
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range p.Rules {
		made := map[string]bool{}
		for _, text := range rule.Positive {
			for _, f := range find(t, text, rule.Kind) {
				value := text[f.Start:f.End]
				for try := 0; try < 3_000 && len(made) < each; try++ {
					if isPlant(t, text, f, value, rule.Kind) && !made[value] {
						made[value] = true
						all = append(all, plant{text[:f.Start], value, text[f.End:]})
					}
					value = mutate(r, text[f.Start:f.End])
				}
			}
		}
		if len(made) == 0 {
			t.Errorf("nothing of kind %s could be planted", rule.Kind)
		}
	}
	return append(all, secretPlants(t, r, each)...)
}

func find(t *testing.T, text, kind string) []recognise.Finding {
	t.Helper()
	found, _ := recognise.Find(t.Context(), text, []string{kind}, recognise.Options{MinConfidence: leastConfidence})
	return found
}

func isPlant(t *testing.T, text string, f recognise.Finding, value, kind string) bool {
	t.Helper()
	if len(value) < 8 {
		return false
	}
	for _, again := range find(t, text[:f.Start]+value+text[f.End:], kind) {
		if again.Start == f.Start && again.End == f.Start+len(value) {
			return true
		}
	}
	return false
}

// mutate gives each digit and letter another one now and then.
func mutate(r *rand.Rand, value string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case r.IntN(3) > 0:
			return c
		case c >= '0' && c <= '9':
			return '0' + rune(r.IntN(10))
		case c >= 'a' && c <= 'z':
			return 'a' + rune(r.IntN(26))
		case c >= 'A' && c <= 'Z':
			return 'A' + rune(r.IntN(26))
		}
		return c
	}, value)
}

func secretPlants(t *testing.T, r *rand.Rand, each int) (all []plant) {
	t.Helper()
	s, err := secrets.New()
	if err != nil {
		t.Fatal(err)
	}
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	random := func(alphabet string, n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte(alphabet[r.IntN(len(alphabet))])
		}
		return b.String()
	}
	for range each * 2 {
		for _, p := range []plant{
			{"token ", "ghp_" + random(letters, 36), " end"},
			{"key: ", "AKIA" + random("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16), " end"},
			{"stripe ", "sk_live_" + random(letters, 24), " end"},
			{"api_key = '", random(letters, 40), "' "},
			{"slack ", "xoxb-" + random("0123456789", 12) + "-" + random("0123456789", 12) + "-" + random(letters, 24), " end"},
		} {
			text := p.before + p.value + p.after
			if found, _ := s.Find(t.Context(), text, secrets.Options{}); len(found) == 1 && text[found[0].Start:found[0].End] == p.value {
				all = append(all, p)
			}
		}
	}
	return all
}

// quoted is a text as a string of JSON, with all of it escaped where odd.
func quoted(t *testing.T, text string, odd bool) string {
	t.Helper()
	raw, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	if !odd {
		return string(raw)
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range text {
		if c > 0xffff {
			b.WriteRune(c)
			continue
		}
		fmt.Fprintf(&b, `\u%04x`, c)
	}
	return b.String() + `"`
}

// documentsWith puts the plants into documents of all formats, in all places of them.
func documentsWith(t *testing.T, all []plant) []m {
	t.Helper()
	var plain, markdown, page, object, escaped, list, yaml strings.Builder
	page.WriteString("<!doctype html><title>t</title>")
	for i, p := range all {
		whole := strings.ReplaceAll(p.before+p.value+p.after, "\n", " ")
		sep := ""
		if i > 0 {
			sep = ","
		}
		fmt.Fprintf(&plain, "%s\n\n", p.before+p.value+p.after)
		fmt.Fprintf(&markdown, "- item %d: %s\n- another line\n", i, whole)
		switch i % 4 {
		case 0:
			fmt.Fprintf(&page, "<p>%s</p>\n", html.EscapeString(whole))
		case 1:
			fmt.Fprintf(&page, "<!-- %s -->\n", whole)
		case 2:
			fmt.Fprintf(&page, "<p>%s&#%d;%s%s</p>\n", html.EscapeString(p.before), p.value[0], html.EscapeString(p.value[1:]), html.EscapeString(p.after))
		default:
			fmt.Fprintf(&page, "<a title=\"%s\">x</a><script>var a = 1 // %s\n</script>\n", html.EscapeString(whole), whole)
		}
		fmt.Fprintf(&object, "%s\n%s: {\"n\": %d}", sep, quoted(t, whole, false), i)
		fmt.Fprintf(&escaped, "%s\n%s", sep, strings.TrimSuffix(quoted(t, p.before, false), `"`)+strings.Trim(quoted(t, p.value, true), `"`)+strings.TrimPrefix(quoted(t, p.after, false), `"`))
		fmt.Fprintf(&list, "%s\n{\"a\": [%s, %d]}", sep, quoted(t, whole, false), i)
		switch i % 3 {
		case 0:
			fmt.Fprintf(&yaml, "- %s\n", quoted(t, whole, false))
		case 1:
			fmt.Fprintf(&yaml, "- a # %s\n", whole)
		default:
			fmt.Fprintf(&yaml, "- ? %s\n  : %d\n", quoted(t, whole, false), i)
		}
	}
	return []m{
		text("plain.txt", plain.String()), text("notes.md", markdown.String()), text("page.html", page.String()), text("object.json", "{"+object.String()+"}"),
		text("list.json", "["+list.String()+"]"), text("escaped.json", "["+escaped.String()+"]"), text("all.yaml", yaml.String()), text("broken.json", "{"+list.String()),
	}
}

// No value that is recognised leaves in any form: not in the envelope, the report, the copies,
// names, messages or what remains.
func TestNoValueLeaves(t *testing.T) {
	all := plants(t, rand.New(rand.NewPCG(8, 1)), 36)
	if len(all) < 1_000 {
		t.Fatalf("only %d values", len(all))
	}
	documents := documentsWith(t, all)
	formats := len(documents)
	for i := range 40 {
		p := all[i*len(all)/40]
		documents = append(documents, text(strings.ReplaceAll(p.before+p.value+p.after, "\n", " "), "an empty sheet"))
	}
	notice := text("notice.txt", "Privacy notice of "+all[0].before+all[0].value+all[0].after+". We process personal data.")
	rules := []m{}
	for i := range 20 {
		p := all[i*len(all)/20]
		rules = append(rules, m{"id": fmt.Sprintf("r%d", i), "cel": "text.contains(" + quoted(t, p.before+p.value, false) + ")", "severity": "low", "message": p.before + p.value + p.after, "remedy": p.before + p.value})
	}
	for name, in := range map[string]m{
		"all policies": {"documents": documents, "policies": policies("pii", "secrets"), "rules": rules, "redact": true},
		"one kind":     {"documents": documents[:formats/2], "policies": []m{{"id": "pii", "options": m{"rules": []string{"mac"}}}}, "redact": true},
		"no policy":    {"documents": documents[formats/2:], "rules": rules, "redact": true},
		"in part":      {"documents": append([]m{notice}, documents...), "policies": policies("secrets", "gdpr-art13"), "rules": rules, "redact": true},
	} {
		limit := 10 * dpp.USD
		if name == "in part" {
			limit = 20_000
		}
		r, err := submit(t, shared(), in, limit)
		if err != nil {
			t.Fatal(err)
		}
		if (r.Stopped != "") != (name == "in part") {
			t.Errorf("%s: stopped by %q", name, r.Stopped)
		}
		stored, leaks := r.everything(), 0
		for _, p := range all {
			if at := strings.Index(stored, p.value); at >= 0 && leaks < 10 {
				leaks++
				t.Errorf("%s: %q is in …%s…", name, p.value, stored[max(0, at-80):min(len(stored), at+80)])
			}
			if escaped := strings.Trim(quoted(t, p.value, true), `"`); strings.Contains(stored, escaped) {
				t.Errorf("%s: %q is there, escaped", name, p.value)
			}
		}
		if name == "in part" && r.status("gdpr-art13.controller") == statusNotApplicable {
			t.Error("no notice was checked")
		}
		if name == "all policies" && r.data.Counts.Findings < 5*len(all) {
			t.Errorf("%d values, and %d findings", len(all), r.data.Counts.Findings)
		}
	}
}

// What is refused is refused without a word of it.
func TestErrorsRepeatNoValue(t *testing.T) {
	const value = "jo@example.org"
	for _, in := range []m{
		{"documents": []m{text("a", "x")}, "policies": policies(value)},
		{"documents": []m{text("a", "x")}, "policies": []m{{"id": "pii", "version": value}}},
		{"documents": []m{text("a", "x")}, "policies": []m{{"id": "pii", "options": m{"rules": []string{value}}}}},
		{"documents": []m{text("a", "x")}, "rules": []m{{"id": "r", "cel": "text == '" + value, "severity": "low", "message": value}}},
		{"documents": []m{text("a", "x")}, "rules": []m{{"id": "078-05-1120", "cel": "true", "severity": "low", "message": value}}},
		{"documents": []m{{"name": value, "text": value, value: value}}, "policies": policies("pii")},
	} {
		for _, f := range inputError(t, in) {
			if all := f.Message + f.Expected + f.Code; strings.Contains(all, value) || strings.Contains(all, "078") {
				t.Errorf("%+v", f)
			}
		}
	}
}
