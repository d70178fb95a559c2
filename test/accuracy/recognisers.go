package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack/compliancepack/recognise"
)

// piiCase is a text with the values that are to be found in it.
type piiCase struct {
	Text  string   `json:"text"`
	Count int      `json:"count"`
	Spans [][2]int `json:"spans"` // offsets in code points; nil where they are not given
}

// readCases reads cases by kind, as they stand in a JSON object under "cases".
func readCases(text []byte) (map[string][]piiCase, error) {
	var file struct {
		Cases map[string][]piiCase `json:"cases"`
	}
	if err := json.Unmarshal(text, &file, jsontext.AllowInvalidUTF8(true)); err != nil {
		return nil, fmt.Errorf("cases of recognisers: %w", err)
	}
	return file.Cases, nil
}

// accuracy is how well a recogniser did on its cases.
type accuracy struct {
	Kind    string
	Claimed bool
	// Cases are texts; Right those with the right number of values in the right places. A text
	// that stands twice with different answers is one case, and either answer is right.
	Cases, Right int
	// Wanted, Found and Matched count values.
	Wanted, Found, Matched int
	Wrong                  []string
}

// measureCases measures on the cases in the folder of true answers.
func measureCases(ctx context.Context, dir string) ([]accuracy, error) {
	text, err := os.ReadFile(filepath.Join(dir, "pii_cases.json"))
	if err != nil {
		return nil, err
	}
	cases, err := readCases(text)
	if err != nil {
		return nil, err
	}
	return measureRecognisers(ctx, cases), nil
}

// measureRecognisers runs each recogniser alone over its cases, by kind.
func measureRecognisers(ctx context.Context, cases map[string][]piiCase) []accuracy {
	var all []accuracy
	for _, kind := range slices.Sorted(maps.Keys(cases)) {
		a := accuracy{Kind: kind, Claimed: slices.ContainsFunc(recognise.Kinds(), func(k recognise.Kind) bool { return k.ID == kind })}
		if !a.Claimed {
			a.Cases = len(cases[kind])
			all = append(all, a)
			continue
		}
		for _, answers := range byText(cases[kind]) {
			a.add(ctx, answers)
		}
		all = append(all, a)
	}
	return all
}

// byText puts the answers together that are given for one text.
func byText(cases []piiCase) [][]piiCase {
	var grouped [][]piiCase
	at := map[string]int{}
	for _, c := range cases {
		i, known := at[c.Text]
		if !known {
			i = len(grouped)
			at[c.Text] = i
			grouped = append(grouped, nil)
		}
		grouped[i] = append(grouped[i], c)
	}
	return grouped
}

// add counts the answer that fits best.
func (a *accuracy) add(ctx context.Context, answers []piiCase) {
	found, _ := recognise.Find(ctx, answers[0].Text, []string{a.Kind}, recognise.Options{})
	best, matched := answers[0], -1
	for _, c := range answers {
		if m := matches(c, found); m-c.Count > matched-best.Count || matched < 0 {
			best, matched = c, m
		}
	}
	a.Cases++
	a.Wanted += best.Count
	a.Found += len(found)
	a.Matched += matched
	if matched == best.Count && len(found) == best.Count {
		a.Right++
	} else {
		a.Wrong = append(a.Wrong, fmt.Sprintf("%q %v %v", best.Text, best.Spans, found))
	}
}

// matches counts findings that stand where a case says, or that it counts.
func matches(c piiCase, found []recognise.Finding) int {
	if c.Spans == nil {
		return min(c.Count, len(found))
	}
	n := 0
	for _, f := range found {
		start := utf8.RuneCountInString(c.Text[:f.Start])
		if slices.Contains(c.Spans, [2]int{start, start + utf8.RuneCountInString(c.Text[f.Start:f.End])}) {
			n++
		}
	}
	return n
}

// recogniserTable writes accuracies as a table of Markdown.
func recogniserTable(all []accuracy) string {
	var b strings.Builder
	b.WriteString("| recogniser | cases | right | recall | precision |\n|---|---|---|---|---|\n")
	for _, a := range all {
		if !a.Claimed {
			fmt.Fprintf(&b, "| `%s` | %d | not claimed | | |\n", a.Kind, a.Cases)
			continue
		}
		fmt.Fprintf(&b, "| `%s` | %d | %d | %s | %s |\n", a.Kind, a.Cases, a.Right, share(a.Matched, a.Wanted), share(a.Matched, a.Found))
	}
	return b.String()
}

func share(part, whole int) string {
	if whole == 0 {
		return "–"
	}
	return fmt.Sprintf("%.3f", float64(part)/float64(whole))
}
