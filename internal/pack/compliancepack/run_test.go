package compliancepack

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"dpp"
	"dpp/internal/pack"
	"dpp/internal/pack/compliancepack/policy"
	"dpp/internal/pack/compliancepack/precision"
)

func TestExampleRuns(t *testing.T) {
	var example struct {
		Inputs any `json:"inputs"`
	}
	if err := json.Unmarshal(newManifest().Example, &example); err != nil {
		t.Fatal(err)
	}
	r := must(t, example.Inputs)
	if r.data.Verdict != verdictFail || !slices.Equal(r.ids(), []string{"pii.credit_card", "pii.email", "pinned-images"}) {
		t.Errorf("%s, %v", r.data.Verdict, r.ids())
	}
	if r.meter.Total() > 500_000 || r.Reliability < 500_000 || r.Reliability > 900_000 { // its values are those that manuals print
		t.Errorf("%s, %s", r.meter.Total(), r.Reliability)
	}
	if len(r.files) != 3 || strings.Contains(r.everything(), "4111") || strings.Contains(r.everything(), "jo.doe") {
		t.Errorf("%d files\n%s", len(r.files), r.everything())
	}
}

func TestLocations(t *testing.T) {
	for name, c := range map[string]struct {
		doc  m
		want location
	}{
		"first line":        {text("a.txt", "jo@example.org"), location{Line: 1, Column: 1, Start: 0, End: 14}},
		"behind emoji":      {text("a.txt", "ok\n👋🏽 jo@example.org\n"), location{Line: 2, Column: 4, Start: 6, End: 20}},
		"behind CR LF":      {text("a.txt", "é\r\n\r\njo@example.org"), location{Line: 3, Column: 1, Start: 5, End: 19}},
		"a member":          {text("a.json", `{"a":{"b/c":[1,"x jo@example.org"]}}`), location{Line: 1, Column: 19, Start: 18, End: 32, Pointer: "/a/b~1c/1"}},
		"escaped in JSON":   {text("a.json", `{"a":"jo\u0040example.org"}`), location{Line: 1, Column: 7, Start: 6, End: 25, Pointer: "/a"}},
		"a name in JSON":    {text("a.json", `{"l":[{},{"jo@example.org":1}]}`), location{Line: 1, Column: 12, Start: 11, End: 25, Pointer: "/l/1/xxxx@xxxx.xx"}},
		"JSON lines":        {m{"name": "a", "media_type": "application/json", "text": "{\"a\":\n [\n\"jo@example.org\"]\n}"}, location{Line: 3, Column: 2, Start: 10, End: 24, Pointer: "/a/0"}},
		"YAML":              {text("a.yaml", "a: 1\nb:\n  - x\n  - c: mail jo@example.org\n"), location{Line: 4, Column: 13, Start: 26, End: 40, Pointer: "/b/1/c"}},
		"a name in YAML":    {text("a.yaml", "a: 1\njo@example.org: 2\n"), location{Line: 2, Column: 1, Start: 5, End: 19, Pointer: "/xxxx@xxxx.xx"}},
		"escaped in YAML":   {text("a.yaml", "a: \"jo\\x40example.org\"\n"), location{Line: 1, Column: 5, Start: 4, End: 21, Pointer: "/a"}},
		"two documents":     {text("a.yaml", "a: 1\n---\nb: jo@example.org\n"), location{Line: 3, Column: 4, Start: 12, End: 26, Pointer: "/1/b"}},
		"no JSON at all":    {text("a.json", `{"a": jo@example.org`), location{Line: 1, Column: 7, Start: 6, End: 20}},
		"HTML entities":     {text("a.html", `<p title="x">jo&#64;example.org</p>`), location{Line: 1, Column: 14, Start: 13, End: 31}},
		"an HTML attribute": {text("a.html", `<a href="mailto:jo@example.org">me</a>`), location{Line: 1, Column: 17, Start: 16, End: 30}},
		"broken by markup":  {text("a.html", `<p>jo<b>@</b>example<i>.</i>org</p>`), location{Line: 1, Column: 4, Start: 3, End: 31}},
	} {
		r := must(t, m{"documents": []m{c.doc}, "policies": []m{{"id": "pii", "options": m{"rules": []string{"email"}}}}})
		if len(r.data.Findings) != 1 || r.data.Findings[0].Location != c.want {
			t.Errorf("%s: %+v", name, r.data.Findings)
			for _, f := range r.data.Findings {
				t.Errorf("%+v", f.Location)
			}
		}
	}
}

