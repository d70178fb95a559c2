package metric

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// bleu is BLEU of a corpus (Papineni et al., BLEU: a Method for Automatic Evaluation of
// Machine Translation, 2002) as sacrebleu 2 computes it. Of a row it keeps the lengths of
// prediction and closest reference, in words, then for each order the n-grams that were
// right, each as often as the reference has it that has it most, then those that there are.
type bleu struct {
	bleuParams
	refs      referenceCount
	tokenizer tokenizer
	lower     *lower

	vocabulary vocabulary
	grams      grams
	tokens     []string
	ids        []int32
	predicted  []int32
	reference  []int32
	most       []int32
}

type bleuParams struct {
	Tokenize       string   `json:"tokenize"`
	Lowercase      bool     `json:"lowercase"`
	Smooth         string   `json:"smooth"`
	SmoothValue    *float64 `json:"smooth_value"`
	EffectiveOrder bool     `json:"effective_order"`
	MaxOrder       int      `json:"max_order"`
}

func newBLEU(params jsontext.Value) (Metric, error) {
	b := &bleu{bleuParams: bleuParams{Tokenize: "13a", Smooth: "exp", MaxOrder: 4}, lower: newLower()}
	if err := decode(params, &b.bleuParams); err != nil {
		return nil, err
	}
	takesValue := b.Smooth == "floor" || b.Smooth == "add-k"
	switch {
	case b.SmoothValue != nil && !takesValue:
		return nil, &ParamError{Pointer: "/smooth_value", Code: "invalid", Message: "Only floor and add-k take a value."}
	case b.SmoothValue == nil:
		usual := map[string]float64{"floor": 0.1, "add-k": 1}[b.Smooth]
		b.SmoothValue = &usual
	}
	b.tokenizer = newTokenizer(b.Tokenize)
	return b, nil
}

func (b *bleu) Info() Info {
	smooth := b.Smooth
	if smooth == "floor" || smooth == "add-k" {
		smooth = fmt.Sprintf("%s[%.2f]", smooth, *b.SmoothValue)
	}
	signature := fmt.Sprintf("nrefs:%s|case:%s|eff:%s|tok:%s|smooth:%s", b.refs, casing(b.Lowercase), yesNo(b.EffectiveOrder), b.Tokenize, smooth)
	if b.MaxOrder != 4 {
		signature += fmt.Sprintf("|order:%d", b.MaxOrder)
	}
	return Info{Name: "bleu", Signature: signature + "|version:" + version, Low: 0, High: 100, HigherIsBetter: true, Unit: "percent"}
}

func (b *bleu) Width() int { return 2 + 2*b.MaxOrder }

func (b *bleu) Observe(_ context.Context, row Row, into []float64) error {
	prediction, references, err := b.refs.read(row)
	if err != nil {
		return err
	}
	clear(into)
	b.vocabulary.reset()
	b.grams.reset()
	b.predicted = b.grams.count(b.predicted[:0], b.split(prediction), b.MaxOrder)
	length := len(b.ids)
	b.most = b.most[:0]
	closest := -1
	for _, reference := range references {
		b.reference = b.grams.count(b.reference[:0], b.split(reference), b.MaxOrder)
		closest = closer(closest, len(b.ids), length)
		b.merge()
	}
	into[0], into[1] = float64(length), float64(closest)
	b.compare(into[2:])
	return nil
}

// split numbers the words of a text; they are good until the next one.
func (b *bleu) split(text string) []int32 {
	if b.Lowercase {
		text = b.lower.text(text)
	}
	b.tokens = b.tokenizer.words(b.tokens[:0], strings.TrimRightFunc(text, isSpace))
	b.ids = b.vocabulary.append(b.ids[:0], b.tokens)
	return b.ids
}

// closer picks the length of a reference that is closer to the prediction's; of two as
// close, the shorter one. No length is -1.
func closer(so, other, length int) int {
	distance := func(n int) int { return max(n-length, length-n) }
	switch {
	case so < 0, distance(other) < distance(so), distance(other) == distance(so) && other < so:
		return other
	default:
		return so
	}
}

