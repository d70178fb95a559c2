package metric

import (
	"context"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// squad normalises answers as the evaluation script of SQuAD does (Rajpurkar et al.,
// SQuAD: 100,000+ Questions for Machine Comprehension of Text, 2016): small letters,
// then without ASCII punctuation, then without the words a, an and the, then with single
// spaces between the words.
type squad struct {
	lower *lower
	words []string
}

func newSquad() *squad { return &squad{lower: newLower()} }

// tokens are the words of the normalised answer. They are good until the next call.
func (s *squad) tokens(answer string) []string {
	plain := withoutPunctuation(s.lower.text(answer))
	s.words = fields(s.words[:0], withoutArticles(plain))
	return s.words
}

func (s *squad) text(answer string) string { return strings.Join(s.tokens(answer), " ") }

func withoutPunctuation(text string) string {
	if strings.IndexFunc(text, isPunctuation) < 0 {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	for start := 0; start < len(text); {
		end := strings.IndexFunc(text[start:], isPunctuation)
		if end < 0 {
			b.WriteString(text[start:])
			break
		}
		b.WriteString(text[start : start+end])
		start += end + 1
	}
	return b.String()
}

// withoutArticles replaces each article that is a whole word by a space. A word ends where
// `\b` of the script's expression stands, so also beside a combining mark or a dash that
// is not ASCII.
func withoutArticles(text string) string {
	if !strings.Contains(text, "a") && !strings.Contains(text, "the") {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	written, start := 0, -1
	end := func(i int) {
		if start >= 0 && isArticle(text[start:i]) {
			b.WriteString(text[written:start])
			b.WriteByte(' ')
			written = i
		}
		start = -1
	}
	for i, r := range text {
		if !isWord(r) {
			end(i)
		} else if start < 0 {
			start = i
		}
	}
	end(len(text))
	b.WriteString(text[written:])
	return b.String()
}

func isArticle(word string) bool { return word == "a" || word == "an" || word == "the" }

func newExactMatch(params jsontext.Value) (Metric, error) {
	p := struct {
		Normalize string `json:"normalize"`
	}{Normalize: "squad"}
	if err := decode(params, &p); err != nil {
		return nil, err
	}
	normal := func(s string) string { return s }
	if p.Normalize == "squad" {
		normal = newSquad().text
	}
	equal := judge(func(_ context.Context, prediction, reference string) (float64, error) {
		return zeroOne(normal(prediction) == normal(reference)), nil
	})
	return &mean{
		info:  fraction("exact_match", "exact_match|norm:"+p.Normalize+"|refs:max|version:"+version),
		score: func(ctx context.Context, row Row) (float64, error) { return equal.bestOf(ctx, row, written) },
	}, nil
}