func TestVerdicts(t *testing.T) {
	rule := func(severity string) []m {
		return []m{{"id": "r", "cel": `text.contains("bad")`, "severity": severity, "message": "It is bad."}}
	}
	for _, c := range []struct {
		text, severity, failOn, reviewOn, want string
	}{
		{"good", "critical", "", "", verdictPass},
		{"bad", "high", "", "", verdictFail},
		{"bad", "critical", "", "", verdictFail},
		{"bad", "medium", "", "", verdictReview},
		{"bad", "low", "", "", verdictPass},
		{"bad", "medium", "medium", "", verdictFail},
		{"bad", "info", "high", "info", verdictReview},
		{"bad", "high", "critical", "critical", verdictPass},
		{"bad", "info", "info", "", verdictFail},
	} {
		in := m{"documents": []m{text("a", c.text)}, "rules": rule(c.severity)}
		if c.failOn != "" {
			in["fail_on"] = c.failOn
		}
		if c.reviewOn != "" {
			in["review_on"] = c.reviewOn
		}
		r := must(t, in)
		if r.data.Verdict != c.want || (len(r.data.Findings) > 0) != (c.text == "bad") {
			t.Errorf("%+v: %s", c, r.data.Verdict)
		}
	}
}

// How far a result can be trusted is what the page says: what could be read, times how often
// findings like these are right, the severe ones counting for more.
func TestReliability(t *testing.T) {
	own := m{"id": "r", "cel": "true", "severity": "info", "message": "m"}
	for name, c := range map[string]struct {
		in   m
		read float64
	}{
		"nothing found":      {m{"documents": []m{text("a", "fine")}, "policies": policies("pii")}, 1},
		"a rule of its own":  {m{"documents": []m{text("a", "fine")}, "rules": []m{own}}, 1},
		"one value":          {m{"documents": []m{text("a", "tax number 10 824 753 562, ABN 51 824 753 556")}, "policies": policies("pii")}, 1},
		"values and a rule":  {m{"documents": []m{text("a", "card 4539 1488 0343 6467 of jo@example.org, 346-73-1350, api_key = 'ah3kd8Kd0sPq2LmXo9vB'")}, "policies": policies("pii", "secrets"), "rules": []m{own}}, 1},
		"a notice":           {m{"documents": []m{text("a", "Privacy notice.")}, "policies": policies("gdpr-art13")}, 1},
		"half of it is JSON": {m{"documents": []m{text("a.json", `{"a": jo@example.org`), text("b", "fine")}, "policies": policies("pii")}, 0.9},
	} {
		r := must(t, c.in)
		weights, sum := 0.0, 0.0
		for _, f := range r.data.Findings {
			weight := float64(max(1, slices.Index([]policy.Severity{policy.Info, policy.Low, policy.Medium, policy.High, policy.Critical}, f.Severity)))
			weights, sum = weights+weight, sum+weight*f.Precision
			if f.RuleID == "r" && (f.Precision != 1 || f.Confidence != 1) || f.RuleID != "r" && (f.Precision <= 0 || f.Precision >= 1) {
				t.Errorf("%s: %+v", name, f)
			}
		}
		want := c.read
		if weights > 0 {
			want *= sum / weights
		}
		if got := float64(r.Reliability) / float64(dpp.FullScore); math.Abs(got-want) > 1e-6 {
			t.Errorf("%s: %v, want %v of %d findings", name, got, want, len(r.data.Findings))
		}
		if (len(r.data.Findings) == 0) != (name == "nothing found") || (r.Reliability < dpp.FullScore) != (len(r.Reasons) > 0) {
			t.Errorf("%s: %s %v", name, r.Reliability, r.Reasons)
		}
	}
}

// The precision of a finding is what was counted of its recogniser with its confidence, and
// that of a printed example what was counted of those.
func TestPrecisionIsThatOfTheRecogniser(t *testing.T) {
	for value, c := range map[string]struct{ rule, counted string }{
		"card 4539 1488 0343 6467":           {"pii.credit_card", "credit_card"},
		"card 4111 1111 1111 1111":           {"pii.credit_card", precision.Kind("credit_card", true)},
		"346-73-1350":                        {"pii.us_ssn", "us_ssn"},
		"key AKIA2OGYBAH6QLNVKQ5A ":          {"secrets.aws-access-token", precision.ClassForm},
		"api_key = 'ah3kd8Kd0sPq2LmXo9vB'\n": {"secrets.generic-api-key", precision.ClassGeneric},
	} {
		r := must(t, m{"documents": []m{text("a", value)}, "policies": policies("pii", "secrets")})
		if len(r.data.Findings) != 1 || r.data.Findings[0].RuleID != c.rule {
			t.Errorf("%q: %v", value, r.ids())
			continue
		}
		f := r.data.Findings[0]
		if f.Precision != precision.Of(c.counted, f.Confidence) || f.Precision == f.Confidence {
			t.Errorf("%q: %v of %v, want %v", value, f.Precision, f.Confidence, precision.Of(c.counted, f.Confidence))
		}
	}
}

