package compliancepack

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"dpp"
)

func notesOf(t *testing.T, doc m, rules ...m) (*ran, []string) {
	t.Helper()
	in := m{"documents": []m{doc}, "policies": policies("pii", "secrets")}
	if len(rules) > 0 {
		in["rules"] = rules
	}
	r, err := submit(t, shared(), in, 10*dpp.USD)
	if err != nil {
		t.Fatal(err)
	}
	return r, r.data.Documents[0].Notes
}

// bomb is a YAML document of a few lines that stands for billions of values.
func bomb() string {
	text := "a: &a [x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c <= 'k'; c++ {
		text += fmt.Sprintf("%c: &%c [", c, c) + strings.Repeat(fmt.Sprintf("*%c, ", c-1), 9) + "]\n"
	}
	return text
}

// What no document should be is bounded, and the result says so.
func TestPathologicalDocumentsAreBounded(t *testing.T) {
	const ten = 10 << 20
	never := m{"id": "r", "cel": "doc != null", "severity": "low", "message": "m"}
	for name, c := range map[string]struct {
		doc  m
		note string
	}{
		"nested objects in JSON":   {text("a.json", strings.Repeat(`{"a":`, 100_000)+"1"+strings.Repeat("}", 100_000)), noteDeep},
		"nested lists in JSON":     {text("a.json", strings.Repeat("[", 100_000)), noteDeep},
		"nested lists in YAML":     {text("a.yaml", strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)), noteNotParsed},
		"some depth in YAML":       {text("a.yaml", strings.Repeat("[", 2_000)+strings.Repeat("]", 2_000)), noteDeep},
		"aliases in YAML":          {text("a.yaml", bomb()), noteAliases},
		"an alias of itself":       {text("a.yaml", "a: &a [*a]\n"), noteDeep},
		"a large YAML":             {text("a.yaml", strings.Repeat("- a\n", 1<<19)), noteLarge},
		"many values in JSON":      {text("a.json", "["+strings.Repeat("1,", maxValues)+"1]"), noteValues},
		"no JSON, after many":      {text("a.json", "["+strings.Repeat("1,", maxValues)+"]"), noteNotParsed},
		"no YAML":                  {text("a.yaml", "a: b: c: [\n"), noteNotParsed},
		"more addresses than told": {text("a.txt", strings.Repeat("jo@example.org ", 5_000)), noteListed},
	} {
		r, notes := notesOf(t, c.doc, never)
		if !slices.Contains(notes, c.note) {
			t.Errorf("%s: %v", name, notes)
		}
		if c.note != noteListed && (slices.Contains(r.ids(), "r") || r.Reliability > 800_000 && c.note != noteValues) {
			t.Errorf("%s: %v %s", name, r.ids(), r.Reliability)
		}
	}
	r, _ := notesOf(t, text("a.txt", strings.Repeat("jo@example.org ", 5_000)))
	if c := r.data.Counts; c.Findings != 5_000 || c.Listed != maxListed || r.data.Documents[0].Findings != 5_000 {
		t.Errorf("%+v", c)
	}
	if _, err := submit(t, shared(), m{"documents": []m{text("a", strings.Repeat("x", ten+1))}, "policies": policies("pii")}, dpp.USD); err == nil {
		t.Error("more than ten MiB of text was checked")
	}
}

// A long line is looked at in one pass, whatever it consists of.
func TestLongLinesAreBounded(t *testing.T) {
	size := 128 << 10
	if os.Getenv("SOAK") == "1" {
		size = maxTextBytes
	}
	for _, unit := range []string{"x", "0123456789", "jo@example.org ", "@", "1.", "<b>", "&#64;", `\u0040`, "secret token key "} {
		for _, name := range []string{"a.txt", "a.html", "a.json"} {
			longLine(t, name, unit, size)
		}
	}
	longLine(t, "a.txt", "api_key=", size) // expensive expressions at each keyword, which see the same in each format
	longLine(t, "a.txt", "a line of words, 1 number, ", maxTextBytes)
}

func longLine(t *testing.T, name, unit string, size int) {
	t.Helper()
	r, err := submit(t, shared(), m{"documents": []m{text(name, strings.Repeat(unit, size/len(unit)))}, "policies": policies("pii", "secrets")}, dpp.USD)
	if err != nil {
		t.Fatal(err)
	}
	if c := r.data.Counts; c.Listed > maxListed || c.Findings > 3*maxHits || r.data.Documents[0].Chars == 0 {
		t.Errorf("%s of %q: %+v", name, unit, c)
	}
}
