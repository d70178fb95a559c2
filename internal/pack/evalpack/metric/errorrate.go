package metric

import (
	"context"
	"fmt"
	"math"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
)

// errorRate is a rate of errors of a whole corpus as jiwer computes it (Morris, Maier and
// Green, From WER and RIL to MER and WIL, 2004). Of a row it keeps the edits, the words
// kept, and the words of the reference and of the prediction; of several references, the
// one with the lowest rate counts. Characters are counted instead of words for cer.
type errorRate struct {
	errorRateParams
	name string
	rate func(edits, kept, reference, prediction float64) float64

	lower      *lower
	distance   distance
	alignment  alignment
	vocabulary vocabulary
	words      []string
	ids        [2][]int32
}

type errorRateParams struct {
	Lowercase         bool `json:"lowercase"`
	RemovePunctuation bool `json:"remove_punctuation"`
}

func newErrorRate(name string, rate func(edits, kept, reference, prediction float64) float64) builder {
	return func(params jsontext.Value) (Metric, error) {
		e := &errorRate{name: name, rate: rate, lower: newLower()}
		if err := decode(params, &e.errorRateParams); err != nil {
			return nil, err
		}
		return e, nil
	}
}

// wordErrorRate is (S+D+I) / (H+S+D); of no words at all, the number of insertions.
func wordErrorRate(edits, _, reference, _ float64) float64 {
	if reference == 0 {
		return edits
	}
	return edits / reference
}

// matchErrorRate is (S+D+I) / (H+S+D+I).
func matchErrorRate(edits, kept, _, _ float64) float64 {
	if edits == 0 {
		return 0
	}
	return edits / (edits + kept)
}

// informationLost is 1 - H/N1 * H/N2, with the words of reference and prediction.
func informationLost(_, kept, reference, prediction float64) float64 {
	switch {
	case reference == 0 && prediction == 0:
		return 0
	case reference == 0 || prediction == 0:
		return 1
	default:
		return 1 - float64(kept/reference*(kept/prediction))
	}
}

func (e *errorRate) Info() Info {
	high := 1.0
	if e.name == "wer" || e.name == "cer" {
		high = math.Inf(1)
	}
	return Info{
		Name:      e.name,
		Signature: fmt.Sprintf("%s|case:%s|punct:%s|refs:min|version:%s", e.name, casing(e.Lowercase), yesNo(!e.RemovePunctuation), version),
		Low:       0, High: high, HigherIsBetter: false, Unit: "fraction",
	}
}

func (e *errorRate) Width() int { return 4 }

func (e *errorRate) Observe(ctx context.Context, row Row, into []float64) error {
	var refs referenceCount
	prediction, references, err := refs.read(row)
	if err != nil {
		return err
	}
	prediction = e.prepared(prediction)
	best := math.Inf(1)
	for i, reference := range references {
		var counts [4]float64
		if err := e.compare(ctx, e.prepared(reference), prediction, &counts); err != nil {
			return err
		}
		if rate := e.rate(counts[0], counts[1], counts[2], counts[3]); i == 0 || rate < best {
			best = rate
			copy(into, counts[:])
		}
	}
	return nil
}

func (e *errorRate) prepared(text string) string {
	if e.Lowercase {
		text = e.lower.text(text)
	}
	if e.RemovePunctuation {
		text = strings.Map(func(r rune) rune {
			if unicode.IsPunct(r) {
				return -1
			}
			return r
		}, text)
	}
	return strings.TrimFunc(text, isSpace)
}

func (e *errorRate) compare(ctx context.Context, reference, prediction string, counts *[4]float64) error {
	if e.name == "cer" {
		a, b := []rune(reference), []rune(prediction)
		edits, err := e.distance.of(ctx, a, b)
		*counts = [4]float64{float64(edits), 0, float64(len(a)), float64(len(b))}
		return err
	}
	e.vocabulary.reset()
	for i, text := range [2]string{reference, prediction} {
		e.words = spoken(e.words[:0], text)
		e.ids[i] = e.vocabulary.append(e.ids[i][:0], e.words)
	}
	edits, hits, err := e.alignment.of(ctx, e.ids[0], e.ids[1])
	*counts = [4]float64{float64(edits), float64(hits), float64(len(e.ids[0])), float64(len(e.ids[1]))}
	return err
}

// spoken appends the words of a text as jiwer splits them: at spaces and at white space of
// two or more characters, but not at, say, a single tab.
func spoken(into []string, text string) []string {
	start, spaces, blank := 0, 0, 0
	for i, r := range text {
		if isSpace(r) {
			if spaces == 0 {
				blank = i
			}
			spaces++
			continue
		}
		if spaces > 1 || spaces == 1 && text[blank] == ' ' {
			into = append(into, text[start:blank])
			start = i
		}
		spaces = 0
	}
	if start < len(text) {
		into = append(into, text[start:])
	}
	return into
}

func (e *errorRate) Value(s Sample) (float64, bool) { return e.FromSum(sums(s)) }

// FromSum is the rate of what rows counted together.
func (e *errorRate) FromSum(sum []float64, rows int) (float64, bool) {
	if rows == 0 {
		return 0, false
	}
	return e.rate(sum[0], sum[1], sum[2], sum[3]), true
}

// RowValue is the rate of one row alone.
func (e *errorRate) RowValue(observed []float64) (float64, bool) {
	return e.rate(observed[0], observed[1], observed[2], observed[3]), true
}

func newEditSimilarity(params jsontext.Value) (Metric, error) {
	var p struct {
		Lowercase bool `json:"lowercase"`
	}
	if err := decode(params, &p); err != nil {
		return nil, err
	}
	small, d := newLower(), &distance{}
	similar := judge(func(ctx context.Context, prediction, reference string) (float64, error) {
		if p.Lowercase {
			prediction, reference = small.text(prediction), small.text(reference)
		}
		a, b := []rune(prediction), []rune(reference)
		if len(a)+len(b) == 0 {
			return 1, nil
		}
		n, err := d.of(ctx, a, b)
		return 1 - float64(n)/float64(max(len(a), len(b))), err
	})
	return &mean{
		info:  fraction("edit_similarity", "edit_similarity|case:"+casing(p.Lowercase)+"|refs:max|version:"+version),
		score: similar.best,
	}, nil
}
