package dpp_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"dpp"
)

// payload is what a hash is made of, as a caller may write it.
type payload struct {
	pack, inputs, maxCost, reliability string
	timebox                            time.Duration
	allowPartial                       bool
}

func (p payload) hash() (string, error) {
	maxCost, err := dpp.ParseMoney(p.maxCost)
	if err != nil {
		return "", err
	}
	reliability, err := dpp.ParseScore(p.reliability)
	if err != nil {
		return "", err
	}
	r := dpp.Reservation{MaxCost: maxCost, Timebox: p.timebox, MinReliability: reliability}
	sum, err := dpp.PayloadHash(p.pack, jsontext.Value(p.inputs), r, p.allowPartial)
	return hex.EncodeToString(sum[:]), err
}

func (p payload) mustHash(t *testing.T) string {
	t.Helper()
	sum, err := p.hash()
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func simple() payload {
	return payload{"decision", `{"a":[1,2.5,"x"],"b":{"c":true}}`, "0.25", "0.8", 90 * time.Second, true}
}

// The vectors were computed apart from this program: the canonical text below,
// written by hand after RFC 8785, given to sha256sum.
func TestPayloadHashVectors(t *testing.T) {
	// {"inputs":{"a":[1,2.5,"x"],"b":{"c":true}},"options":{"allow_partial":true},"pack_type":"decision",
	//  "reservation":{"max_cost_usd":"0.2500","min_reliability_score":0.8,"timebox_sec":90}} without the line break
	if got, want := simple().mustHash(t), "b4a179925ea22ad5d6aad6586c5ffd4a767e9bfacba30f9d2a7cc6c3e78e1038"; got != want {
		t.Errorf("the hash is %s, want %s", got, want)
	}
	// Numbers, escapes and the order of names by UTF-16, where U+1F600 stands
	// before U+FB33; <U+20AC> is for the character itself:
	// {"inputs":{"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27,0],"string":"<U+20AC>$\u000f\nA'B\"\\\\\"/","<U+20AC>":1,"<U+1F600>":2,"<U+FB33>":3},
	//  "options":{"allow_partial":false},"pack_type":"url",
	//  "reservation":{"max_cost_usd":"1000000.0000","min_reliability_score":1,"timebox_sec":1}}
	hard := payload{
		"url", ` {"\ufb33": 3, "\ud83d\ude00": 2, "\u20AC": 1.0, "string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
			"numbers":[333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001, -0]}`, "1000000", "10e-1", time.Second, false,
	}
	if got, want := hard.mustHash(t), "87f0d61cbf332d95784dbc9d6ebff250744275292807f575111bed196c65d242"; got != want {
		t.Errorf("the hash is %s, want %s", got, want)
	}
}

func TestPayloadHashIgnoresHowItIsWritten(t *testing.T) {
	want := simple().mustHash(t)
	for name, change := range map[string]func(*payload){
		"members in another order": func(p *payload) { p.inputs = `{"b":{"c":true},"a":[1,2.5,"x"]}` },
		"white space":              func(p *payload) { p.inputs = "\n{ \"a\" : [1,\t2.5,\"x\"],\"b\":{\"c\":true} } " },
		"numbers in another form":  func(p *payload) { p.inputs = `{"a":[1.0,25e-1,"x"],"b":{"c":true}}` },
		"escapes":                  func(p *payload) { p.inputs = `{"\u0061":[1,2.5,"\u0078"],"b":{"c":true}}` },
		"money with more places":   func(p *payload) { p.maxCost = "0.2500" },
		"money with zeros":         func(p *payload) { p.maxCost = "00.250" },
		"a score in another form":  func(p *payload) { p.reliability = "8e-1" },
		"parts of a second":        func(p *payload) { p.timebox += time.Millisecond },
	} {
		p := simple()
		change(&p)
		if got := p.mustHash(t); got != want {
			t.Errorf("%s: another hash", name)
		}
	}
}

func TestPayloadHashTellsApart(t *testing.T) {
	seen := map[string]string{simple().mustHash(t): "the original"}
	for name, change := range map[string]func(*payload){
		"another pack":        func(p *payload) { p.pack = "url" },
		"allow_partial":       func(p *payload) { p.allowPartial = false },
		"another amount":      func(p *payload) { p.maxCost = "0.2501" },
		"another timebox":     func(p *payload) { p.timebox = 89 * time.Second },
		"another reliability": func(p *payload) { p.reliability = "0.800001" },
		"another number":      func(p *payload) { p.inputs = `{"a":[1,2.6,"x"],"b":{"c":true}}` },
		"another text":        func(p *payload) { p.inputs = `{"a":[1,2.5,"X"],"b":{"c":true}}` },
		"a number as text":    func(p *payload) { p.inputs = `{"a":["1",2.5,"x"],"b":{"c":true}}` },
		"the order of items":  func(p *payload) { p.inputs = `{"a":[2.5,1,"x"],"b":{"c":true}}` },
		"a member more":       func(p *payload) { p.inputs = `{"a":[1,2.5,"x"],"b":{"c":true},"d":0}` },
		"a member less":       func(p *payload) { p.inputs = `{"a":[1,2.5,"x"]}` },
		"a name in inputs":    func(p *payload) { p.inputs = `{"a":[1,2.5,"x"],"b":{"c":true},"pack_type":"decision"}` },
	} {
		p := simple()
		change(&p)
		sum := p.mustHash(t)
		if other, twice := seen[sum]; twice {
			t.Errorf("%s has the hash of %s", name, other)
		}
		seen[sum] = name
	}
}

func TestPayloadHashRefusesWhatIsNoJSON(t *testing.T) {
	for _, inputs := range []string{``, `{`, `{}{}`, `{"a":1,"a":2}`, "{\"a\":\"\xff\"}", `nul`} {
		p := simple()
		p.inputs = inputs
		if sum, err := p.hash(); err == nil {
			t.Errorf("%q has the hash %s", inputs, sum)
		}
	}
}

// document is any JSON object, written twice with its members in two orders.
func document(depth int) *rapid.Generator[[2]string] {
	scalar := rapid.Map(rapid.SampledFrom([]string{`0`, `1`, `-2.5`, `"x"`, `""`, `true`, `false`, `"\u00e9"`, `[]`, `{}`}), func(s string) [2]string { return [2]string{s, s} })
	if depth == 0 {
		return scalar
	}
	return rapid.Custom(func(t *rapid.T) [2]string {
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-c]{1,3}`), 0, 4, rapid.ID).Draw(t, "names")
		members := map[string][2]string{}
		for _, name := range names {
			members[name] = rapid.OneOf(scalar, document(depth-1)).Draw(t, name)
		}
		var both [2]string
		for i, order := range [][]string{names, rapid.Permutation(names).Draw(t, "order")} {
			var parts []string
			for _, name := range order {
				parts = append(parts, fmt.Sprintf("%q:%s", name, members[name][i]))
			}
			both[i] = "{" + strings.Join(parts, ",") + "}"
		}
		return both
	})
}

func TestPayloadHashIgnoresTheOrderOfMembers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		both := document(3).Draw(t, "inputs")
		p, q := simple(), simple()
		p.inputs, q.inputs = both[0], both[1]
		first, err := p.hash()
		if err != nil {
			t.Fatal(err)
		}
		if second, err := q.hash(); err != nil || second != first {
			t.Fatalf("%s and %s have hashes %s and %s, %v", p.inputs, q.inputs, first, second, err)
		}
	})
}
