package llm_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"dpp"
	"dpp/internal/llm"
	"dpp/internal/llm/llmtest"
	"dpp/internal/pack"
)

func TestAnAnswerIsADocumentAndItsTokensAreCounted(t *testing.T) {
	model := fixed(llmtest.Text(`{"score": 7.5}`))
	m := meter(dpp.USD)
	answer, err := client(t, model).Ask(t.Context(), m, question(t))
	if err != nil || string(answer.Document) != `{"score": 7.5}` || answer.Model != "m-2026" {
		t.Fatalf("%s of %s, %v", answer.Document, answer.Model, err)
	}
	sent := model.Requests()[0]
	want := llm.Usage{Input: llmtest.InputTokens(sent), Output: llmtest.OutputTokens(`{"score": 7.5}`)}
	if answer.Usage != want || used(m, llm.UnitInput) != want.Input || used(m, llm.UnitOutput) != want.Output {
		t.Errorf("the usage is %+v, counted %v, want %+v", answer.Usage, m.Usage(), want)
	}
	if sent.Path != "/v1/chat/completions" || sent.Authorization != "Bearer "+key || sent.Model != "m" || sent.MaxTokens != 100 ||
		*sent.Temperature != 0 || *sent.Seed != 7 || sent.Stream || sent.Data() != "words to judge" {
		t.Errorf("sent %+v", sent)
	}
	var format struct {
		Type   string `json:"type"`
		Schema struct {
			Name   string `json:"name"`
			Strict bool   `json:"strict"`
			Schema struct {
				Required []string `json:"required"`
			} `json:"schema"`
		} `json:"json_schema"`
	}
	if err := json.Unmarshal(sent.Format, &format); err != nil || format.Type != "json_schema" || format.Schema.Name != "score" || !format.Schema.Strict || len(format.Schema.Schema.Required) != 1 {
		t.Errorf("the format is %s, %v", sent.Format, err)
	}
	if rules := sent.Messages[0]; rules.Role != "system" || !strings.Contains(rules.Content, `"required":["score"]`) || strings.Contains(rules.Content, "words to judge") {
		t.Errorf("the rules are %+v", rules)
	}
}

