package secrets

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// key writes so many characters that chance picks, so that no secret stands in the sources.
func key(seed uint64, size int) string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	r := rand.New(rand.NewPCG(seed, seed))
	var b strings.Builder
	for range size {
		b.WriteByte(letters[r.IntN(len(letters))])
	}
	return b.String()
}

func TestFind(t *testing.T) {
	s, _ := scanner(t)
	token := "ghp_" + key(1, 36)
	private := "-----BEGIN RSA PRIVATE KEY-----\n" + key(2, 700) + "\n-----END RSA PRIVATE KEY-----"
	value := key(3, 24)
	for _, c := range []struct{ text, rule, secret string }{
		{"token " + token + ".", "github-pat", token},
		{"<" + token + ">", "github-pat", token},
		{"x" + token, "github-pat", token},
		{"a\n" + private + "\nb", "private-key", private},
		{`"api_key": "` + value + `",`, "generic-api-key", value},
		{"password = '" + value + "'", "generic-api-key", value},
		{"the key, as said, is on the table", "", ""},
		{"secret=aaaaaaaaaaaaaaaaaaaa", "", ""},
		{"monkey=" + value + "\n", "", ""},
		{"api_key=${API_KEY_OF_THIS_1}", "", ""},
		{"", "", ""},
	} {
		found, cut := s.Find(t.Context(), c.text, Options{})
		switch {
		case cut:
			t.Errorf("%q is cut", c.text)
		case c.rule == "" && len(found) > 0, c.rule != "" && len(found) != 1:
			t.Errorf("%q: %+v", c.text, found)
		case c.rule != "" && (found[0].Rule != c.rule || c.text[found[0].Start:found[0].End] != c.secret):
			t.Errorf("%q: %+v", c.text, found[0])
		}
	}
}

// What only the name calls secret is less sure than what has a form of its own, and the less so
// the more it looks like something public.
func TestGenericKeysAreLessSure(t *testing.T) {
	s, _ := scanner(t)
	confidence := func(text string) float64 {
		found, _ := s.Find(t.Context(), text, Options{})
		if len(found) != 1 {
			t.Errorf("%q: %+v", text, found)
			return 0
		}
		return found[0].Confidence
	}
	falling := []string{
		"ghp_" + key(1, 36),
		"client_secret = " + key(4, 32),
		"auth = " + key(4, 32),
		"auth = 3f2b8c1d-90ae-4b67-8d15-e07c6a2b9f43",
	}
	for i := 1; i < len(falling); i++ {
		if more, less := confidence(falling[i-1]), confidence(falling[i]); less >= more {
			t.Errorf("%q %v, %q %v", falling[i-1], more, falling[i], less)
		}
	}
	if found, _ := s.Find(t.Context(), falling[3], Options{MinConfidence: 0.5}); len(found) > 0 {
		t.Errorf("%+v", found)
	}
}

// Words in place of a secret ask for one.
func TestPlaceholdersOnCommandLinesAreLessSure(t *testing.T) {
	s, _ := scanner(t)
	for secret, want := range map[string]float64{"YOUR_API_KEY": 0.3, "my-secret-token-here": 0.3, key(6, 32): 0.95} {
		text := `curl -H "Authorization: Bearer ` + secret + `" https://api.example.com/`
		found, _ := s.Find(t.Context(), text, Options{})
		if len(found) != 1 || found[0].Confidence != want || text[found[0].Start:found[0].End] != secret {
			t.Errorf("%s: %+v, want %v", secret, found, want)
		}
	}
}

func TestRulesForKindsOfFiles(t *testing.T) {
	s, _ := scanner(t)
	text := written()["kubernetes-secret-yaml"]
	for name, want := range map[string]bool{"": true, "secret": true, "secret.yaml": true, "secret.txt": false} {
		found, _ := s.Find(t.Context(), text, Options{Name: name})
		if got := len(found) > 0 && found[0].Rule == "kubernetes-secret-yaml"; got != want {
			t.Errorf("%q: %+v", name, found)
		}
	}
}

func TestBounds(t *testing.T) {
	s, _ := scanner(t)
	text := strings.Repeat("token ghp_"+key(1, 36)+"\n", 50)
	if found, cut := s.Find(t.Context(), text, Options{Limit: 10}); len(found) != 10 || !cut {
		t.Errorf("%d findings, cut %v", len(found), cut)
	}
	ended, stop := context.WithCancel(t.Context())
	stop()
	if _, cut := s.Find(ended, text, Options{}); !cut {
		t.Error("a text is looked at behind the end of the context")
	}
}

// The work is bounded by the length of the text, and where that is too little for what stands
// in it, it is said.
func TestWorkIsBounded(t *testing.T) {
	s, _ := scanner(t)
	for _, unit := range []string{
		"-----BEGIN PRIVATE KEY-----\n", "kind: secret data: x ", "api_key=q8fG7hJk2Lm9Pz1x\n", "curl ", "eyJ", "sk-", "password:", "token = = ",
	} {
		text := strings.Repeat(unit, 1<<18/len(unit))
		w := &search{scanner: s, text: text, budget: budgetOf(len(text)), tried: map[*rule]int{}, o: Options{Limit: 1 << 20}}
		w.run(t.Context())
		if allowed := budgetOf(len(text)) + 64*reach; w.steps > allowed {
			t.Errorf("%q: %d bytes were tried, %d are allowed", unit, w.steps, allowed)
		}
		if w.budget <= 0 && !w.cut {
			t.Errorf("%q: the text was not looked at to its end, and nobody says so", unit)
		}
	}
}

func FuzzFind(f *testing.F) {
	s, rules := scanner(f)
	f.Add("token ghp_"+key(1, 36), "a.yaml")
	f.Add("api_key = \""+key(3, 24)+"\"", "")
	f.Add(written()["kubernetes-secret-yaml"], "")
	for _, e := range rules[:50] {
		f.Add(e.Keywords[0]+" = "+key(9, 40), "x")
	}
	f.Fuzz(func(t *testing.T, text, name string) {
		found, _ := s.Find(t.Context(), text, Options{Name: name})
		end := 0
		for _, f := range found {
			if f.Start < end || f.End <= f.Start || f.End > len(text) || f.Confidence <= 0 || f.Confidence > 1 {
				t.Fatalf("%q: %+v behind %d", text, f, end)
			}
			if utf8.ValidString(text) && !utf8.ValidString(text[f.Start:f.End]) {
				t.Errorf("%q: %+v cuts a character", text, f)
			}
			end = f.End
		}
	})
}
