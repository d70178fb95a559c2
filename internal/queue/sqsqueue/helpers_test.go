package sqsqueue_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"dpp"
	"dpp/internal/queue"
	"dpp/internal/queue/sqsqueue"
	"dpp/test/servers"
)

func TestMain(m *testing.M) { servers.Main(m) }

var names atomic.Int64

// address is where a queue is that no other test has, which does not exist yet.
func address(t *testing.T, cloud servers.Cloud) sqsqueue.Options {
	t.Helper()
	cloud.Setenv(t)
	return sqsqueue.Options{Name: fmt.Sprintf("dpp-%d", names.Add(1)), Endpoint: cloud.Endpoint, Region: cloud.Region}
}

// open opens a queue that is closed with the test.
func open(t *testing.T, opts sqsqueue.Options) *sqsqueue.Queue {
	t.Helper()
	q, err := sqsqueue.New(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return q
}

// shared opens a queue on the service that the tests share, and makes it.
func shared(t *testing.T, change func(*sqsqueue.Options)) *sqsqueue.Queue {
	t.Helper()
	opts := address(t, servers.SQS(t))
	if change != nil {
		change(&opts)
	}
	q := open(t, opts)
	bootstrap(t, q)
	return q
}

func bootstrap(t *testing.T, q *sqsqueue.Queue) {
	t.Helper()
	if warnings, err := q.Bootstrap(t.Context()); err != nil || len(warnings) != 0 {
		t.Fatalf("Bootstrap: %q, %v", warnings, err)
	}
}

func ids(n int) []dpp.RunID {
	runs := make([]dpp.RunID, n)
	for i := range runs {
		runs[i] = dpp.NewRunID()
	}
	return runs
}

func send(t *testing.T, q queue.Queue, runs []dpp.RunID) {
	t.Helper()
	if err := q.Send(t.Context(), runs); err != nil {
		t.Fatalf("Send: %v", err)
	}
}

func receive(t *testing.T, q queue.Queue) []queue.Message {
	t.Helper()
	messages, err := q.Receive(t.Context(), 10)
	if err != nil {
		t.Fatalf("Receive: %v", err)
	}
	if err := q.Acknowledge(t.Context(), messages); err != nil {
		t.Fatalf("Acknowledge: %v", err)
	}
	return messages
}

// console is the service as an operator uses it.
type console struct {
	t      *testing.T
	client *sqs.Client
	name   string
}

func newConsole(t *testing.T, opts sqsqueue.Options) console {
	t.Helper()
	settings, err := config.LoadDefaultConfig(t.Context(), config.WithRegion(opts.Region))
	if err != nil {
		t.Fatal(err)
	}
	client := sqs.NewFromConfig(settings, func(o *sqs.Options) { o.BaseEndpoint = &opts.Endpoint })
	return console{t: t, client: client, name: opts.Name}
}

func (c console) create(attributes map[string]string) {
	c.t.Helper()
	if _, err := c.client.CreateQueue(c.t.Context(), &sqs.CreateQueueInput{QueueName: &c.name, Attributes: attributes}); err != nil {
		c.t.Fatal(err)
	}
}

func (c console) delete() {
	c.t.Helper()
	if _, err := c.client.DeleteQueue(c.t.Context(), &sqs.DeleteQueueInput{QueueUrl: c.url()}); err != nil {
		c.t.Fatal(err)
	}
}

func (c console) exists() bool {
	_, err := c.client.GetQueueUrl(c.t.Context(), &sqs.GetQueueUrlInput{QueueName: &c.name})
	return err == nil
}

func (c console) url() *string {
	c.t.Helper()
	out, err := c.client.GetQueueUrl(c.t.Context(), &sqs.GetQueueUrlInput{QueueName: &c.name})
	if err != nil {
		c.t.Fatal(err)
	}
	return out.QueueUrl
}

func (c console) attributes() map[string]string {
	c.t.Helper()
	out, err := c.client.GetQueueAttributes(c.t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: c.url(), AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return out.Attributes
}

// depth is how many messages there are, whether they can be received at the moment or not.
func (c console) depth() string {
	c.t.Helper()
	attributes := c.attributes()
	return attributes["ApproximateNumberOfMessages"] + "+" + attributes["ApproximateNumberOfMessagesNotVisible"]
}

func (c console) send(bodies ...string) {
	c.t.Helper()
	for _, body := range bodies {
		if _, err := c.client.SendMessage(c.t.Context(), &sqs.SendMessageInput{QueueUrl: c.url(), MessageBody: aws.String(body)}); err != nil {
			c.t.Fatal(err)
		}
	}
}

// diary is a log that a test can read.
type diary struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (d *diary) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.Write(p)
}

func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.String()
}

func (d *diary) logger() *slog.Logger { return slog.New(slog.NewTextHandler(d, nil)) }

// eventually repeats what a foreign process may not be ready for yet.
func eventually(t *testing.T, what string, do func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := do()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: %v", what, err)
		}
	}
}
