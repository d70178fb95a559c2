package sqsqueue_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"dpp/internal/ops"
	"dpp/test/servers"
)

// expect checks one finding: all is well, or it says what is wrong and what to do.
func expect(t *testing.T, findings []ops.Finding, name string, ok bool, detail string) {
	t.Helper()
	f := finding(findings, name)
	if f.OK != ok || !strings.Contains(f.Detail, detail) || (f.Remedy == "") != ok || strings.Contains(f.Detail, secret) {
		t.Errorf("%s: %+v, want %q", name, f, detail)
	}
}

func TestCheck(t *testing.T) {
	opts := address(t, servers.SQS(t))
	q := open(t, opts)
	findings := q.Check(t.Context())
	expect(t, findings, "queue", false, "does not exist")
	c := newConsole(t, opts)
	if len(findings) > 2 || c.exists() {
		t.Errorf("the check made the queue, or found out too much: %+v", findings)
	}
	bootstrap(t, q)
	findings = q.Check(t.Context())
	if len(findings) != 4 {
		t.Errorf("%d findings", len(findings))
	}
	expect(t, findings, "queue", true, opts.Name)
	expect(t, findings, "queue attributes", true, "as wanted")
	expect(t, findings, "queue permissions", true, "sent, received and deleted")
	expect(t, findings, "queue clock", true, "agree")
	if depth := c.depth(); depth != "0+0" {
		t.Errorf("the check left messages: %s", depth)
	}
}

// Hints that wait are not taken away from workers.
func TestCheckBesideWorkers(t *testing.T) {
	opts := address(t, servers.SQS(t))
	q := open(t, opts)
	send(t, q, ids(3))
	expect(t, q.Check(t.Context()), "queue permissions", true, "deleted")
	told := 0
	for told < 3 {
		told += len(receive(t, q))
	}
}

func TestCheckOfAnotherQueue(t *testing.T) {
	opts := address(t, servers.SQS(t))
	newConsole(t, opts).create(map[string]string{"VisibilityTimeout": "5", "MessageRetentionPeriod": "60"})
	expect(t, open(t, opts).Check(t.Context()), "queue attributes", false, "MessageRetentionPeriod is 60, not 86400; ")
}

func TestCheckOfAServiceThatIsAway(t *testing.T) {
	server, cloud := servers.NewSQS(t)
	server.Kill()
	findings := open(t, address(t, cloud)).Check(t.Context())
	if len(findings) != 1 {
		t.Errorf("findings %+v", findings)
	}
	expect(t, findings, "queue", false, "refused")
}

func at(d time.Duration) map[string]string {
	return map[string]string{"Date": time.Now().Add(d).UTC().Format(http.TimeFormat)}
}

func TestCheckOfClocks(t *testing.T) {
	for ahead, ok := range map[time.Duration]bool{0: true, 10 * time.Minute: false, -10 * time.Minute: false} {
		f := newFake(t)
		f.say("GetQueueUrl", answer{body: fakeURL, header: at(ahead)})
		f.say("GetQueueAttributes", fails(http.StatusForbidden, "AccessDenied", secret))
		f.say("SendMessage", fails(http.StatusForbidden, "AccessDenied", secret))
		findings := f.open(nil).Check(t.Context())
		expect(t, findings, "queue clock", ok, "clock")
		expect(t, findings, "queue attributes", false, "GetQueueAttributes: AccessDenied")
		expect(t, findings, "queue permissions", false, "SendMessage: AccessDenied")
	}
	// A service that refuses a request for its time tells its own.
	f := newFake(t)
	a := fails(http.StatusForbidden, "SignatureDoesNotMatch", secret)
	a.header = at(time.Hour)
	f.say("GetQueueUrl", a)
	findings := f.open(nil).Check(t.Context())
	expect(t, findings, "queue", false, "SignatureDoesNotMatch")
	expect(t, findings, "queue clock", false, "ahead")
}

func TestCheckOfPermissions(t *testing.T) {
	const probe = `{"Messages":[{"MessageId":"m","ReceiptHandle":"r","Body":""}]}`
	f := newFake(t)
	f.say("GetQueueAttributes", answer{body: `{}`})
	f.say("SendMessage", answer{body: `{"MessageId":"m"}`})
	f.say("ReceiveMessage", fails(http.StatusForbidden, "AccessDenied", secret))
	f.say("DeleteMessage", fails(http.StatusForbidden, "AccessDenied", secret))
	q := f.open(nil)
	expect(t, q.Check(t.Context()), "queue permissions", false, "ReceiveMessage: AccessDenied")
	f.say("ReceiveMessage", answer{body: probe})
	expect(t, q.Check(t.Context()), "queue permissions", false, "DeleteMessage: AccessDenied")
	f.say("ReceiveMessage", answer{body: `{}`})
	expect(t, q.Check(t.Context()), "queue permissions", true, "heard the probe first")
}
