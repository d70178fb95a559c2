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
	return fmt.Sprintf("It leads in %.1f%% of %d draws with weights varied by up to %s%% and values by up to %s%%.",
		*s.WinnerProbability*100, s.Draws, short(s.Uncertainty.Weights*100), short(s.Uncertainty.Values*100))
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