// faults are answers that are none, and what is known of them.
var faults = map[string]struct {
	reply llmtest.Reply
	kind  llm.Kind
	calls int
	spent bool // the tokens are counted, as the model answered
}{
	"a wrong key":              {llmtest.Reply{Status: 401, Raw: `{"error":{"message":"` + key + `"}}`}, llm.Refused, 1, false},
	"an unknown model":         {llmtest.Reply{Status: 404, Raw: `{}`}, llm.Refused, 1, false},
	"a bad request":            {llmtest.Unsupported("messages"), llm.Refused, 1, false},
	"a bad request, no reason": {llmtest.Reply{Status: 400, Raw: "?"}, llm.Refused, 5, false},
	"a redirect":               {llmtest.Reply{Status: 307, Header: map[string]string{"Location": "https://elsewhere.test/"}, Raw: "-"}, llm.Redirected, 1, false},
	"a redirect to itself":     {llmtest.Reply{Status: 308, Header: map[string]string{"Location": "/v1/chat/completions"}, Raw: "-"}, llm.Redirected, 1, false},
	"no content":               {llmtest.Reply{Status: 204, Raw: "-"}, llm.Refused, 1, false},
	"a fault of the server":    {llmtest.Reply{Status: 500, Raw: "-"}, llm.Busy, 3, false},
	"too many requests":        {llmtest.Reply{Status: 429, Raw: "-"}, llm.Busy, 3, false},
	"a broken connection":      {llmtest.Reply{Content: `{"score":1}`, Broken: true}, llm.Unreachable, 3, false},
	"silence":                  {llmtest.Reply{Content: `{"score":1}`, Silence: time.Hour}, llm.Timeout, 1, false},
	"a slow trickle":           {llmtest.Reply{Content: `{"score":1}`, Pause: time.Second}, llm.Timeout, 1, false},
	"no JSON":                  {llmtest.Reply{Raw: "<html>"}, llm.Malformed, 1, true},
	"no choices":               {llmtest.Reply{Raw: `{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":6}}`}, llm.Malformed, 1, true},
	"choices of another kind":  {llmtest.Reply{Raw: `{"choices":{},"usage":{"prompt_tokens":5,"completion_tokens":6}}`}, llm.Malformed, 1, true},
	"no text":                  {llmtest.Reply{Content: ""}, llm.Malformed, 1, true},
	"words":                    {llmtest.Text("I think it is a seven."), llm.Malformed, 1, true},
	"another document":         {llmtest.Text(`{"points": 7}`), llm.Malformed, 1, true},
	"a number out of bounds":   {llmtest.Text(`{"score": 11}`), llm.Malformed, 1, true},
	"a number as text":         {llmtest.Text(`{"score": "7"}`), llm.Malformed, 1, true},
	"more than was asked for":  {llmtest.Text(`{"score": 7, "note": "x"}`), llm.Malformed, 1, true},
	"a name twice":             {llmtest.Text(`{"score": 7, "score": 8}`), llm.Malformed, 1, true},
	"a list":                   {llmtest.Text(`[7]`), llm.Malformed, 1, true},
	"half a document":          {llmtest.Text(`{"score": 7`), llm.Malformed, 1, true},
	"a huge number":            {llmtest.Text(`{"score": 1e999999999}`), llm.Malformed, 1, true},
	"an answer cut short":      {llmtest.Reply{Content: `{"score": 7}`, Finish: "length"}, llm.Truncated, 1, true},
	"a filter":                 {llmtest.Reply{Content: "", Finish: "content_filter"}, llm.Declined, 1, true},
	"a refusal":                {llmtest.Reply{Refusal: "I will not."}, llm.Declined, 1, true},
	"a huge answer":            {llmtest.Text(llmtest.Long(llm.MaxReply)), llm.TooLarge, 1, true},
}

func TestAnswersThatAreNone(t *testing.T) {
	for name, c := range faults {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				model, m := fixed(c.reply), meter(dpp.USD)
				answer, err := client(t, model).Ask(t.Context(), m, question(t))
				var fault *llm.Error
				if !errors.As(err, &fault) || fault.Kind != c.kind || answer.Document != nil {
					t.Fatalf("%s, %v; want %s", answer.Document, err, c.kind)
				}
				if strings.Contains(err.Error(), key) || strings.Contains(err.Error(), "model.test") {
					t.Errorf("it says %s", err)
				}
				if n := len(model.Requests()); n != c.calls {
					t.Errorf("asked %d times, want %d", n, c.calls)
				}
				if spent := used(m, llm.UnitInput) > 0; spent != c.spent {
					t.Errorf("the usage is %v", m.Usage())
				}
				if err := m.Take("row", 10_000-int64(m.Total()/100)); err != nil {
					t.Errorf("something is still held: %v", err)
				}
				failure := fault.Failure()
				if failure.Reason != dpp.ReasonPackError || failure.Detail == "" || failure.Hint == "" || strings.Contains(failure.Detail+failure.Hint, key) {
					t.Errorf("it fails as %+v", failure)
				}
			})
		})
	}
}