// merge keeps of each n-gram the largest count of any reference.
func (b *bleu) merge() {
	for len(b.most) < len(b.reference) {
		b.most = append(b.most, 0)
	}
	for id, n := range b.reference {
		b.most[id] = max(b.most[id], n)
	}
}

// compare counts by order what was predicted, and what of it is right.
func (b *bleu) compare(into []float64) {
	right, total := into[:b.MaxOrder], into[b.MaxOrder:]
	for id, n := range b.predicted {
		if n > 0 {
			order := b.grams.order[id]
			total[order] += float64(n)
			right[order] += float64(min(n, at(b.most, id)))
		}
	}
}

func (b *bleu) Value(s Sample) (float64, bool) { return b.FromSum(sums(s)) }

// FromSum is BLEU of what rows counted together.
func (b *bleu) FromSum(sum []float64, rows int) (float64, bool) {
	if rows == 0 {
		return 0, false
	}
	value, _ := b.score(sum, b.EffectiveOrder)
	return value, true
}

// RowValue is BLEU of one row alone, of the orders that it has, as sacrebleu advises.
func (b *bleu) RowValue(observed []float64) (float64, bool) {
	value, _ := b.score(observed, true)
	return value, true
}

// Detail tells what BLEU is made of.
func (b *bleu) Detail(s Sample) any {
	sum, rows := sums(s)
	if rows == 0 {
		return nil
	}
	_, precisions := b.score(sum, b.EffectiveOrder)
	return struct {
		Precisions       []float64 `json:"precisions"`
		BrevityPenalty   float64   `json:"brevity_penalty"`
		PredictionLength float64   `json:"prediction_length"`
		ReferenceLength  float64   `json:"reference_length"`
	}{shown(precisions...), shown(brevity(sum[0], sum[1]))[0], sum[0], sum[1]}
}

// brevity is the factor for predictions that are shorter than their references.
func brevity(length, reference float64) float64 {
	switch {
	case length >= reference:
		return 1
	case length == 0:
		return 0
	default:
		return math.Exp(1 - reference/length)
	}
}

// score gives BLEU and the smoothed precision of each order, in percent. Smoothing is that
// of Chen and Cherry (A Systematic Comparison of Smoothing Techniques for Sentence-Level
// BLEU, 2014): floor is their method 1, add-k 2, exp 3. Where no n-gram of any order is
// right, BLEU is 0 without smoothing.
func (b *bleu) score(sum []float64, effective bool) (value float64, precisions []float64) {
	right, total := sum[2:2+b.MaxOrder], sum[2+b.MaxOrder:]
	precisions = make([]float64, b.MaxOrder)
	if none(right) {
		return 0, precisions
	}
	halved, orders := 1.0, b.MaxOrder
	for n := range precisions {
		r, t := right[n], total[n]
		if b.Smooth == "add-k" && n > 0 {
			r, t = r+*b.SmoothValue, t+*b.SmoothValue
		}
		if t == 0 {
			break
		}
		if effective {
			orders = n + 1
		}
		if r == 0 && b.Smooth == "exp" {
			halved *= 2
		}
		precisions[n] = b.precision(r, t, halved)
	}
	for _, p := range precisions[:orders] {
		if p == 0 {
			return 0, precisions
		}
		value += math.Log(p)
	}
	return float64(brevity(sum[0], sum[1]) * math.Exp(value/float64(orders))), precisions
}

func (b *bleu) precision(right, total, halved float64) float64 {
	switch {
	case right > 0:
		return 100 * right / total
	case b.Smooth == "exp":
		return 100 / (halved * total)
	case b.Smooth == "floor":
		return 100 * *b.SmoothValue / total
	default:
		return 0
	}
}

func none(counts []float64) bool {
	for _, n := range counts {
		if n != 0 {
			return false
		}
	}
	return true
}