func TestRulesThatSayNothingAreFindings(t *testing.T) {
	for reason, cel := range map[string]string{
		failedBoolean:    `doc.a`,
		failedEvaluation: `doc.b.c == 1`,
		failedCost:       `lines.all(a, lines.all(b, lines.all(c, lines.all(d, lines.all(e, a + b + c + d + e != "x")))))`,
	} {
		r := must(t, m{
			"documents": []m{text("a.json", `{"a": 1,`+strings.Repeat("\n", 60)+`"d": 2}`)},
			"rules":     []m{{"id": "mine", "cel": cel, "severity": "high", "message": "m"}},
		})
		if len(r.data.Findings) != 1 || r.data.Verdict != verdictFail || r.Reliability != 0 {
			t.Fatalf("%s: %+v", reason, r.data)
		}
		if f := r.data.Findings[0]; f.RuleID != ruleError || f.Precision != 0 || f.Rule != "mine" || f.Reason != reason || r.status("mine") != statusFail {
			t.Errorf("%s: %+v", reason, f)
		}
	}
}

func TestRulesSeeTheDocument(t *testing.T) {
	for cel, doc := range map[string]m{
		`doc.a[1] == "x" && media_type == "application/json"`:     text("a.json", `{"a":[1,"x"]}`),
		`json_path(doc, "$.a.b").size() == 1 && name == "a.yaml"`: text("a.yaml", "a: {b: 1}\n"),
		`doc == null && lines.size() == 2 && lines[1] == "two"`:   text("a.txt", "one\ntwo\n"),
		`text == "one\ntwo\n"`:                                            text("a.html", "one<!-- jo@example.org --><p>two</p>"),
		`pii(text, "email").size() == 1 && regex(text, "jo@")`:            text("a.md", "write to jo@example.org"),
		`doc[0].a == 1 && doc[1].b`:                                       text("a.yml", "a: 1\n---\nb: true\n"),
		`doc.base.x == 1 && doc.more.x == 1 && doc.more.y == 2.5`:         text("a.yml", "base: &b {x: 1}\nmore: {<<: *b, y: 2.5}\n"),
		`near("cat", "dog", 10) && !near("cat", "cow", 3)`:                text("a", "the cat, a dog, and also one cow"),
		`type(doc.n) == int && type(doc.f) == double && doc.z == null`:    text("a.json", `{"n":12,"f":1.0,"z":null}`),
		`doc.d == "2026-01-02" && doc.o == 8 && doc.t == "a: b" && doc.q`: text("a.yaml", "d: 2026-01-02\no: 0o10\nt: 'a: b'\nq: true\n"),
	} {
		r := must(t, m{"documents": []m{doc}, "rules": []m{{"id": "r", "cel": cel, "severity": "low", "message": "m"}}})
		if !slices.Equal(r.ids(), []string{"r"}) {
			t.Errorf("%s: %+v", cel, r.data.Findings)
		}
	}
}

func TestPoliciesAreNarrowed(t *testing.T) {
	const both = "card 4111 1111 1111 1111, mail jo@example.org"
	for name, c := range map[string]struct {
		options m
		want    []string
	}{
		"all":           {m{}, []string{"pii.credit_card", "pii.email"}},
		"some":          {m{"rules": []string{"email", "pii.us_ssn"}}, []string{"pii.email"}},
		"without":       {m{"exclude": []string{"pii.email"}}, []string{"pii.credit_card"}},
		"only the sure": {m{"min_confidence": 1}, nil},
	} {
		r := must(t, m{"documents": []m{text("a", both)}, "policies": []m{{"id": "pii", "version": "1.0.0", "options": c.options}}})
		if !slices.Equal(r.ids(), c.want) || strings.Contains(r.everything(), "4111") || strings.Contains(r.everything(), "jo@") {
			t.Errorf("%s: %v", name, r.ids())
		}
	}
}