// The tokens that a server counts are believed as far as they can be.
func TestUsage(t *testing.T) {
	r := question(t)
	content := `{"score": 7}`
	for usage, want := range map[string]llm.Usage{
		`{"prompt_tokens":50,"completion_tokens":9}`:           {Input: 50, Output: 9},
		`{"prompt_tokens":50,"completion_tokens":0}`:           {Input: 50},
		`{"prompt_tokens":1000000,"completion_tokens":999999}`: {Input: -1, Output: 100},
		`{"prompt_tokens":0,"completion_tokens":9}`:            {Input: -2, Output: 9, Estimated: true},
		`{"prompt_tokens":-5,"completion_tokens":-9}`:          {Input: -2, Output: int64(len(content)), Estimated: true},
		`{"prompt_tokens":1.5,"completion_tokens":"9"}`:        {Input: -2, Output: int64(len(content)), Estimated: true},
		`{"prompt_tokens":1e300,"completion_tokens":null}`:     {Input: -2, Output: int64(len(content)), Estimated: true},
		`{}`:   {Input: -2, Output: int64(len(content)), Estimated: true},
		`null`: {Input: -2, Output: int64(len(content)), Estimated: true},
		`-`:    {Input: -2, Output: int64(len(content)), Estimated: true},
	} {
		model, m := fixed(llmtest.Reply{Content: content, Usage: usage}), meter(dpp.USD)
		c := client(t, model)
		answer, err := c.Ask(t.Context(), m, r)
		if err != nil {
			t.Fatalf("%s: %v", usage, err)
		}
		switch want.Input {
		case -1:
			want.Input = c.Bound(r)
		case -2:
			want.Input = model.Requests()[0].Bytes
		}
		if answer.Usage != want || used(m, llm.UnitInput) != want.Input || used(m, llm.UnitOutput) != want.Output {
			t.Errorf("%s: %+v, counted %v, want %+v", usage, answer.Usage, m.Usage(), want)
		}
	}
}

// Documents are found where models put them.
func TestDocumentsBetweenWords(t *testing.T) {
	for _, content := range []string{
		"```json\n{\"score\": 7}\n```", "Here it is: {\"score\": 7}. Thank you.", "{} {\"score\": 7}", "{a} {\"score\": 7}",
		"<think>{\"score\": 1}</think>\n{\"score\": 7}", "\n\n {\"score\": 7} {\"score\": 8}",
	} {
		answer, err := client(t, fixed(llmtest.Text(content))).Ask(t.Context(), meter(dpp.USD), question(t))
		if err != nil || string(answer.Document) != `{"score": 7}` {
			t.Errorf("%q: %s, %v", content, answer.Document, err)
		}
	}
}

