package sqsqueue

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// onQueue makes one call on the queue, and once more where the queue turned out to have
// been deleted, or to have been made anew elsewhere.
func (q *Queue) onQueue(ctx context.Context, do func(url *string) error) error {
	url, _, err := q.locate(ctx)
	if err != nil {
		return err
	}
	if err = do(url); !isMissing(err) {
		return err
	}
	q.found.CompareAndSwap(url, nil)
	if url, _, err = q.locate(ctx); err != nil {
		return err
	}
	return do(url)
}

// locate finds the queue's URL, and makes the queue where it is missing. One caller asks,
// the others wait for what it finds.
func (q *Queue) locate(ctx context.Context) (url *string, made bool, err error) {
	if url := q.found.Load(); url != nil {
		return url, false, nil
	}
	select {
	case q.search <- struct{}{}:
	case <-ctx.Done():
		return nil, false, ctx.Err()
	case <-q.closed:
		return nil, false, ErrClosed
	}
	defer func() { <-q.search }()
	if url := q.found.Load(); url != nil {
		return url, false, nil
	}
	found, err := q.lookUp(ctx)
	if isMissing(err) {
		found, made, err = q.make(ctx)
	}
	if err != nil {
		return nil, false, err
	}
	q.found.Store(&found)
	return &found, made, nil
}

// lookUp asks for the queue's URL and changes nothing.
func (q *Queue) lookUp(ctx context.Context) (string, error) {
	var url string
	err := q.call(ctx, q.opts.Timeout, "GetQueueUrl", func(ctx context.Context) error {
		out, err := q.client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &q.opts.Name})
		if err != nil {
			return err
		}
		url, err = named(out.QueueUrl)
		return err
	})
	return url, err
}

var errNameless = errors.New("the answer names no queue: is this SQS?")

// named refuses the good answers of services that are something else.
func named(url *string) (string, error) {
	if aws.ToString(url) == "" {
		return "", errNameless
	}
	return *url, nil
}

// make makes the queue, unless another process was faster.
func (q *Queue) make(ctx context.Context) (url string, made bool, err error) {
	url, err = q.create(ctx, q.wanted())
	if hasCode(err, "InvalidAttributeName", "InvalidAttributeValue", "InvalidParameterValue", "UnsupportedOperation") {
		// Not every service knows how to encrypt messages at rest.
		attributes := q.wanted()
		delete(attributes, string(types.QueueAttributeNameSqsManagedSseEnabled))
		url, err = q.create(ctx, attributes)
	}
	if isTaken(err) {
		url, err = q.lookUp(ctx)
		return url, false, err
	}
	if err == nil {
		q.opts.Log.InfoContext(ctx, "the queue was missing and was made", "queue", q.opts.Name)
	}
	return url, err == nil, err
}

func (q *Queue) create(ctx context.Context, attributes map[string]string) (string, error) {
	var url string
	err := q.call(ctx, q.opts.Timeout, "CreateQueue", func(ctx context.Context) error {
		out, err := q.client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &q.opts.Name, Attributes: attributes})
		if err != nil {
			return err
		}
		url, err = named(out.QueueUrl)
		return err
	})
	return url, err
}
