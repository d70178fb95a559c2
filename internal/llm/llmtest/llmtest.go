// Package llmtest is a server that speaks the chat completions protocol, for tests: as a
// good one does, and in all the ways in which servers go wrong.
package llmtest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Request is a request as the server saw it.
type Request struct {
	Model    string `json:"model"`
	Messages []struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	} `json:"messages"`
	MaxTokens           int64          `json:"max_tokens"`
	MaxCompletionTokens int64          `json:"max_completion_tokens"`
	Temperature         *float64       `json:"temperature"`
	Seed                *int64         `json:"seed"`
	Format              jsontext.Value `json:"response_format"`
	Stream              bool           `json:"stream"`

	Path, Authorization string `json:"-"`
	// Bytes are those of the request's body.
	Bytes int64 `json:"-"`
}

// Limit is the bound of the answer under either of its names.
func (r Request) Limit() int64 { return max(r.MaxTokens, r.MaxCompletionTokens) }

// Data is the last message.
func (r Request) Data() string {
	if len(r.Messages) == 0 {
		return ""
	}
	return r.Messages[len(r.Messages)-1].Content
}

// Reply is what the server answers.
type Reply struct {
	// Status is 200 unless set; Header is sent besides the content type.
	Status int
	Header map[string]string
	// Content is the model's text, Finish its end ("stop" unless set), Refusal its no.
	Content, Finish, Refusal string
	// Usage is the JSON of the answer's usage; empty: tokens of four bytes each; "-": none.
	Usage string
	// Raw, where set, is sent in place of all that.
	Raw string
	// Pause is between any two bytes of the answer; Silence is before its first.
	Pause, Silence time.Duration
	// Broken: the connection ends in the middle of the answer.
	Broken bool
}

// Text is a reply with a model's text.
func Text(content string) Reply { return Reply{Content: content} }

// JSON is a reply whose text is a document.
func JSON(document any) Reply {
	text, err := json.Marshal(document, json.Deterministic(true))
	if err != nil {
		panic(err) // the test's own value
	}
	return Text(string(text))
}

// Unsupported is a server's no to a parameter, which it names, or does not.
func Unsupported(param string) Reply {
	return Reply{Status: http.StatusBadRequest, Raw: fmt.Sprintf(`{"error":{"message":"unsupported","param":%q}}`, param)}
}

// Model answers as a test wants. It is safe for concurrent use if answer is.
type Model struct {
	mu       sync.Mutex
	requests []Request
	answer   func(n int, r Request) Reply
}

// New makes a model. answer is given the number of the request, from 0.
func New(answer func(n int, r Request) Reply) *Model { return &Model{answer: answer} }

// Requests are those that arrived, in their order.
func (m *Model) Requests() []Request {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]Request{}, m.requests...)
}

// Start serves the model on loopback until the test ends, and returns the URL.
func (m *Model) Start(t testing.TB) string {
	t.Helper()
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	return server.URL + "/v1"
}

// RoundTrip answers without a network, so that a test can do it in a bubble of
// testing/synctest, where time passes by itself.
func (m *Model) RoundTrip(r *http.Request) (*http.Response, error) {
	content, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	reply, request := m.take(content, r)
	if !wait(r, reply.Silence) {
		return nil, r.Context().Err()
	}
	header := http.Header{"Content-Type": {"application/json"}}
	for name, value := range reply.Header {
		header.Set(name, value)
	}
	body := &trickle{request: r, text: reply.text(request), pause: reply.Pause, broken: reply.Broken}
	return &http.Response{StatusCode: reply.status(), Header: header, Body: body, Request: r, ProtoMajor: 1, ProtoMinor: 1}, nil
}

// ServeHTTP answers over a network.
func (m *Model) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	content, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	reply, request := m.take(content, r)
	if !wait(r, reply.Silence) {
		return
	}
	for name, value := range reply.Header {
		w.Header().Set(name, value)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(reply.status())
	body := &trickle{request: r, text: reply.text(request), pause: reply.Pause, broken: reply.Broken}
	if _, err := io.Copy(w, body); err != nil {
		panic(http.ErrAbortHandler) // which is how a handler breaks its connection
	}
}

func (m *Model) take(content []byte, r *http.Request) (Reply, Request) {
	request := Request{Path: r.URL.Path, Authorization: r.Header.Get("Authorization"), Bytes: int64(len(content))}
	if err := json.Unmarshal(content, &request); err != nil {
		return Reply{Status: http.StatusBadRequest, Raw: "no JSON"}, request
	}
	m.mu.Lock()
	n := len(m.requests)
	m.requests = append(m.requests, request)
	m.mu.Unlock()
	return m.answer(n, request), request
}

func (r Reply) status() int {
	if r.Status == 0 {
		return http.StatusOK
	}
	return r.Status
}

// text is the body of the reply.
func (r Reply) text(to Request) string {
	if r.Raw != "" {
		return r.Raw
	}
	finish, usage := r.Finish, r.Usage
	if finish == "" {
		finish = "stop"
	}
	if usage == "" {
		usage = fmt.Sprintf(`{"prompt_tokens":%d,"completion_tokens":%d}`, InputTokens(to), min(OutputTokens(r.Content), to.Limit()))
	}
	message := map[string]any{"role": "assistant", "content": r.Content}
	if r.Refusal != "" {
		message["content"], message["refusal"] = nil, r.Refusal
	}
	answer := map[string]any{
		"id": "1", "object": "chat.completion", "model": to.Model + "-2026",
		"choices": []any{map[string]any{"index": 0, "finish_reason": finish, "message": message}},
	}
	if usage != "-" {
		answer["usage"] = jsontext.Value(usage)
	}
	text, err := json.Marshal(answer, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		panic(err) // the test's own value
	}
	return string(text)
}

// InputTokens and OutputTokens are what the server says it counted.
func InputTokens(r Request) int64 {
	bytes := 0
	for _, m := range r.Messages {
		bytes += len(m.Content)
	}
	return int64(bytes)/4 + 1
}

// OutputTokens are those of an answer.
func OutputTokens(content string) int64 { return int64(len(content))/4 + 1 }

// trickle is a body that comes as slowly as it is told.
type trickle struct {
	request *http.Request
	text    string
	pause   time.Duration
	broken  bool
	at      int
}

func (b *trickle) Read(into []byte) (int, error) {
	switch {
	case b.broken && b.at >= len(b.text)/2:
		return 0, io.ErrUnexpectedEOF
	case b.at == len(b.text):
		return 0, io.EOF
	case b.pause == 0:
		n := copy(into, b.text[b.at:])
		b.at += n
		return n, nil
	case !wait(b.request, b.pause):
		return 0, b.request.Context().Err()
	}
	n := copy(into[:1], b.text[b.at:])
	b.at += n
	return n, nil
}

func (b *trickle) Close() error { return nil }

// wait waits unless the request ends first.
func wait(r *http.Request, d time.Duration) bool {
	if d == 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-r.Context().Done():
		return false
	case <-timer.C:
		return true
	}
}

// Repeated is an answer function that gives the replies in turn, and the last one for ever.
func Repeated(replies ...Reply) func(int, Request) Reply {
	return func(n int, _ Request) Reply { return replies[min(n, len(replies)-1)] }
}

// Long is a text of so many bytes.
func Long(bytes int) string { return strings.Repeat("x", bytes) }