func TestTheMoneyDecidesHowLongAnAnswerMayBe(t *testing.T) {
	model := llmtest.New(func(_ int, r llmtest.Request) llmtest.Reply {
		return llmtest.Reply{Content: `{"score": 7}`, Usage: `{"prompt_tokens":10000,"completion_tokens":` + number(r.Limit()) + `}`}
	})
	c, r := client(t, model), question(t)
	r.MaxTokens = 10_000
	prompt := c.Bound(r)
	for _, limited := range []struct {
		limit   dpp.Money
		granted int64 // 0: nothing is sent
	}{
		{dpp.USD, 10_000},
		{600, (600 - prompt*15/100 - 1) * 10 / 6},
		{100, 0},
	} {
		asked, m := len(model.Requests()), meter(limited.limit)
		_, err := c.Ask(t.Context(), m, r)
		if limited.granted == 0 {
			if !errors.Is(err, pack.ErrCostLimit) || len(model.Requests()) != asked || m.Total() != 0 {
				t.Errorf("%s: %v after %d requests", limited.limit, err, len(model.Requests())-asked)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		granted := model.Requests()[asked].Limit()
		if off := granted - limited.granted; off < 0 || off > 2 || granted > r.MaxTokens || m.Total() > limited.limit || used(m, llm.UnitOutput) != granted || used(m, llm.UnitInput) != prompt {
			t.Errorf("%s: granted %d, want about %d; the usage is %v", limited.limit, granted, limited.granted, m.Usage())
		}
	}
}

func number(n int64) string {
	text, _ := json.Marshal(n)
	return string(text)
}

func TestAServerIsSpokenToAsItUnderstands(t *testing.T) {
	picky := func(refused ...string) *llmtest.Model {
		return llmtest.New(func(_ int, r llmtest.Request) llmtest.Reply {
			has := map[string]bool{"response_format": r.Format != nil, "max_tokens": r.MaxTokens > 0, "temperature": r.Temperature != nil, "seed": r.Seed != nil}
			for _, param := range refused {
				if name := strings.TrimPrefix(param, "?"); has[name] {
					if name != param {
						return llmtest.Unsupported("")
					}
					return llmtest.Unsupported(param)
				}
			}
			return llmtest.Text(`{"score": 7}`)
		})
	}
	for _, c := range []struct {
		refused []string
		calls   int
	}{
		{nil, 1},
		{[]string{"response_format"}, 2},
		{[]string{"max_tokens"}, 2},
		{[]string{"max_tokens", "temperature"}, 3},
		{[]string{"seed", "temperature", "response_format"}, 4},
		{[]string{"?response_format"}, 2},
		{[]string{"?seed"}, 5}, // in the fixed order
	} {
		model := picky(c.refused...)
		asking := client(t, model)
		for round, calls := range []int{c.calls, c.calls + 1} { // what it learned it remembers
			answer, err := asking.Ask(t.Context(), meter(dpp.USD), question(t))
			if err != nil || string(answer.Document) != `{"score": 7}` || len(model.Requests()) != calls {
				t.Errorf("refusing %v, round %d: %v after %d requests", c.refused, round, err, len(model.Requests()))
			}
		}
		if last := model.Requests()[c.calls]; last.Limit() != 100 {
			t.Errorf("refusing %v: the answer may have %d tokens", c.refused, last.Limit())
		}
	}
}

func TestRetriesWaitAsTheServerSays(t *testing.T) {
	good := llmtest.Text(`{"score": 7}`)
	busy := func(after string) llmtest.Reply {
		return llmtest.Reply{Status: 429, Header: map[string]string{"Retry-After": after}, Raw: "-"}
	}
	for name, c := range map[string]struct {
		replies  []llmtest.Reply
		deadline time.Duration
		took     time.Duration // below zero: it fails at once
	}{
		"seconds":             {[]llmtest.Reply{busy("7"), good}, time.Minute, 7 * time.Second},
		"twice":               {[]llmtest.Reply{busy("7"), busy("0"), good}, time.Minute, 7 * time.Second},
		"a date":              {[]llmtest.Reply{busy("Sat, 01 Jan 2000 00:00:09 GMT"), good}, time.Minute, 9 * time.Second},
		"a date that is past": {[]llmtest.Reply{busy("Fri, 01 Jan 1999 00:00:00 GMT"), good}, time.Minute, 0},
		"beyond the timebox":  {[]llmtest.Reply{busy("30"), good}, 30 * time.Second, -1},
		"beyond patience":     {[]llmtest.Reply{busy("3600"), good}, 2 * time.Hour, -1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), c.deadline)
				defer cancel()
				began, m := time.Now(), meter(dpp.USD)
				_, err := client(t, fixed(c.replies...)).Ask(ctx, m, question(t))
				var fault *llm.Error
				if c.took < 0 {
					if !errors.As(err, &fault) || fault.Kind != llm.Busy || time.Since(began) != 0 {
						t.Errorf("%v after %s", err, time.Since(began))
					}
				} else if err != nil || time.Since(began) != c.took {
					t.Errorf("%v after %s, want %s", err, time.Since(began), c.took)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		model := fixed(llmtest.Reply{Status: 503, Raw: "-"}, llmtest.Reply{Status: 502, Raw: "-"}, good)
		began := time.Now()
		if _, err := client(t, model).Ask(t.Context(), meter(dpp.USD), question(t)); err != nil || time.Since(began) == 0 {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}

// A run that ends takes its calls with it, wherever they are.
func TestCallsEndWithTheirContext(t *testing.T) {
	cause := errors.New("the run ends")
	for name, reply := range map[string]llmtest.Reply{
		"while it waits":  {Status: 429, Header: map[string]string{"Retry-After": "50"}, Raw: "-"},
		"before a byte":   {Content: "x", Silence: time.Hour},
		"between the two": {Content: "x", Pause: 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(10*time.Second, func() { cancel(cause) })
				began, m := time.Now(), meter(dpp.USD)
				_, err := client(t, fixed(reply)).Ask(ctx, m, question(t))
				if !errors.Is(err, cause) || time.Since(began) != 10*time.Second || m.Total() != 0 {
					t.Errorf("%v after %s", err, time.Since(began))
				}
			})
		})
	}
}

func TestCallsAtOnceAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		under, most := 0, 0
		model := llmtest.New(func(int, llmtest.Request) llmtest.Reply {
			mu.Lock()
			defer mu.Unlock()
			under++
			most = max(most, under)
			time.AfterFunc(time.Second-time.Millisecond, func() { mu.Lock(); under--; mu.Unlock() })
			return llmtest.Reply{Content: `{"score": 7}`, Silence: time.Second}
		})
		c, err := llm.New(llm.Options{URL: "http://model.test", Model: "m", Concurrency: 3, Transport: model})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		var group sync.WaitGroup
		for range 9 {
			group.Go(func() {
				if _, err := c.Ask(t.Context(), meter(dpp.USD), question(t)); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if most != 3 || time.Since(began) != 3*time.Second {
			t.Errorf("%d at once, %s in all", most, time.Since(began))
		}
		if sent := model.Requests()[0]; sent.Authorization != "" {
			t.Errorf("without a key it sends %s", sent.Authorization)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := c.Ask(ended, meter(dpp.USD), question(t)); !errors.Is(err, context.Canceled) {
			t.Errorf("after its end: %v", err)
		}
	})
}

// TestNoCallGoesAboveTheLimit: whatever a server says, and however many ask at once, a
// run's cost stays within its limit, and is what was counted.
func TestNoCallGoesAboveTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := dpp.Money(rapid.Int64Range(0, 60).Draw(t, "limit")) * dpp.Quantum
		replies := rapid.SliceOfN(rapid.SampledFrom([]llmtest.Reply{
			llmtest.Text(`{"score": 7}`),
			{Content: `{"score": 7}`, Usage: `{"prompt_tokens":99999999,"completion_tokens":99999999}`},
			{Content: `{"score": 7}`, Usage: `{"prompt_tokens":-1,"completion_tokens":7}`},
			{Content: llmtest.Long(5_000), Usage: "-"},
			{Raw: "?"},
			{Status: 401, Raw: "-"},
		}), 1, 6).Draw(t, "replies")
		model, m := fixed(replies...), meter(limit)
		c, err := llm.New(llm.Options{URL: "http://model.test", Model: "m", Transport: model})
		if err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		var mu sync.Mutex
		var input, output int64
		for range 4 {
			group.Go(func() {
				for {
					answer, err := c.Ask(t.Context(), m, llm.Request{Rules: "r", Data: "d", Form: score, MaxTokens: 2_000, LeastTokens: 10})
					if err != nil {
						return
					}
					mu.Lock()
					input, output = input+answer.Usage.Input, output+answer.Usage.Output
					mu.Unlock()
				}
			})
		}
		group.Wait()
		if m.Total() > limit || used(m, llm.UnitInput) < input || used(m, llm.UnitOutput) < output {
			t.Fatalf("the total is %s of %s; answers took %d and %d, counted were %v", m.Total(), limit, input, output, m.Usage())
		}
	})
}

func TestPing(t *testing.T) {
	for name, c := range map[string]struct {
		reply llmtest.Reply
		good  bool
	}{
		"an answer": {llmtest.Text("{}"), true}, "words": {llmtest.Text("Hello!"), true}, "cut short": {llmtest.Reply{Content: "", Finish: "length"}, true},
		"a wrong key": {llmtest.Reply{Status: 401, Raw: "-"}, false},
	} {
		if err := client(t, fixed(c.reply)).Ping(t.Context()); (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}
