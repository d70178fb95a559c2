package compliancepack

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/pack"
	"dpp/internal/pack/packtest"
)

func TestInputsAreRefused(t *testing.T) {
	a := []m{text("a", "x")}
	rule := func(id, cel string) m { return m{"id": id, "cel": cel, "severity": "low", "message": "m"} }
	file := m{"kind": "inline", "media_type": "text/plain", "data": "aGk="}
	for name, c := range map[string]struct {
		in      m
		pointer string
		code    string
		message string
	}{
		"no documents":          {m{"documents": []m{}, "policies": policies("pii")}, "/documents", "too_few", ""},
		"nothing to check":      {m{"documents": a}, "/policies", "required", ""},
		"neither text nor file": {m{"documents": []m{{"name": "a"}}, "policies": policies("pii")}, "/documents/0/", "required", ""},
		"text and file":         {m{"documents": []m{{"text": "a", "file": file}}, "policies": policies("pii")}, "/documents/0", "", ""},
		"a bad file":            {m{"documents": []m{{"file": m{"kind": "inline", "media_type": "text/plain", "data": "****"}}}, "policies": policies("pii")}, "/documents/0/file/data", "pattern", ""},
		"no policy of ours":     {m{"documents": a, "policies": policies("pii", "hipaa")}, "/policies/1/id", "not_allowed", ""},
		"another version":       {m{"documents": a, "policies": []m{{"id": "pii", "version": "0.9"}}}, "/policies/0/version", "not_allowed", ""},
		"a policy twice":        {m{"documents": a, "policies": policies("pii", "pii")}, "/policies/1/id", "duplicate", ""},
		"no rule of the policy": {m{"documents": a, "policies": []m{{"id": "pii", "options": m{"exclude": []string{"email", "no"}}}}}, "/policies/0/options/exclude/1", "not_allowed", ""},
		"nothing left":          {m{"documents": a, "policies": []m{{"id": "pii", "options": m{"rules": []string{"email"}, "exclude": []string{"email"}}}}}, "/policies/0/options", "too_few", ""},
		"regions of secrets":    {m{"documents": a, "policies": []m{{"id": "secrets", "options": m{"regions": []string{"US"}}}}}, "/policies/0/options/regions", "not_allowed", ""},
		"unknown severity":      {m{"documents": a, "policies": policies("pii"), "fail_on": "bad"}, "/fail_on", "not_allowed", ""},
		"an unknown field":      {m{"documents": a, "policies": policies("pii"), "more": 1}, "/more", "unknown_field", ""},
		"no fingerprint":        {m{"documents": a, "policies": policies("pii"), "baseline": []string{"x"}}, "/baseline/0", "pattern", ""},
		"nothing sealed":        {m{"documents": []m{{"sealed": strings.Repeat("A", 60)}}, "policies": policies("pii")}, "/documents/0/sealed", "pattern", ""},
		"a rule twice":          {m{"documents": a, "rules": []m{rule("r", "true"), rule("r", "true")}}, "/rules/1/id", "duplicate", ""},
		"a built-in id":         {m{"documents": a, "rules": []m{rule("pii.email", "true")}}, "/rules/0/id", "not_allowed", ""},
		"the error's id":        {m{"documents": a, "rules": []m{rule("RULE_ERROR", "true")}}, "/rules/0/id", "not_allowed", ""},
		"a value as an id":      {m{"documents": a, "rules": []m{rule("078-05-1120", "true")}}, "/rules/0/id", "not_allowed", ""},
		"syntax":                {m{"documents": a, "rules": []m{rule("a", "true"), rule("b", "text.size() >\n   && true")}}, "/rules/1/cel", "cel", "Line 2, column 4: "},
		"a wrong type":          {m{"documents": a, "rules": []m{rule("a", "text + 1 == 2")}}, "/rules/0/cel", "cel", "Line 1, column 6: "},
		"no boolean":            {m{"documents": a, "rules": []m{rule("a", "1 + 1")}}, "/rules/0/cel", "cel", "Line 1, column 1: "},
		"a bad pattern":         {m{"documents": a, "rules": []m{rule("a", "regex(text, \"(\")")}}, "/rules/0/cel", "cel", "Line 1, column "},
		"too deep":              {m{"documents": a, "rules": []m{rule("a", strings.Repeat("(", 500)+"true"+strings.Repeat(")", 500))}}, "/rules/0/cel", "cel", ""},
	} {
		fields := inputError(t, c.in)
		if !slices.ContainsFunc(fields, func(f pack.FieldError) bool {
			return strings.HasPrefix(f.Pointer, c.pointer) && (c.code == "" || f.Code == c.code) && strings.HasPrefix(f.Message, c.message)
		}) {
			t.Errorf("%s: %+v", name, fields)
		}
	}
}

