package cli

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"dpp"
)

const refusal = `{"type":"x","title":"No","status":422,"detail":"Wrong \u001b[31mred.","reason_code":"VALIDATION_FAILED","trace_id":"t9","retryable":false,"hint":"Mend it.",
	"remedy":{"action":"change_request","set":{"/b":2,"/a":"1"}},"required_usd":"1.0000","available_usd":"0.5000","run_id":"run_x",
	"errors":[{"pointer":"/inputs","code":"TYPE","message":"is wrong","expected":"object"},{"parameter":"limit","code":"X","message":"too large"},{"header":"Idempotency-Key","code":"X","message":"missing"}]}`

func TestAProblemInWords(t *testing.T) {
	b, _ := online(t, answers{"GET /v1/budget": problem(422, refusal)})
	o := b.run("budget")
	if o.code != exitFailed || o.out != "" {
		t.Errorf("exit %d: %s", o.code, o.out)
	}
	contains(t, o.err, "dpp: VALIDATION_FAILED: Wrong ?[31mred.", "Mend it.", `at "/inputs"`, "is wrong (expected: object)", "parameter limit", "header Idempotency-Key",
		"1.0000 USD, available 0.5000", "run_x", "t9")
	if strings.ContainsRune(o.err, '\x1b') {
		t.Error("an answer steers the terminal")
	}
	if strings.Index(o.err, "set /a") > strings.Index(o.err, "set /b") || !strings.Contains(o.err, "set /a") {
		t.Errorf("remedy in\n%s", o.err)
	}
}

func TestAProblemAsADocument(t *testing.T) {
	b, _ := online(t, answers{"GET /v1/budget": problem(422, refusal)})
	o := b.run("budget", "--json")
	if p := parse[dpp.Problem](t, o.err); o.code != exitFailed || o.out != "" || p.Reason != dpp.ReasonValidationFailed || len(p.Errors) != 3 {
		t.Errorf("exit %d: %s%s", o.code, o.out, o.err)
	}
}

func TestAnswersOfSomethingElse(t *testing.T) {
	b, _ := online(t, answers{"GET /v1/budget": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusForbidden) }})
	for _, flags := range []string{"budget", "budget --json"} {
		if o := b.run(strings.Fields(flags)...); o.code != exitFailed || o.err != "dpp: 403 Forbidden\n" {
			t.Errorf("exit %d: %s", o.code, o.err)
		}
	}
}

func TestAServerThatIsNotThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	b := offline(t)
	o := b.run("run", "submit", "--pack", "x", "--inputs", "{}", "--max-cost", "1", "--url", url, "--key", testKey)
	if o.code != exitUnreachable {
		t.Errorf("exit %d: %s", o.code, o.err)
	}
	contains(t, o.err, "cannot be reached", "--idempotency-key ")
	if strings.Contains(o.err, testKey) {
		t.Error("the key shows")
	}
}

func TestALongPauseIsTold(t *testing.T) {
	b := offline(t)
	s := &session{platform: b.platform}
	var messages strings.Builder
	s.Err = &messages
	c, err := s.connect(&target{URL: "http://127.0.0.1:9", Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	c.OnRetry(errors.New("short"), time.Second)
	c.OnRetry(errors.New("RATE_LIMITED: too many"), 41500*time.Millisecond)
	if got := messages.String(); got != "RATE_LIMITED: too many; again in 42 s\n" {
		t.Errorf("said %q", got)
	}
}

func TestWhenASubmitMayHaveArrived(t *testing.T) {
	for status, doubt := range map[int]bool{402: false, 422: false, 500: true} {
		b, _ := online(t, answers{"POST /v1/runs": problem(status, `{"reason_code":"X"}`)})
		o := b.run("run", "submit", "--pack", "x", "--inputs", "{}", "--max-cost", "1", "--idempotency-key", "12345678")
		if got := strings.Contains(o.err, "--idempotency-key 12345678"); o.code != exitFailed || got != doubt {
			t.Errorf("%d: exit %d: %s", status, o.code, o.err)
		}
	}
}
