package sqsqueue

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"dpp/internal/ops"
)

const (
	probePolls = 3
	probeWait  = 1 // seconds, of each poll
	// Hints for workers that the probe catches come again after so many seconds.
	probeVisibility = 5
)

// checkPermissions sends a message that says only "look into the store", and tries to
// receive and delete it.
func (q *Queue) checkPermissions(ctx context.Context, url *string) ops.Finding {
	id, err := q.sendProbe(ctx, url)
	if err != nil {
		return bad(findingPermissions, err)
	}
	receipt, err := q.receiveProbe(ctx, url, id)
	if err != nil {
		return bad(findingPermissions, err)
	}
	if receipt == nil {
		return good(findingPermissions, "messages may be sent and received; a worker heard the probe first, so deleting was not tried")
	}
	if err := q.deleteProbe(ctx, url, receipt); err != nil {
		return bad(findingPermissions, err)
	}
	return good(findingPermissions, "messages may be sent, received and deleted")
}

func (q *Queue) sendProbe(ctx context.Context, url *string) (id string, err error) {
	body, err := writeBody(nil)
	if err != nil {
		return "", err
	}
	err = q.call(ctx, q.opts.Timeout, "SendMessage", func(ctx context.Context) error {
		out, err := q.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: &body})
		if err == nil {
			id = aws.ToString(out.MessageId)
		}
		return err
	})
	return id, err
}

// receiveProbe returns the receipt of the message, or nil where it did not come.
func (q *Queue) receiveProbe(ctx context.Context, url *string, id string) (receipt *string, err error) {
	for range probePolls {
		err = q.call(ctx, q.opts.Timeout+probeWait*time.Second, "ReceiveMessage", func(ctx context.Context) error {
			out, err := q.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
				QueueUrl: url, MaxNumberOfMessages: batch, WaitTimeSeconds: probeWait, VisibilityTimeout: probeVisibility,
			})
			if err == nil {
				receipt = receiptOf(out.Messages, id)
			}
			return err
		})
		if err != nil || receipt != nil {
			return receipt, err
		}
	}
	return nil, nil
}

func receiptOf(messages []types.Message, id string) *string {
	for _, m := range messages {
		if aws.ToString(m.MessageId) == id {
			return m.ReceiptHandle
		}
	}
	return nil
}

func (q *Queue) deleteProbe(ctx context.Context, url, receipt *string) error {
	return q.call(ctx, q.opts.Timeout, "DeleteMessage", func(ctx context.Context) error {
		_, err := q.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: receipt})
		return err
	})
}
