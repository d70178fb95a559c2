package decisionpack

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// rationale says the result in a few sentences.
func rationale(d *data) string {
	sentences := []string{lead(d)}
	if line := steadiness(&d.Stability); line != "" {
		sentences = append(sentences, line)
	}
	sentences = append(sentences, fragility(d), consent(d))
	sentences = append(sentences, particulars(d)...)
	if n := len(d.Dominated); n > 0 {
		sentences = append(sentences, count(n, "alternative is", "alternatives are")+" dominated by another.")
	}
	if n := len(d.Excluded); n > 0 {
		sentences = append(sentences, count(n, "alternative was", "alternatives were")+" excluded by constraints.")
	}
	return strings.Join(sentences, " ")
}

func lead(d *data) string {
	first := d.Ranking[0]
	by := fmt.Sprintf("by %s with %s normalization, score %s", d.Method, d.Normalization, short(first.Score))
	if d.Direction == directionMin {
		by += " of which less is better"
	}
	switch {
	case len(d.Ranking) == 1:
		return fmt.Sprintf("%s is the only alternative that takes part (%s).", first.Name, by)
	case len(d.TiedWith) > 0:
		return fmt.Sprintf("%s shares rank 1 of %d with %s and comes first in input order (%s).",
			first.Name, len(d.Ranking), count(len(d.TiedWith), "other", "others"), by)
	default:
		return fmt.Sprintf("%s ranks first of %d (%s), %s ahead of %s.",
			first.Name, len(d.Ranking), by, short(*first.Margin), d.Ranking[1].Name)
	}
}

func steadiness(s *stability) string {
	if s.WinnerProbability == nil {
		return ""
	}
	line := fmt.Sprintf("It leads in %.1f%% of %d draws with weights varied by up to %s%% and values by up to %s%%",
		*s.WinnerProbability*100, s.Draws, short(s.Uncertainty.Weights*100), short(s.Uncertainty.Values*100))
	if n := s.Uncertainty.Distributions; n > 0 {
		line += ", " + count(n, "value", "values") + " drawn from distributions"
	}
	if n := s.Uncertainty.Scenarios; n > 0 {
		line += ", in " + count(n, "scenario", "scenarios")
	}
	return line + "."
}

// particulars are the sentences that only some decisions have.
func particulars(d *data) []string {
	var lines []string
	if v := d.Vikor; v != nil && len(v.Compromise) > 1 {
		lines = append(lines, fmt.Sprintf("By the conditions of VIKOR %d alternatives are a compromise together.", len(v.Compromise)))
	}
	worst := 0.0
	for _, c := range d.Consistency {
		worst = max(worst, c.Ratio)
	}
	if worst > 0.1 {
		lines = append(lines, fmt.Sprintf("Pairwise judgements have a consistency ratio of up to %s, above the 0.1 that is usual.", short(worst)))
	}
	if g := d.Group; g != nil {
		lines = append(lines, g.sentence(d.Winner))
	}
	if e := d.EVPI; e != nil && e.Basis == "scenarios" {
		lines = append(lines, fmt.Sprintf("To know the scenario before choosing is worth %s of score.", short(e.Value)))
	}
	return lines
}

func (g *group) sentence(winner string) string {
	agreeing := 0
	for _, o := range g.Stakeholders {
		if o.Ranking[0].Name == winner {
			agreeing++
		}
	}
	line := fmt.Sprintf("%d of %s put it first", agreeing, count(len(g.Stakeholders), "stakeholder", "stakeholders"))
	if g.Agreement != nil {
		line += fmt.Sprintf(" (Kendall's W %s)", short(*g.Agreement))
	}
	if g.Borda[0].Name != winner {
		line += "; the Borda count prefers " + g.Borda[0].Name
	}
	return line + "."
}

func fragility(d *data) string {
	if len(d.Flips) == 0 {
		return "No change of a single weight makes another alternative lead."
	}
	f := d.Flips[0]
	return fmt.Sprintf("The smallest change of a single weight that flips the winner: %s from %s to %s makes %s lead.",
		f.Criterion, short(f.Weight), short(f.FlipsAt), f.NewWinner)
}

func consent(d *data) string {
	agreeing := 0
	for _, v := range d.Agreement {
		if v.Winner == d.Winner {
			agreeing++
		}
	}
	return fmt.Sprintf("%d of %s that can take the values put it first.", agreeing, count(len(d.Agreement), "method", "methods"))
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// short prints a number for reading: four decimals, or four digits where the
// number is very large or small.
func short(x float64) string {
	if magnitude := math.Abs(x); magnitude != 0 && (magnitude < 0.001 || magnitude >= 1e9) {
		return strconv.FormatFloat(x, 'g', 4, 64)
	}
	text := strings.TrimRight(strconv.FormatFloat(x, 'f', 4, 64), "0")
	return strings.TrimSuffix(text, ".")
}
