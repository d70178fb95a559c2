package redact_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"dpp/internal/pack/compliancepack/recognise"
	"dpp/internal/pack/compliancepack/redact"
)

func spans(found []recognise.Finding) []redact.Span {
	var all []redact.Span
	for _, f := range found {
		all = append(all, redact.Span{Kind: f.Kind, Start: f.Start, End: f.End})
	}
	return all
}

func TestRedact(t *testing.T) {
	for _, c := range []struct {
		text   string
		spans  []redact.Span
		format redact.Format
		want   string
	}{
		{"to jo@example.org now", []redact.Span{{Kind: "email", Start: 3, End: 17}}, redact.Text, "to xxxx@xxxx.xx now"},
		{"jo@example.org, JO@EXAMPLE.ORG", []redact.Span{{Kind: "email", Start: 0, End: 14}}, redact.Text, "xxxx@xxxx.xx, xxxx@xxxx.xx"},
		{"secretsecret", []redact.Span{{Kind: "github-pat", Start: 0, End: 6}}, redact.Text, "XXXXXXXXXXXXXXXX"},
		{"a::b ::", []redact.Span{{Kind: "ip", Start: 5, End: 7}}, redact.Text, "a::b X.X.X.X"},
		{"12345678", []redact.Span{{Kind: "kr_brn", Start: 0, End: 5}, {Kind: "iban", Start: 3, End: 7}}, redact.Text, "XXX-XX-XXXXX8"},
		{"short", []redact.Span{{Kind: "iban", Start: 3, End: 9}, {Kind: "iban", Start: -1, End: 2}, {Kind: "iban", Start: 2, End: 2}}, redact.Text, "short"},
		{`{"n":346731350,"s":"346731350"}`, []redact.Span{{Kind: "us_ssn", Start: 5, End: 14}}, redact.JSON, `{"n":"XXX-XX-XXXX","s":"XXX-XX-XXXX"}`},
		{`[-1346731350e2, "a\"346731350\\", 5]`, []redact.Span{{Kind: "us_ssn", Start: 3, End: 12}}, redact.JSON, `["XXX-XX-XXXX", "a\"XXX-XX-XXXX\\", 5]`},
		{`["346731350 x"]`, []redact.Span{{Kind: "us_ssn", Start: 2, End: 11}}, redact.JSON, `["XXX-XX-XXXX x"]`},
	} {
		if got := redact.Redact(c.text, c.spans, c.format); got != c.want {
			t.Errorf("%s becomes %s, want %s", c.text, got, c.want)
		}
	}
}

// parts are pieces of texts with values that a recogniser finds.
func parts() []string {
	return []string{
		"jo@example.org", "JO@example.org", "+44 20 7946 0018", "4111 1111 1111 1111", "5555555555554444", "DE02 1203 0000 0000 2020 51", "SSN 346-73-1350", "346731350",
		"900115-1181772", "AB 12 34 56 C", "born 12 March 1985", "203.0.113.7", "2001:db8::1", "00:1A:2B:3C:4D:5E", "::", " ", "\n", ",", "x", "1", "é", "X", ".", "@",
	}
}

func TestNothingFoundRemains(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts()), 0, 20).Draw(t, "parts"), "")
		found, _ := recognise.Find(t.Context(), text, nil, recognise.Options{})
		got := redact.Redact(text, spans(found), redact.Text)
		for _, f := range found {
			if value := text[f.Start:f.End]; len(value) >= 6 && strings.Contains(strings.ToLower(got), strings.ToLower(value)) {
				t.Errorf("%q, redacted, is %q and has %q", text, got, value)
			}
		}
	})
}

