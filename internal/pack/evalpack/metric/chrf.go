package metric

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// chrf is chrF (Popović, chrF: character n-gram F-score for automatic MT evaluation, 2015)
// and, with words, chrF++ (Popović, 2017), as sacrebleu 2 computes them. Of a row it keeps
// for each order how many n-grams the prediction has, the reference, and both; of several
// references, the one with the best score counts.
type chrf struct {
	chrfParams
	refs  referenceCount
	lower *lower

	characters  grams
	words       grams
	vocabulary  vocabulary
	predicted   sides
	reference   sides
	fields      []string
	ids         []int32
	best, tried []float64
}

type chrfParams struct {
	CharOrder  int     `json:"char_order"`
	WordOrder  int     `json:"word_order"`
	Beta       float64 `json:"beta"`
	Lowercase  bool    `json:"lowercase"`
	Whitespace bool    `json:"whitespace"`
	EpsSmooth  bool    `json:"eps_smoothing"`
}

// sides are the counts of n-grams of characters and of words.
type sides struct{ characters, words []int32 }

func newChrF(params jsontext.Value) (Metric, error) {
	c := &chrf{chrfParams: chrfParams{CharOrder: 6, Beta: 2}, lower: newLower()}
	if err := decode(params, &c.chrfParams); err != nil {
		return nil, err
	}
	c.best, c.tried = make([]float64, c.Width()), make([]float64, c.Width())
	return c, nil
}

func (c *chrf) Info() Info {
	return Info{
		Name: "chrf",
		Signature: fmt.Sprintf("nrefs:%s|case:%s|eff:%s|nc:%d|nw:%d|space:%s|beta:%s|version:%s",
			c.refs, casing(c.Lowercase), yesNo(!c.EpsSmooth), c.CharOrder, c.WordOrder, yesNo(c.Whitespace), decimal(c.Beta), version),
		Low: 0, High: 100, HigherIsBetter: true, Unit: "percent",
	}
}

func (c *chrf) Width() int { return 3 * (c.CharOrder + c.WordOrder) }

func (c *chrf) Observe(_ context.Context, row Row, into []float64) error {
	prediction, references, err := c.refs.read(row)
	if err != nil {
		return err
	}
	c.characters.reset()
	c.words.reset()
	c.vocabulary.reset()
	c.count(&c.predicted, prediction)
	best := -1.0
	for _, reference := range references {
		c.count(&c.reference, reference)
		c.compare()
		if score := c.score(c.tried); score > best {
			best = score
			copy(into, c.tried)
		}
	}
	return nil
}

func (c *chrf) count(into *sides, text string) {
	if c.Lowercase {
		text = c.lower.text(text)
	}
	c.ids = c.ids[:0]
	for _, r := range text {
		if c.Whitespace || !isSpace(r) {
			c.ids = append(c.ids, r)
		}
	}
	into.characters = c.characters.count(into.characters[:0], c.ids, c.CharOrder)
	if c.WordOrder > 0 {
		c.ids = c.vocabulary.append(c.ids[:0], c.split(text))
		into.words = c.words.count(into.words[:0], c.ids, c.WordOrder)
	}
}

// split gives words with punctuation at their ends set off: the last character, or else
// the first one, never both.
func (c *chrf) split(text string) []string {
	words := fields(nil, text)
	c.fields = c.fields[:0]
	for _, word := range words {
		first, last := word[0], word[len(word)-1]
		switch {
		case utf8.RuneCountInString(word) == 1:
			c.fields = append(c.fields, word)
		case isPunctuation(rune(last)):
			c.fields = append(c.fields, word[:len(word)-1], word[len(word)-1:])
		case isPunctuation(rune(first)):
			c.fields = append(c.fields, word[:1], word[1:])
		default:
			c.fields = append(c.fields, word)
		}
	}
	return c.fields
}

// compare fills tried with the counts of prediction and reference.
func (c *chrf) compare() {
	clear(c.tried)
	tally(c.tried, &c.characters, c.predicted.characters, c.reference.characters)
	tally(c.tried[3*c.CharOrder:], &c.words, c.predicted.words, c.reference.words)
	for i := 0; i < len(c.tried); i += 3 {
		if c.tried[i+1] == 0 { // where the reference has none, the prediction's do not count
			c.tried[i] = 0
		}
	}
}

func tally(into []float64, g *grams, predicted, reference []int32) {
	for id := 1; id < max(len(predicted), len(reference)); id++ {
		p, r := at(predicted, id), at(reference, id)
		order := 3 * int(g.order[id])
		into[order] += float64(p)
		into[order+1] += float64(r)
		into[order+2] += float64(min(p, r))
	}
}

func (c *chrf) Value(s Sample) (float64, bool) { return c.FromSum(sums(s)) }

// FromSum is chrF of what rows counted together.
func (c *chrf) FromSum(sum []float64, rows int) (float64, bool) {
	if rows == 0 {
		return 0, false
	}
	return c.score(sum), true
}

// RowValue is chrF of one row alone.
func (c *chrf) RowValue(observed []float64) (float64, bool) { return c.score(observed), true }

// score is the F score of the mean precision and the mean recall of the orders that both
// have, or with eps_smoothing the mean of the F scores of all orders, where what is not
// there has precision or recall of 1e-16, as chrF++.py, NLTK and Moses have it.
func (c *chrf) score(counts []float64) float64 {
	const eps = 1e-16
	var mean, precision, recall, orders float64
	for i := 0; i < len(counts); i += 3 {
		p, r := share(counts[i+2], counts[i], eps), share(counts[i+2], counts[i+1], eps)
		mean += c.f(p, r, eps)
		if counts[i] > 0 && counts[i+1] > 0 {
			precision, recall, orders = precision+p, recall+r, orders+1
		}
	}
	switch {
	case c.EpsSmooth:
		return 100 * mean / float64(c.CharOrder+c.WordOrder)
	case orders == 0:
		return 0
	default:
		return 100 * c.f(precision/orders, recall/orders, 0)
	}
}

// f is the F score in which recall weighs beta times as much as precision.
func (c *chrf) f(precision, recall, undefined float64) float64 {
	factor := c.Beta * c.Beta
	if precision+recall == 0 {
		return undefined
	}
	return (1 + factor) * precision * recall / (float64(factor*precision) + recall)
}

// share divides, or gives what stands for a share of nothing.
func share(part, whole, undefined float64) float64 {
	if whole > 0 {
		return part / whole
	}
	return undefined
}