func TestEstimateIsWhatIsPaid(t *testing.T) {
	in := m{
		"documents": []m{text("a", strings.Repeat("é", 15_000)), text("b", strings.Repeat("x", 5_001))}, "policies": policies("pii", "gdpr-art13"),
		"rules": []m{{"id": "r", "cel": "false", "severity": "low", "message": "m"}},
	}
	bounds, err := packtest.Offer(t, shared()).Check(packtest.JSON(t, in))
	if err != nil {
		t.Fatal(err)
	}
	r := must(t, in)
	if bounds.All != r.meter.Total() || bounds.Low != bounds.All || bounds.High != bounds.All || bounds.Minimum >= bounds.All {
		t.Errorf("%+v, and it was %s", bounds, r.meter.Total())
	}
	if _, err := submit(t, shared(), in, bounds.All); err != nil {
		t.Error(err)
	}
	if less, err := submit(t, shared(), in, bounds.All-dpp.Quantum); err != nil || less.Stopped != dpp.StopCostLimit {
		t.Errorf("%v", err)
	}
	usage := r.meter.Usage()
	if len(usage) != 2 || usage[0].Unit != unitCharacter || usage[0].Quantity != 20_001 || usage[1].Quantity < 2*11 {
		t.Errorf("%+v", usage)
	}
}

func TestEstimateOfFiles(t *testing.T) {
	e, err := shared().Estimate(jsontext.Value(`{"documents":[{"file":{"kind":"upload","upload_id":"upl_06e17v4yfdxbs3ff04hmasw9nc"}},{"file":{"kind":"inline","media_type":"text/plain","data":"aGVsbG8gd29ybGQh"}}],"policies":[{"id":"pii"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Uploads) != 1 || e.Uploads[0].Pointer != "/documents/0/file/upload_id" || e.Low[0].Quantity != 4 || e.Likely[0].Quantity != likelyChars+12 || e.High[0].Quantity != mostChars+12 {
		t.Errorf("%+v", e)
	}
}

// A redacted copy is of the same format, and tells no length.
func TestRedactedCopies(t *testing.T) {
	copyOf := func(doc m) string {
		r := must(t, m{"documents": []m{doc}, "policies": policies("pii"), "redact": true})
		return r.files[r.data.Documents[0].Artifact]
	}
	for _, c := range []struct {
		name, text, want string
	}{
		{"a.json", `{"mail": "jo@example.org", "ssn": [78051120, "x"], "n": 1.5}`, `{"mail": "xxxx@xxxx.xx", "ssn": [78051120, "x"], "n": 1.5}`},
		{"a.json", `{"card": 4111111111111111}`, `{"card": "XXXX XXXX XXXX XXXX"}`},
		{"a.json", `{"mail":"jo\u0040example.org"}`, `{"mail":"xxxx@xxxx.xx"}`},
		{"a.yaml", "mail: jo@example.org # bo@example.org\n", "mail: xxxx@xxxx.xx # xxxx@xxxx.xx\n"},
		{"a.html", `<p>Mail <a href="mailto:jo@example.org">jo&#64;example.org</a></p>`, `<p>Mail <a href="mailto:xxxx@xxxx.xx">xxxx@xxxx.xx</a></p>`},
		{"a.md", "# jo.very.long.name@mail.example.org\n", "# xxxx@xxxx.xx\n"},
		{"a.txt", "nothing at all\n", "nothing at all\n"},
	} {
		if got := copyOf(text(c.name, c.text)); got != c.want {
			t.Errorf("%q became %q", c.text, got)
		}
	}
	var doc map[string]any
	if err := json.Unmarshal([]byte(copyOf(text("a.json", `{"a":4111111111111111,"b":"\"jo@example.org\"\n","c":-4111111111111111}`))), &doc); err != nil || len(doc) != 3 {
		t.Errorf("%v %v", doc, err)
	}
	r := must(t, m{"documents": []m{text("a", "x")}, "policies": policies("pii")})
	if len(r.files) != 1 {
		t.Errorf("copies that nobody asked for: %d", len(r.files))
	}
}