// A document of JSON is one after its values are taken out, with the same members.
func TestJSONRemainsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		object := map[string]any{}
		for _, name := range rapid.SliceOfN(rapid.StringMatching(`[a-z]{1,3}`), 0, 5).Draw(t, "names") {
			object[name] = rapid.OneOf(
				rapid.Map(rapid.SampledFrom(parts()), func(s string) any { return "\\\"" + s }),
				rapid.Map(rapid.SampledFrom([]int64{346731350, 4111111111111111, 5555555555554444, 12, -346731350}), func(n int64) any { return n }),
			).Draw(t, "value")
		}
		text, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		found, _ := recognise.Find(t.Context(), string(text), nil, recognise.Options{})
		got := redact.Redact(string(text), spans(found), redact.JSON)
		var read map[string]any
		if err := json.Unmarshal([]byte(got), &read); err != nil || len(read) != len(object) {
			t.Errorf("%s becomes %s: %v", text, got, err)
		}
	})
}

func TestMasksTellNothing(t *testing.T) {
	for _, kind := range recognise.Kinds() {
		mask := redact.Mask(kind.ID)
		if mask == "" || strings.Trim(mask, "Xx@.+-: ") != "" {
			t.Errorf("%s: %q", kind.ID, mask)
		}
		for _, around := range []string{"%", "born %", "card %\n", "12-%-12", "a% %b"} {
			text := strings.ReplaceAll(around, "%", mask)
			if found, _ := recognise.Find(t.Context(), text, nil, recognise.Options{}); len(found) > 0 {
				t.Errorf("%q is taken for %v", text, found)
			}
		}
	}
}

func FuzzRedact(f *testing.F) {
	f.Add(`{"n":346731350,"s":"346731350"}`, 5, 14, 20, 29)
	f.Add("jo@example.org", 0, 14, 3, 5)
	f.Fuzz(func(t *testing.T, text string, a, b, c, d int) {
		given := []redact.Span{{Kind: "email", Start: a, End: b}, {Kind: "us_ssn", Start: c, End: d}}
		for _, format := range []redact.Format{redact.Text, redact.JSON} {
			got := redact.Redact(text, given, format)
			if ok := a >= 0 && a < b && b <= len(text) || c >= 0 && c < d && d <= len(text); !ok && got != text {
				t.Errorf("nothing is taken out of %q, and it becomes %q", text, got)
			}
		}
	})
}

func TestNames(t *testing.T) {
	if _, err := redact.NewNames([]byte("short")); !errors.Is(err, redact.ErrSecret) {
		t.Errorf("%v", err)
	}
	secret := []byte("sixteen bytes or more")
	names, err := redact.NewNames(secret)
	if err != nil {
		t.Fatal(err)
	}
	secret[0] = 'x' // what the caller does with its copy does not matter
	for _, same := range [][3]string{
		{"us_ssn", "346-73-1350", "346731350"},
		{"iban", "DE02 1203 0000 0000 2020 51", "DE02120300000000202051"},
		{"email", "Jo@Example.org", "jo@example.org"},
		{"uk_nino", "ab 12 34 56 c", "AB123456C"},
		{"mac", "aa:bb:cc:dd:ee:01", "AABB.CCDD.EE01"},
	} {
		if a, b := names.Of(same[0], same[1]), names.Of(same[0], same[2]); a != b || len(a) != 64 {
			t.Errorf("%v: %s, %s", same, a, b)
		}
	}
	other, err := redact.NewNames([]byte("another tenant's secret"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, name := range []string{
		names.Of("us_ssn", "346731350"), names.Of("us_itin", "346731350"), names.Of("us_ssn", "346731351"),
		other.Of("us_ssn", "346731350"), names.Of("github-pat", "aB"), names.Of("github-pat", "ab"), names.Of("crypto", "a b"), names.Of("crypto", "ab"),
	} {
		if seen[name] {
			t.Errorf("two values have the name %s", name)
		}
		seen[name] = true
	}
	// HMAC-SHA256 computed apart, over "us_ssn", a zero byte and the digits.
	if got := names.Of("us_ssn", "346-73-1350"); got != "e5693f43acf7a8987bfe662c64ef0e3d8b3e2c8c1b5baccad34235f15ae497c1" {
		t.Errorf("the name is %s", got)
	}
}
