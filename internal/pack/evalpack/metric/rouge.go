package metric

import (
	"context"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// rouge is ROUGE (Lin, ROUGE: A Package for Automatic Evaluation of Summaries, 2004) as
// Google's package rouge_score computes it: the mean of what rows score. Of a row it keeps
// precision, recall and F1 of the reference with the best F1.
type rouge struct {
	rougeParams
	vocabulary  vocabulary
	words       rougeWords
	tokens      []string
	ids         [2][]int32
	grams       grams
	counts      [2][]int32
	subsequence subsequence
}

type rougeParams struct {
	Variant   string `json:"variant"`
	Measure   string `json:"measure"`
	Stemmer   bool   `json:"stemmer"`
	Tokenizer string `json:"tokenizer"`
}

func newROUGE(params jsontext.Value) (Metric, error) {
	r := &rouge{rougeParams: rougeParams{Variant: "L", Measure: "f1", Tokenizer: "ascii"}}
	if err := decode(params, &r.rougeParams); err != nil {
		return nil, err
	}
	r.words = rougeWords{lower: newLower(), stem: r.Stemmer, unicode: r.Tokenizer == "unicode"}
	return r, nil
}

func (r *rouge) Info() Info {
	return fraction("rouge", "rouge"+r.Variant+"|measure:"+r.Measure+"|tok:"+r.Tokenizer+"|stem:"+yesNo(r.Stemmer)+"|refs:max|version:"+version)
}

func (r *rouge) Width() int { return 3 }

func (r *rouge) Observe(ctx context.Context, row Row, into []float64) error {
	var refs referenceCount
	prediction, references, err := refs.read(row)
	if err != nil {
		return err
	}
	best := -1.0
	for _, reference := range references {
		precision, recall, err := r.compare(ctx, reference, prediction)
		if err != nil {
			return err
		}
		if f := harmonic(precision, recall); f > best {
			best = f
			into[0], into[1], into[2] = precision, recall, f
		}
	}
	return nil
}

func (r *rouge) compare(ctx context.Context, reference, prediction string) (precision, recall float64, err error) {
	r.vocabulary.reset()
	var hits, wanted, found int
	switch r.Variant {
	case "L":
		r.ids[0], r.ids[1] = r.split(r.ids[0][:0], reference), r.split(r.ids[1][:0], prediction)
		wanted, found = len(r.ids[0]), len(r.ids[1])
		hits, err = r.subsequence.length(ctx, r.ids[0], r.ids[1])
	case "Lsum":
		var a, b [][]int32
		a, wanted = r.sentences(reference)
		b, found = r.sentences(prediction)
		hits, err = r.subsequence.hits(ctx, a, b)
	default:
		r.ids[0], r.ids[1] = r.split(r.ids[0][:0], reference), r.split(r.ids[1][:0], prediction)
		hits, wanted, found = r.overlap(int(r.Variant[0] - '0'))
	}
	return share(float64(hits), float64(found), 0), share(float64(hits), float64(wanted), 0), err
}

// split numbers the words of a text behind those in into.
func (r *rouge) split(into []int32, text string) []int32 {
	r.tokens = r.words.words(r.tokens[:0], text)
	return r.vocabulary.append(into, r.tokens)
}

// sentences are the lines of a text, as words.
func (r *rouge) sentences(text string) (sentences [][]int32, words int) {
	for line := range strings.SplitSeq(text, "\n") {
		if ids := r.split(nil, line); len(ids) > 0 {
			sentences = append(sentences, ids)
			words += len(ids)
		}
	}
	return sentences, words
}

// overlap counts the n-grams of one length: both texts', each as often as in the one that
// has it less, and those of reference and prediction.
func (r *rouge) overlap(length int) (both, wanted, found int) {
	r.grams.reset()
	for i := range r.ids {
		r.counts[i] = r.grams.count(r.counts[i][:0], r.ids[i], length)
		if n := len(r.ids[i]) - length + 1; i == 0 {
			wanted = max(n, 0)
		} else {
			found = max(n, 0)
		}
	}
	for id, n := range r.counts[0] {
		if int(r.grams.order[id]) == length-1 {
			both += int(min(n, at(r.counts[1], id)))
		}
	}
	return both, wanted, found
}

func (r *rouge) Value(s Sample) (float64, bool) { return r.FromSum(sums(s)) }

// FromSum is the mean of what rows score.
func (r *rouge) FromSum(sum []float64, rows int) (float64, bool) {
	if rows == 0 {
		return 0, false
	}
	return r.pick(sum) / float64(rows), true
}

// RowValue is the score of a row.
func (r *rouge) RowValue(observed []float64) (float64, bool) { return r.pick(observed), true }

func (r *rouge) pick(scores []float64) float64 {
	switch r.Measure {
	case "precision":
		return scores[0]
	case "recall":
		return scores[1]
	default:
		return scores[2]
	}
}

// Detail has all three means.
func (r *rouge) Detail(s Sample) any {
	sum, rows := sums(s)
	if rows == 0 {
		return nil
	}
	n := float64(rows)
	means := shown(sum[0]/n, sum[1]/n, sum[2]/n)
	return struct {
		Precision float64 `json:"precision"`
		Recall    float64 `json:"recall"`
		F1        float64 `json:"f1"`
	}{means[0], means[1], means[2]}
}