func TestNoticesAreCheckedWhereTheyAreSome(t *testing.T) {
	r := must(t, m{"documents": []m{text("a.txt", "Privacy notice. We collect personal data.")}, "policies": policies("gdpr-art13")})
	if r.data.Verdict != verdictFail || r.status("gdpr-art13.controller") != statusFail {
		t.Errorf("%s: %s", r.data.Verdict, r.status("gdpr-art13.controller"))
	}
	r = must(t, m{"documents": []m{text("a.txt", "An invoice for ten chairs.")}, "policies": policies("gdpr-art13")})
	if r.data.Verdict != verdictPass || r.status("gdpr-art13.controller") != statusNotApplicable || r.data.Counts.Rules.NotApplicable != len(r.data.Checked) {
		t.Errorf("%s: %s", r.data.Verdict, r.status("gdpr-art13.controller"))
	}
}

func TestBaselineSuppressesWhatIsKnown(t *testing.T) {
	in := m{
		"documents": []m{text("a", "jo@example.org, bo@example.org and JO@example.org")}, "policies": policies("pii"),
		"rules": []m{{"id": "r", "cel": "true", "severity": "high", "message": "m"}},
	}
	first := must(t, in)
	if len(first.data.Findings) != 4 {
		t.Fatalf("%+v", first.data.Findings)
	}
	known := map[string]int{}
	for _, f := range first.data.Findings {
		known[f.Fingerprint]++
	}
	if len(known) != 3 {
		t.Errorf("fingerprints %v", known)
	}
	var all []string
	for name := range known {
		all = append(all, strings.ToUpper(name))
	}
	in["baseline"] = all
	second := must(t, in)
	if c := second.data.Counts; second.data.Verdict != verdictPass || len(second.data.Findings) != 0 || c.Suppressed != 4 || c.Findings != 0 || second.Reliability != dpp.FullScore {
		t.Errorf("%s %+v %s", second.data.Verdict, c, second.Reliability)
	}
}

// Fingerprints stay, and differ between tenants and platforms.
func TestFingerprintsBelongToTheTenant(t *testing.T) {
	in := m{"documents": []m{text("a", "jo@example.org")}, "policies": policies("pii")}
	one := must(t, in).data.Findings[0].Fingerprint
	if again := must(t, in).data.Findings[0].Fingerprint; again != one {
		t.Error("another run, another fingerprint")
	}
	other, err := submit(t, newPack("another platform's secret, 32 bytes"), in, dpp.USD)
	if err != nil || other.data.Findings[0].Fingerprint == one {
		t.Errorf("another platform, the same fingerprint, %v", err)
	}
	a, errA := newKeys([]byte("secret"), "ten_a")
	b, errB := newKeys([]byte("secret"), "ten_b")
	if errA != nil || errB != nil || a.names.Of("email", "x") == b.names.Of("email", "x") {
		t.Errorf("another tenant, the same fingerprint, %v, %v", errA, errB)
	}
}

func TestTheSameInputsGiveTheSameData(t *testing.T) {
	in := m{
		"documents": []m{text("a.json", `{"a":"jo@example.org","b":["4111 1111 1111 1111"]}`), text("b.txt", "ssn 078-05-1120 tel +44 20 7946 0018")},
		"policies":  policies("pii", "secrets", "gdpr-art13"), "redact": true,
	}
	first := must(t, in)
	for range 3 {
		if again := must(t, in); again.envelope != first.envelope || !reflect.DeepEqual(again.files, first.files) {
			t.Fatal("two runs differ")
		}
	}
}

func TestWhatCannotBeReadDoesNotPass(t *testing.T) {
	file := func(name, mediaType, data string) m {
		return m{"name": name, "file": m{"kind": "inline", "media_type": mediaType, "data": data}}
	}
	r := must(t, m{"documents": []m{text("a", "fine"), file("b.png", "image/png", "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")}, "policies": policies("pii")})
	if r.data.Verdict != verdictReview || !slices.Equal(r.data.Reasons, []string{becauseUnread}) || r.Reliability != dpp.FullScore/2 {
		t.Errorf("%s %v %s", r.data.Verdict, r.data.Reasons, r.Reliability)
	}
	if len(r.Discarded) != 1 || r.Discarded[0].Item != "/documents/1" || r.data.Documents[1].Reason != reasonNoReader {
		t.Errorf("%+v", r.Discarded)
	}
	_, err := submit(t, shared(), m{"documents": []m{file("b.png", "image/png", "aGVsbG8gd29ybGQ=")}, "policies": policies("pii")}, dpp.USD)
	var failure *pack.Failure
	if !errors.As(err, &failure) || failure.Reason != dpp.ReasonInputRejected {
		t.Errorf("%v", err)
	}
}

