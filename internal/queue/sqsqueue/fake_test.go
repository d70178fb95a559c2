package sqsqueue_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"dpp/internal/queue/sqsqueue"
	"dpp/test/servers"
)

// answer is what a fake service says to one call.
type answer struct {
	status int // 0: 200
	body   string
	header map[string]string
}

// fake is a service that says what a test tells it to, where the real one cannot be
// brought to. The key is an operation, such as SendMessageBatch.
type fake struct {
	t      *testing.T
	server *httptest.Server

	mu     sync.Mutex
	says   map[string]func(request map[string]any) answer
	called map[string]int
}

const fakeURL = `{"QueueUrl":"http://127.0.0.1/1/runs"}`

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{t: t, called: map[string]int{}, says: map[string]func(map[string]any) answer{}}
	f.say("GetQueueUrl", answer{body: fakeURL})
	f.say("DeleteMessageBatch", answer{body: `{"Successful":[],"Failed":[]}`})
	f.server = httptest.NewServer(f)
	t.Cleanup(f.server.Close)
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS.")
	var request map[string]any
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		f.t.Errorf("%s: %v", operation, err)
	}
	f.mu.Lock()
	f.called[operation]++
	say := f.says[operation]
	f.mu.Unlock()
	if say == nil {
		f.t.Errorf("%s was called", operation)
		w.WriteHeader(http.StatusNotFound)
		return
	}
	a := say(request)
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(max(a.status, http.StatusOK))
	_, _ = w.Write([]byte(a.body))
}

func (f *fake) say(operation string, a answer) {
	f.sayBy(operation, func(map[string]any) answer { return a })
}

func (f *fake) sayBy(operation string, say func(map[string]any) answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.says[operation] = say
}

func (f *fake) calls(operation string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.called[operation]
}

// fails is an answer that refuses a call.
func fails(status int, code, message string) answer {
	return answer{status: status, body: fmt.Sprintf(`{"__type":"com.amazonaws.sqs#%s","message":%q}`, code, message)}
}

// environment is one in which the fake can be asked.
func (f *fake) environment() {
	f.t.Helper()
	servers.Cloud{Region: "us-east-1", AccessKey: "fake", SecretKey: "fake-secret"}.Setenv(f.t)
}

func (f *fake) open(change func(*sqsqueue.Options)) *sqsqueue.Queue {
	f.t.Helper()
	f.environment()
	opts := sqsqueue.Options{Name: "runs", Endpoint: f.server.URL, Region: "us-east-1"}
	if change != nil {
		change(&opts)
	}
	return open(f.t, opts)
}

// entries are those of a request that has several.
func entries(request map[string]any) []map[string]any {
	list, _ := request["Entries"].([]any)
	entries := make([]map[string]any, len(list))
	for i := range list {
		entries[i], _ = list[i].(map[string]any)
	}
	return entries
}

// takes is an answer that takes all entries of a request but those that refuse names.
func takes(request map[string]any, refuse ...string) answer {
	var good, bad []map[string]any
	for _, entry := range entries(request) {
		id, _ := entry["Id"].(string)
		if strings.Contains(strings.Join(refuse, " "), id) {
			bad = append(bad, map[string]any{"Id": id, "Code": "InternalError", "SenderFault": false, "Message": secret})
		} else {
			good = append(good, map[string]any{"Id": id, "MessageId": "m-" + id})
		}
	}
	text, err := json.Marshal(map[string]any{"Successful": good, "Failed": bad})
	if err != nil {
		return answer{status: http.StatusInternalServerError}
	}
	return answer{body: string(text)}
}

// secret stands for what must not come out of the adapter again.
const secret = "hush-hush-token"
