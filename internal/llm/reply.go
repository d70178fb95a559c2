package llm

import (
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// reply is what of a server's answer counts.
type reply struct {
	Model   string `json:"model"`
	Choices []struct {
		Finish  string `json:"finish_reason"`
		Message struct {
			Content string `json:"content"`
			Refusal string `json:"refusal"`
		} `json:"message"`
	} `json:"choices"`
	Usage tally `json:"usage"`
}

// tally is the tokens that a server says it counted: any JSON at all.
type tally struct {
	Prompt     jsontext.Value `json:"prompt_tokens"`
	Completion jsontext.Value `json:"completion_tokens"`
}

// refusal is what of a refusal counts.
type refusal struct {
	Error struct {
		Param string `json:"param"`
	} `json:"error"`
}

// Usage is what a call took.
type Usage struct {
	Input  int64 `json:"input_tokens"`
	Output int64 `json:"output_tokens"`
	// Estimated: the server did not say, or not what could be. A byte then counts as a
	// token, which is more than it was.
	Estimated bool `json:"estimated,omitzero"`
}

// read takes a reply apart: the text of the answer, and what kept it from being one.
func read(text []byte) (reply, string, *Error) {
	var r reply
	if err := json.Unmarshal(text, &r); err != nil {
		return readUsage(text), "", &Error{Kind: Malformed, Status: http.StatusOK}
	}
	if len(r.Choices) == 0 {
		return r, "", &Error{Kind: Malformed, Status: http.StatusOK}
	}
	first := r.Choices[0]
	switch {
	case first.Finish == "length":
		return r, first.Message.Content, &Error{Kind: Truncated, Status: http.StatusOK}
	case first.Finish == "content_filter" || first.Message.Content == "" && first.Message.Refusal != "":
		return r, first.Message.Content, &Error{Kind: Declined, Status: http.StatusOK}
	}
	return r, first.Message.Content, nil
}

// readUsage reads the tokens of a reply whose other parts are not as they should be.
func readUsage(text []byte) reply {
	var r struct {
		Usage tally `json:"usage"`
	}
	if json.Unmarshal(text, &r) != nil {
		return reply{}
	}
	return reply{Usage: r.Usage}
}

// usage is what a call is counted as: what the server says, as far as it can be. The
// prompt had sent bytes and at most bound tokens, the answer had received bytes and at most granted
// tokens.
func (t tally) usage(sent, received, bound, granted int64) Usage {
	input, told := count(t.Prompt)
	output, both := count(t.Completion)
	u := Usage{Input: input, Output: output}
	if !told || input == 0 { // no prompt is empty
		u.Input, u.Estimated = sent, true
	}
	if !both {
		u.Output, u.Estimated = received, true
	}
	u.Input, u.Output = min(u.Input, bound), min(u.Output, granted)
	return u
}

// count reads a number of tokens; false where it is none.
func count(value jsontext.Value) (int64, bool) {
	var n int64
	if value.Kind() != '0' || json.Unmarshal(value, &n) != nil || n < 0 {
		return 0, false
	}
	return n, true
}

// maxName is the longest name of a model that is repeated.
const maxName = 200

// nameOr is the name that the server gives its model, where it can be repeated.
func (r reply) nameOr(asked string) string {
	odd := func(c rune) bool { return c <= ' ' || c > '~' }
	if r.Model == "" || len(r.Model) > maxName || strings.ContainsFunc(r.Model, odd) {
		return asked
	}
	return r.Model
}
