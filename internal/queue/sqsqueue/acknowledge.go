package sqsqueue

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"dpp/internal/queue"
)

// Acknowledge implements [queue.Queue].
func (q *Queue) Acknowledge(ctx context.Context, messages []queue.Message) error {
	if q.isClosed() {
		return ErrClosed
	}
	failed, err := inBatches(len(messages), func(from, to int) (int, error) {
		return q.deleteBatch(ctx, messages[from:to])
	})
	if err != nil {
		return fmt.Errorf("%d of %d messages were not deleted: %w", failed, len(messages), err)
	}
	return nil
}

// deleteBatch deletes up to ten messages and tells how many stay.
func (q *Queue) deleteBatch(ctx context.Context, messages []queue.Message) (failed int, err error) {
	entries := make([]types.DeleteMessageBatchRequestEntry, len(messages))
	for i := range messages {
		entries[i] = types.DeleteMessageBatchRequestEntry{Id: entryID(i), ReceiptHandle: &messages[i].Receipt}
	}
	err = q.onQueue(ctx, func(url *string) error {
		return q.call(ctx, q.opts.Timeout, "DeleteMessageBatch", func(ctx context.Context) error {
			out, err := q.client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: url, Entries: entries})
			if err != nil {
				return err
			}
			failed = len(entries) - len(out.Successful)
			return refused(failed, out.Failed)
		})
	})
	if err != nil && failed == 0 {
		failed = len(messages)
	}
	return failed, err
}
