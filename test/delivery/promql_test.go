package delivery

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// selector is a metric as a query names it, with what its labels must be.
type selector struct {
	name     string
	matchers []matcher
}

type matcher struct{ label, op, value string }

// A query in its smallest parts.
var token = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'[^']*'|\[[^\]]*\]|[a-zA-Z_:][a-zA-Z0-9_:]*|[0-9.]+(?:e[+-]?[0-9]+)?[a-z]*|=~|!~|!=|>=|<=|==|\S`)

var identifier = regexp.MustCompile(`^[a-zA-Z_:]`)

// What a query may name besides metrics and functions.
var (
	aggregators = []string{"sum", "min", "max", "avg", "count", "stddev", "topk", "bottomk", "quantile", "group"}
	groupings   = []string{"by", "without", "on", "ignoring", "group_left", "group_right"}
	operators   = []string{"and", "or", "unless", "bool", "offset", "inf", "nan"}
)

// selectorsOf finds the metrics of a query. It judges nothing: promtool does.
func selectorsOf(query string) ([]selector, error) {
	tokens := token.FindAllString(query, -1)
	at := func(i int) string {
		if i < len(tokens) {
			return tokens[i]
		}
		return ""
	}
	var found []selector
	for i := 0; i < len(tokens); i++ {
		word := tokens[i]
		switch {
		case word == "{":
			return nil, fmt.Errorf("%s: a selector without a name", query)
		case slices.Contains(groupings, word) && at(i+1) == "(":
			for i < len(tokens) && tokens[i] != ")" {
				i++
			}
		case !identifier.MatchString(word), at(i+1) == "(", slices.Contains(aggregators, word), slices.Contains(operators, word):
		default:
			s := selector{name: word}
			if at(i+1) == "{" {
				for i += 2; i < len(tokens) && tokens[i] != "}"; i++ {
					if tokens[i] == "," {
						continue
					}
					s.matchers = append(s.matchers, matcher{at(i), at(i + 1), strings.Trim(at(i+2), `"'`)})
					i += 2
				}
			}
			found = append(found, s)
		}
	}
	return found, nil
}

// matches tells whether the labels of a series are what the selector asks for. Labels
// that only a scrape adds are not looked at.
func (s selector) matches(labels map[string]string) bool {
	for _, m := range s.matchers {
		if m.label == "job" || m.label == "instance" {
			continue
		}
		value, matched := labels[m.label], false
		switch m.op {
		case "=":
			matched = value == m.value
		case "!=":
			matched = value != m.value
		case "=~":
			matched = regexp.MustCompile(`^(?:` + m.value + `)$`).MatchString(value)
		case "!~":
			matched = !regexp.MustCompile(`^(?:` + m.value + `)$`).MatchString(value)
		}
		if !matched {
			return false
		}
	}
	return true
}

func TestSelectorsAreFound(t *testing.T) {
	for query, want := range map[string]string{
		`up`: "[{up []}]",
		`sum by (le, by) (rate(a_bucket{x="1",y=~"a|b"}[5m])) / 3e2 > 0.5 * 14.4`: `[{a_bucket [{x = 1} {y =~ a|b}]}]`,
		`a and b{c!="}"} or on (d) group_left (e) f unless time() - g[1h:5m]`:     `[{a []} {b [{c != }}]} {f []} {g []}]`,
		`histogram_quantile(0.9, sum(rate(x[$__rate_interval])) without (le))`:    `[{x []}]`,
		`dpp:ratio:rate5m > 1 and max(y offset 5m)`:                               `[{dpp:ratio:rate5m []} {y []}]`,
	} {
		found, err := selectorsOf(query)
		if got := fmt.Sprint(found); err != nil || got != want {
			t.Errorf("%s: found %s (%v), want %s", query, got, err, want)
		}
	}
	if _, err := selectorsOf(`{job="x"}`); err == nil {
		t.Error("a selector without a name was taken")
	}
	series := map[string]string{"call": "put"}
	for query, want := range map[string]bool{
		`m{call="put"}`: true, `m{call="get"}`: false, `m{call=~"p.*"}`: true, `m{call=~"p"}`: false, `m{call!="put"}`: false,
		`m{call!~"g.*"}`: true, `m{port="blob"}`: false, `m{job="any"}`: true, `m`: true,
	} {
		found, err := selectorsOf(query)
		if err != nil || found[0].matches(series) != want {
			t.Errorf("%s matches %v: %t (%v)", query, series, !want, err)
		}
	}
}
