package sqsqueue_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"dpp/internal/ops"
	"dpp/test/servers"
)

func TestBootstrapMakesTheQueue(t *testing.T) {
	opts := address(t, servers.SQS(t))
	bootstrap(t, open(t, opts))
	attributes := newConsole(t, opts).attributes()
	for name, want := range map[string]string{
		"VisibilityTimeout": "30", "ReceiveMessageWaitTimeSeconds": "20", "MessageRetentionPeriod": "86400",
		"DelaySeconds": "0", "SqsManagedSseEnabled": "true", "RedrivePolicy": "",
	} {
		if attributes[name] != want {
			t.Errorf("%s is %s, want %s", name, attributes[name], want)
		}
	}
}

// Many processes start at once.
func TestManyBootstrap(t *testing.T) {
	opts := address(t, servers.SQS(t))
	var starting sync.WaitGroup
	for range 10 {
		q := open(t, opts)
		starting.Go(func() {
			if warnings, err := q.Bootstrap(t.Context()); err != nil || len(warnings) != 0 {
				t.Errorf("%q, %v", warnings, err)
			}
		})
	}
	starting.Wait()
}

// An operator's queue is used as it is.
func TestBootstrapWarnsAndChangesNothing(t *testing.T) {
	opts := address(t, servers.SQS(t))
	dead := newConsole(t, address(t, servers.SQS(t)))
	dead.create(nil)
	c := newConsole(t, opts)
	c.create(map[string]string{
		"VisibilityTimeout": "5", "DelaySeconds": "1", "SqsManagedSseEnabled": "false",
		"RedrivePolicy": `{"deadLetterTargetArn":"` + dead.attributes()["QueueArn"] + `","maxReceiveCount":3}`,
	})
	before := c.attributes()
	q := open(t, opts)
	warnings, err := q.Bootstrap(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"DelaySeconds is 1, not 0", "MessageRetentionPeriod is 345600, not 86400", "ReceiveMessageWaitTimeSeconds is 0, not 20",
		"VisibilityTimeout is 5, not 30", "redrive policy", "not encrypted",
	} {
		if i >= len(warnings) || !strings.Contains(warnings[i], want) || !strings.HasPrefix(warnings[i], "queue "+opts.Name+": ") {
			t.Errorf("%q do not say %q", warnings, want)
		}
	}
	if err := works(t, q); err != nil {
		t.Error(err)
	}
	after := c.attributes()
	for name := range before {
		if !strings.HasPrefix(name, "Approximate") && before[name] != after[name] {
			t.Errorf("%s was %s and is %s", name, before[name], after[name])
		}
	}
}

const missing = "QueueDoesNotExist"

// Another process may make the queue in the moment between, with other attributes.
func TestAnotherProcessIsFaster(t *testing.T) {
	f := newFake(t)
	var once sync.Once
	f.sayBy("GetQueueUrl", func(map[string]any) answer {
		a := answer{body: fakeURL}
		once.Do(func() { a = fails(http.StatusBadRequest, missing, "") })
		return a
	})
	f.say("CreateQueue", fails(http.StatusBadRequest, "QueueNameExists", ""))
	f.say("GetQueueAttributes", answer{body: `{"Attributes":{"VisibilityTimeout":"7"}}`})
	warnings, err := f.open(nil).Bootstrap(t.Context())
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "VisibilityTimeout is 7, not 30") {
		t.Errorf("%q, %v", warnings, err)
	}
}

// Not every service knows of encryption at rest.
func TestAServiceThatDoesNotEncrypt(t *testing.T) {
	f := newFake(t)
	f.say("GetQueueUrl", fails(http.StatusBadRequest, missing, ""))
	f.sayBy("CreateQueue", func(request map[string]any) answer {
		attributes, _ := request["Attributes"].(map[string]any)
		if _, ok := attributes["SqsManagedSseEnabled"]; ok {
			return fails(http.StatusBadRequest, "InvalidAttributeName", "")
		}
		if attributes["VisibilityTimeout"] != "30" {
			t.Errorf("attributes %v", attributes)
		}
		return answer{body: fakeURL}
	})
	bootstrap(t, f.open(nil))
}

func TestBootstrapWithoutPermissions(t *testing.T) {
	f := newFake(t)
	f.say("GetQueueAttributes", fails(http.StatusForbidden, "AccessDenied", secret))
	warnings, err := f.open(nil).Bootstrap(t.Context())
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "sqs:GetQueueAttributes") {
		t.Errorf("attributes that may not be read: %q, %v", warnings, err)
	}
	f.say("GetQueueUrl", fails(http.StatusBadRequest, missing, ""))
	f.say("CreateQueue", fails(http.StatusForbidden, "AccessDenied", secret))
	if _, err := f.open(nil).Bootstrap(t.Context()); err == nil || !strings.Contains(err.Error(), "CreateQueue: AccessDenied") {
		t.Errorf("a queue that may not be made: error %v", err)
	}
}

func finding(findings []ops.Finding, name string) ops.Finding {
	i := slices.IndexFunc(findings, func(f ops.Finding) bool { return f.Name == name })
	if i < 0 {
		return ops.Finding{Detail: "there is no finding " + name}
	}
	return findings[i]
}
