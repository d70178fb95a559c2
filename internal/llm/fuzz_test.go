package llm

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// FuzzReply: no answer of a server makes reading it panic, no usage is outside of what
// could be, and no document comes out that does not have the form.
func FuzzReply(f *testing.F) {
	for _, seed := range []string{
		`{"model":"m","choices":[{"finish_reason":"stop","message":{"content":"{\"score\":7}"}}],"usage":{"prompt_tokens":5,"completion_tokens":6}}`,
		`{"choices":[{"message":{"content":null,"refusal":"no"}}]}`, `{"choices":[{"finish_reason":"length"}]}`, `{"usage":{"prompt_tokens":-1}}`,
		`{"choices":{},"usage":{"prompt_tokens":1e9,"completion_tokens":[1]}}`, "", "[]", "{", `{"choices":[{"message":{"content":"a { b {\"score\":1} </think> {\"score\":2}"}}]}`,
	} {
		f.Add([]byte(seed))
	}
	form, err := NewForm("score", jsontext.Value(`{"type":"object","required":["score"],"properties":{"score":{"type":"number","maximum":10}}}`))
	if err != nil {
		f.Fatal(err)
	}
	c, err := New(Options{URL: "http://model.test", Model: "m"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		answer, usage, fault := c.judge(Request{Form: form}, answered{status: 200, body: body}, 40, 50, 60)
		if usage.Input < 1 || usage.Input > 50 || usage.Output < 0 || usage.Output > 60 {
			t.Fatalf("%q took %+v", body, usage)
		}
		if (fault == nil) != (answer.Document != nil) || fault == nil && (len(form.schema.Findings(answer.Document)) > 0 || answer.Model == "") {
			t.Fatalf("%q gave %+v, %v", body, answer, fault)
		}
	})
}

// FuzzFind: what is found in a text stands in it, is an object, and has the form.
func FuzzFind(f *testing.F) {
	for _, seed := range []string{`{"a":1}`, "```json\n{\"a\":1}\n```", "{{{{", `{"b":1}{"a":2}`, "</think>{", `{"a":1,"a":2} {"a":3}`, "\xff{\"a\":\"\xff\"}"} {
		f.Add(seed)
	}
	form, err := NewForm("a", jsontext.Value(`{"type":"object","required":["a"]}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		document, err := form.find(text)
		if err != nil {
			return
		}
		if !strings.Contains(text, string(document)) || !document.IsValid() || document.Kind() != '{' || len(form.schema.Findings(document)) > 0 {
			t.Fatalf("%q holds %q", text, document)
		}
	})
}

// FuzzRetryAfter: no header makes a pause that is none.
func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "0", "7", "-1", "99999999999", "Sat, 01 Jan 2000 00:00:09 GMT", "1.5"} {
		f.Add(seed)
	}
	now := time.Unix(1_700_000_000, 0)
	f.Fuzz(func(t *testing.T, text string) {
		d := retryAfter(text, now)
		if seconds, err := strconv.ParseUint(text, 10, 16); err == nil && d != time.Duration(seconds)*time.Second || d < -1 {
			t.Fatalf("%q is %s", text, d)
		}
	})
}

// A dialect changes once for each part, and ends.
func TestDialectsEnd(t *testing.T) {
	for param, want := range map[string]int{"": 4, "response_format.json_schema": 1, "max_tokens": 1, "temperature": 1, "seed": 1, "messages": 0} {
		changes := 0
		for d, more := (dialect{}).without(param); more; d, more = d.without(param) {
			changes++
		}
		if changes != want {
			t.Errorf("%q: %d changes, want %d", param, changes, want)
		}
	}
}
