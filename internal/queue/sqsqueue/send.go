package sqsqueue

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"golang.org/x/sync/errgroup"

	"dpp"
)

const (
	batch      = 10 // what SQS takes at once
	concurrent = 4  // calls of one Send or Acknowledge
)

// Send implements [queue.Queue]. Ten runs or fewer get a message each, so that each may
// wake another worker; of more, several share one, so that a thousand need seven calls.
// What one call does not tell the others still may.
func (q *Queue) Send(ctx context.Context, ids []dpp.RunID) error {
	if q.isClosed() {
		return ErrClosed
	}
	runs := slices.DeleteFunc(slices.Clone(ids), func(id dpp.RunID) bool { return !id.Valid() })
	bodies, err := split(runs)
	if err != nil {
		return err
	}
	trace := q.traceAttributes(ctx)
	failed, err := inBatches(len(bodies), func(from, to int) (int, error) {
		return q.sendBatch(ctx, bodies[from:to], trace)
	})
	if err != nil {
		return fmt.Errorf("%d of %d messages were not sent: %w", failed, len(bodies), err)
	}
	if wrong := len(ids) - len(runs); wrong > 0 {
		return fmt.Errorf("sqsqueue: %d of %d identifiers are no runs'", wrong, len(ids))
	}
	return nil
}

// split makes the bodies of messages that tell of the runs.
func split(runs []dpp.RunID) ([]string, error) {
	each := min(max(1, (len(runs)+batch-1)/batch), runsWritten)
	var bodies []string
	for some := range slices.Chunk(runs, each) {
		body, err := writeBody(some)
		if err != nil {
			return nil, fmt.Errorf("sqsqueue: a message cannot be written: %w", err)
		}
		bodies = append(bodies, body)
	}
	return bodies, nil
}

// sendBatch sends up to ten messages and tells how many were not taken.
func (q *Queue) sendBatch(ctx context.Context, bodies []string, trace map[string]types.MessageAttributeValue) (failed int, err error) {
	entries := make([]types.SendMessageBatchRequestEntry, len(bodies))
	for i := range bodies {
		entries[i] = types.SendMessageBatchRequestEntry{Id: entryID(i), MessageBody: &bodies[i], MessageAttributes: trace}
	}
	err = q.onQueue(ctx, func(url *string) error {
		return q.call(ctx, q.opts.Timeout, "SendMessageBatch", func(ctx context.Context) error {
			out, err := q.client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: url, Entries: entries})
			if err != nil {
				return err
			}
			failed = len(entries) - len(out.Successful)
			return refused(failed, out.Failed)
		})
	})
	if err != nil && failed == 0 {
		failed = len(bodies)
	}
	return failed, err
}

func entryID(i int) *string { return aws.String(strconv.Itoa(i)) }

// refusal is what the service says of an entry inside of an answer that looks good.
type refusal struct{ code string }

func (r refusal) Error() string { return "refused: " + plain(r.code) }

func refused(failed int, entries []types.BatchResultErrorEntry) error {
	switch {
	case failed <= 0:
		return nil
	case len(entries) == 0:
		return refusal{"unanswered"}
	default:
		return refusal{aws.ToString(entries[0].Code)}
	}
}

// inBatches calls do for ranges of at most ten of n, some at once, and waits for all.
// It returns how many failed, and one of the errors.
func inBatches(n int, do func(from, to int) (failed int, err error)) (failed int, first error) {
	var (
		group errgroup.Group
		mu    sync.Mutex
	)
	group.SetLimit(concurrent)
	for from := 0; from < n; from += batch {
		group.Go(func() error {
			missed, err := do(from, min(from+batch, n))
			mu.Lock()
			defer mu.Unlock()
			failed += missed
			return err
		})
	}
	first = group.Wait()
	return failed, first
}
