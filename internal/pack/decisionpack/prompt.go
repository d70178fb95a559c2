package decisionpack

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/llm"
)

// What a model is told. Its words are in its hashes.
const (
	criteriaRules = `You help to prepare a decision. The data is a question, options to choose from, and what else is known.
Name the criteria by which the options should be judged, 2 to 6 of them, the most important first.
Each is a short name in the language of the question: letters, digits, spaces and hyphens, at most 40 characters. Choose names of which more is better. Judge nothing yet.`

	scoreRules = `You help to prepare a decision. The data is a question, options to choose from, criteria, and what else is known.
Judge every option by every criterion with a number from 1 to 10. "scores" has a row for each option and a column for each criterion, in their order.
By a criterion with the direction "max" 10 is the best; by one with the direction "min" the number says how much of it the option has, and less is better.
Judge by what the data says, and where it says nothing by what is commonly known; 5.5 where nothing is.`

	weightRules = `
"weights" has a number from 1 to 10 for each criterion, in their order: how much it matters for the question.`
)

// Tokens of answers: the most that may be of use, thinking included, and the fewest.
const (
	thinkingTokens = 2048
	mostPerNumber  = 8
	leastPerNumber = 4
	leastTokens    = 64
)

// temperature lets the proposals differ, so that their spread says something.
const temperature = 0.7

// asked is what a model is given to judge.
type asked struct {
	Question string           `json:"question"`
	Options  []string         `json:"options"`
	Criteria []askedCriterion `json:"criteria,omitempty"`
	Context  string           `json:"context,omitzero"`
}

type askedCriterion struct {
	Name      string `json:"name"`
	Direction string `json:"direction"`
}

func (in *inputs) criteriaRequest() llm.Request {
	form := mustForm("criteria", fmt.Sprintf(`{"type":"object","required":["criteria"],"additionalProperties":false,
		"properties":{"criteria":{"type":"array","minItems":2,"maxItems":%d,"items":{"type":"string"}}}}`, maxProposedCriteria))
	return llm.Request{
		Rules: criteriaRules, Data: in.told(nil, 0), Form: form, Temperature: temperature, Seed: in.modelSeed(),
		MaxTokens: thinkingTokens, LeastTokens: leastTokens,
	}
}

// scoreRequest asks for scores and, as the criteria are the model's own, for weights.
func (in *inputs) scoreRequest(criteria []criterion, k int) llm.Request {
	m := len(criteria)
	r := in.scored(criteria, k, fmt.Sprintf(`"weights":{"type":"array","minItems":%d,"maxItems":%d,"items":{"type":"number","minimum":1,"maximum":10}},`, m, m), `"weights",`)
	r.Rules += weightRules
	return r
}

// scoreOnlyRequest asks for scores by the caller's criteria.
func (in *inputs) scoreOnlyRequest(k int) llm.Request { return in.scored(in.Criteria, k, "", "") }

func (in *inputs) scored(criteria []criterion, k int, property, required string) llm.Request {
	n, m := len(in.Options), len(criteria)
	form := mustForm("scores", fmt.Sprintf(`{"type":"object","required":[%s"scores"],"additionalProperties":false,"properties":{%s
		"scores":{"type":"array","minItems":%d,"maxItems":%d,"items":{"type":"array","minItems":%d,"maxItems":%d,"items":{"type":"number","minimum":1,"maximum":10}}}}}`,
		required, property, n, n, m, m))
	numbers := int64((n + 1) * m)
	return llm.Request{
		Rules: scoreRules, Data: in.told(criteria, k), Form: form, Temperature: temperature, Seed: in.modelSeed() + int64(k),
		MaxTokens: thinkingTokens + mostPerNumber*numbers, LeastTokens: leastTokens + leastPerNumber*numbers,
	}
}

// told is the data for the k-th time: the options begin with another one each time, as
// models favour places.
func (in *inputs) told(criteria []criterion, k int) string {
	a := asked{Question: in.Question, Options: rotate(in.Options, k), Context: in.Context}
	for _, c := range criteria {
		direction := directionMax
		if c.Direction == directionMin {
			direction = directionMin
		}
		a.Criteria = append(a.Criteria, askedCriterion{Name: c.Name, Direction: direction})
	}
	text, err := json.Marshal(a, jsontext.AllowInvalidUTF8(true))
	if err != nil { // texts can always be written
		return strings.Join(in.Options, "\n")
	}
	return string(text)
}

// modelSeed is the seed of the first question.
func (in *inputs) modelSeed() int64 { return int64(in.Seed) }

// rotate begins with item k.
func rotate[T any](list []T, k int) []T {
	k %= len(list)
	return append(append(make([]T, 0, len(list)), list[k:]...), list[:k]...)
}

// unrotate undoes [rotate].
func unrotate[T any](list []T, k int) []T { return rotate(list, len(list)-k%len(list)) }

// mustForm makes a form of a schema of ours.
func mustForm(name, schema string) *llm.Form {
	form, err := llm.NewForm(name, jsontext.Value(schema))
	if err != nil {
		panic("decisionpack: " + err.Error()) // the schema stands above
	}
	return form
}
