package sqsqueue

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"dpp/internal/queue"
)

const (
	longestWait = 20 * time.Second // what SQS allows
	// A service may answer early with nothing, as another receiver was faster, or as it
	// does not know how to wait. It is asked again no sooner than this.
	pollInterval = 250 * time.Millisecond
)

// Receive implements [queue.Queue]. It returns at most ten messages, and an error at
// once while the service cannot be asked.
func (q *Queue) Receive(ctx context.Context, limit int) ([]queue.Message, error) {
	if q.isClosed() {
		return nil, ErrClosed
	}
	if limit < 1 {
		return nil, q.pause(ctx, q.opts.Wait)
	}
	end := time.Now().Add(q.opts.Wait)
	for {
		asked := time.Now()
		messages, err := q.poll(ctx, min(limit, batch), waitSeconds(ctx, end))
		if err != nil || len(messages) > 0 {
			return messages, err
		}
		left := time.Until(end)
		if left < time.Second || endsWithin(ctx, time.Second) { // SQS waits for whole seconds
			return nil, q.pause(ctx, left)
		}
		if err := q.pause(ctx, pollInterval-time.Since(asked)); err != nil {
			return nil, err
		}
	}
}

// waitSeconds is how long the service shall wait, so that it answers before ctx ends.
// It is never 0, which the SDK leaves out, and which then stands for the queue's own
// setting.
func waitSeconds(ctx context.Context, end time.Time) int32 {
	// Rounded, as a moment has passed since the end was computed.
	wait := time.Until(end).Round(time.Second)
	if deadline, ok := ctx.Deadline(); ok {
		wait = min(wait, time.Until(deadline))
	}
	return int32(min(max(time.Second, wait), longestWait) / time.Second)
}

func endsWithin(ctx context.Context, d time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) < d
}

// poll asks once, and deletes what cannot be read.
func (q *Queue) poll(ctx context.Context, limit int, wait int32) ([]queue.Message, error) {
	received, err := q.receive(ctx, limit, wait)
	if err != nil {
		return nil, err
	}
	messages := make([]queue.Message, 0, len(received))
	var unreadable []queue.Message
	var why error
	for _, m := range received {
		runs, err := readBody(aws.ToString(m.Body))
		message := queue.Message{Runs: runs, Receipt: aws.ToString(m.ReceiptHandle), Trace: readTrace(m.MessageAttributes)}
		if err != nil {
			unreadable, why = append(unreadable, message), err
			continue
		}
		messages = append(messages, message)
	}
	if len(unreadable) == 0 {
		return messages, nil
	}
	if err := q.discard(ctx, unreadable, why); err != nil && len(messages) == 0 {
		return nil, err // whoever calls pauses, else they might come again without end
	}
	return messages, nil
}

// discard deletes messages that cannot be read.
func (q *Queue) discard(ctx context.Context, unreadable []queue.Message, why error) error {
	q.unreadable.Add(int64(len(unreadable)))
	err := q.Acknowledge(ctx, unreadable)
	log := q.opts.Log.With("queue", q.opts.Name, "messages", len(unreadable), "reason", why)
	if err != nil {
		log.WarnContext(ctx, "messages that cannot be read could not be deleted and will come again", "error", err)
		return err
	}
	log.WarnContext(ctx, "messages that cannot be read were deleted; somebody else may be using the queue")
	return nil
}

// receive makes one call, which is not repeated: there is a next one anyway.
func (q *Queue) receive(ctx context.Context, limit int, wait int32) (messages []types.Message, err error) {
	timeout := time.Duration(wait)*time.Second + q.opts.Timeout
	err = q.onQueue(ctx, func(url *string) error {
		return q.call(ctx, timeout, "ReceiveMessage", func(ctx context.Context) error {
			out, err := q.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
				QueueUrl: url, MaxNumberOfMessages: int32(limit), WaitTimeSeconds: wait, //nolint:gosec // at most ten
				VisibilityTimeout:     int32(q.opts.Visibility / time.Second), //nolint:gosec // a duration in seconds
				MessageAttributeNames: []string{traceParent, traceState},
			}, func(o *sqs.Options) { o.Retryer = aws.NopRetryer{} })
			if err == nil {
				messages = out.Messages
			}
			return err
		})
	})
	return messages, err
}
