package judge

import (
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/llm"
	"dpp/internal/pack"
	"dpp/internal/pack/evalpack/metric"
)

// Tokens of an answer: the most that may be of use, thinking included, and the fewest
// with which it is worth asking.
const (
	mostTokens   = 2048
	leastTokens  = 256
	likelyTokens = 8 // of a number in its object
	likelyRow    = 150
	longRow      = 8_000 // tokens of a row that is long
)

// request asks for the k-th judgement of a row; nil: of none, for what is said of all rows.
func (j *judge) request(row *metric.Row, k int) llm.Request {
	r := llm.Request{
		Rules: "You judge a prediction by a rubric. The rubric, up to the line of dashes, is:\n" + j.Rubric + "\n----------\n" +
			"The data is a prediction, and where there are any the references that are right. Give it a score: a whole number from " +
			strconv.Itoa(j.Scale.Low) + " to " + strconv.Itoa(j.Scale.High) + ", the higher the better.",
		Form: j.form, MaxTokens: mostTokens, LeastTokens: leastTokens, Seed: j.Seed + int64(k),
	}
	if row != nil {
		r.Data = j.data(row)
	}
	return r
}

// data is a row as JSON.
func (j *judge) data(row *metric.Row) string {
	var shown struct {
		Prediction jsontext.Value   `json:"prediction"`
		References []jsontext.Value `json:"references,omitempty"`
	}
	shown.Prediction = row.Prediction
	if j.References {
		shown.References = row.References
	}
	text, err := json.Marshal(shown, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	if err != nil { // rows were read as JSON
		return string(row.Prediction)
	}
	return string(text)
}

// perRow is what a row takes: at least, where it is empty; probably; and where it is long
// and every judgement is asked for twice. Parameters that are wrong take nothing, as they
// are refused.
func perRow(model *llm.Client, text jsontext.Value) (low, likely, high []pack.Quantity) {
	p, err := read(text)
	if err != nil {
		return nil, nil, nil
	}
	j, err := newJudge(model, nil, p)
	if err != nil {
		return nil, nil, nil
	}
	k, bound := int64(p.Judgements), model.Bound(j.request(nil, 0))
	tokens := func(input, output int64) []pack.Quantity {
		return []pack.Quantity{{Unit: llm.UnitInput, Quantity: input}, {Unit: llm.UnitOutput, Quantity: output}}
	}
	return tokens(bound+(k-1)*bound/4, leastTokens+(k-1)*likelyTokens), tokens(k*(bound/3+likelyRow), k*likelyTokens),
		tokens(2*k*(bound+longRow), 2*k*mostTokens)
}
