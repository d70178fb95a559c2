package sqsqueue_test

import (
	"strings"
	"testing"

	"dpp/internal/queue/sqsqueue"
	"dpp/test/servers"
)

// What nobody can read is deleted and counted, and its content is told nobody; what
// stands beside it is heard.
func TestUnreadableMessagesAreDeleted(t *testing.T) {
	opts := address(t, servers.SQS(t))
	var log diary
	opts.Log = log.logger()
	q := open(t, opts)
	bootstrap(t, q)
	c := newConsole(t, opts)
	c.send(secret, "{}", `{"v":2,"runs":[]}`, `{"v":1,"runs":["`+secret+`"]}`)
	run := ids(1)
	send(t, q, run)
	c.send(strings.Repeat(secret, 10_000))
	told := 0
	for told == 0 || q.Unreadable() < 5 {
		for _, m := range receive(t, q) {
			if told++; len(m.Runs) != 1 || m.Runs[0] != run[0] {
				t.Errorf("told of %v", m.Runs)
			}
		}
		if told == 1 && q.Unreadable() < 5 {
			send(t, q, run) // so that nobody has to wait
			told--
		}
	}
	if depth := c.depth(); depth != "0+0" {
		t.Errorf("visible+hidden messages: %s", depth)
	}
	if text := log.String(); !strings.Contains(text, "cannot be read were deleted") || strings.Contains(text, "hush") {
		t.Errorf("log:\n%s", text)
	}
	if q.Unreadable() != 5 {
		t.Errorf("%d messages counted", q.Unreadable())
	}
}

// Rubbish alone is nothing to tell: whoever waits goes on waiting for a message.
func TestRubbishWakesNobody(t *testing.T) {
	opts := address(t, servers.SQS(t))
	q := open(t, opts)
	bootstrap(t, q)
	c := newConsole(t, opts)
	c.send("rubbish")
	told := make(chan int)
	go func() { told <- len(receive(t, q)) }()
	eventually(t, "the rubbish is deleted", func() error {
		if q.Unreadable() == 0 {
			return sqsqueue.ErrClosed // any
		}
		return nil
	})
	send(t, q, ids(1))
	if n := <-told; n != 1 {
		t.Errorf("told of %d messages", n)
	}
}