func TestFilesAreReadAsText(t *testing.T) {
	for name, c := range map[string]struct{ mediaType, data, want string }{
		"JSON":   {"application/json", "eyJhIjoiam9AZXhhbXBsZS5vcmcifQ==", "application/json"},
		"YAML":   {"application/yaml", "YTogam9AZXhhbXBsZS5vcmcK", "application/yaml"},
		"UTF-16": {"text/plain", "//5qAG8AQABlAHgAYQBtAHAAbABlAC4AbwByAGcA", "text/plain"},
		"HTML":   {"text/html", "PHA+am9AZXhhbXBsZS5vcmc8L3A+", "text/html"},
	} {
		r := must(t, m{"documents": []m{{"file": m{"kind": "inline", "media_type": c.mediaType, "data": c.data}}}, "policies": policies("pii")})
		if !slices.Equal(r.ids(), []string{"pii.email"}) || r.data.Documents[0].MediaType != c.want {
			t.Errorf("%s: %v %+v", name, r.ids(), r.data.Documents)
		}
	}
}

// At the cost limit what was paid for is given, and the rest goes on where it stopped.
func TestPartialResultsGoOn(t *testing.T) {
	var documents []m
	for i := range 5 {
		documents = append(documents, text(fmt.Sprintf("d%d.txt", i), strings.Repeat("words and words ", 1250)+fmt.Sprintf(" jo%d@example.org", i)))
	}
	var in any = m{
		"documents": documents, "policies": policies("pii"),
		"rules": []m{
			{"id": "r", "cel": `!text.contains("words")`, "severity": "low", "message": "m"},
			{"id": "s", "cel": `text.contains("bo@example.org")`, "severity": "low", "message": "m"},
		},
	}
	var names []string
	for round := 0; in != nil; round++ {
		r, err := submit(t, shared(), in, 3_000)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.data.Findings {
			names = append(names, f.Document)
		}
		if r.meter.Total() > 3_000 || r.Stopped == "" && round < 2 || strings.Contains(r.everything(), "example.org") {
			t.Errorf("round %d: %s, %s", round, r.meter.Total(), r.Stopped)
		}
		if in = nil; r.Stopped != "" {
			in = r.Remaining
			if r.data.Verdict != verdictReview || !slices.Contains(r.data.Reasons, becauseStopped) || r.Stopped != dpp.StopCostLimit {
				t.Errorf("round %d: %s %v", round, r.data.Verdict, r.data.Reasons)
			}
		}
	}
	if !slices.Equal(names, []string{"d0.txt", "d1.txt", "d2.txt", "d3.txt", "d4.txt"}) {
		t.Errorf("%v", names)
	}
	if _, err := submit(t, shared(), m{"documents": documents, "policies": policies("pii")}, 100); !errors.Is(err, pack.ErrCostLimit) {
		t.Errorf("nothing was finished: %v", err)
	}
}

func TestTheTimeboxStopsARunThatFinishedNothing(t *testing.T) {
	ended, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	in := m{"documents": []m{text("a", "jo@example.org")}, "policies": policies("pii")}
	if _, err := submitWith(ended, t, shared(), in, dpp.USD); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	canceled, stop := context.WithCancel(t.Context())
	stop()
	if _, err := submitWith(canceled, t, shared(), in, dpp.USD); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestSealedTextsAreOurs(t *testing.T) {
	k, err := newKeys([]byte("secret"), tenant)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := k.sealText([]byte("some text"), 9)
	if err != nil {
		t.Fatal(err)
	}
	text, err := k.unseal(sealed)
	if n, ok := sealedNumber(sealed); string(text) != "some text" || err != nil || n != 9 || !ok {
		t.Errorf("%q, %v, %d", text, err, n)
	}
	other, err := newKeys([]byte("secret"), "ten_other")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.unseal(sealed); !errors.Is(err, errSealed) {
		t.Errorf("another tenant's: %v", err)
	}
	for i := range sealed {
		changed := []byte(sealed)
		if changed[i] = 'A'; sealed[i] == 'A' {
			changed[i] = 'B'
		}
		if text, err := k.unseal(string(changed)); err == nil && string(text) != "some text" {
			t.Errorf("changed at %d: %q", i, text)
		}
	}
	_, err = submit(t, shared(), m{"documents": []m{{"sealed": sealed}}, "policies": policies("pii")}, dpp.USD)
	var failure *pack.Failure
	if !errors.As(err, &failure) || failure.Reason != dpp.ReasonInputRejected {
		t.Errorf("%v", err)
	}
}
