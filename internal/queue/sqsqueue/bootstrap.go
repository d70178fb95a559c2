package sqsqueue

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// A hint that nobody heard for a day is of no use: the store told of the run long ago.
const retention = 24 * time.Hour

// Names of attributes that are read here and there.
const (
	attributeVisibility = string(types.QueueAttributeNameVisibilityTimeout)
	attributeWait       = string(types.QueueAttributeNameReceiveMessageWaitTimeSeconds)
	attributeRetention  = string(types.QueueAttributeNameMessageRetentionPeriod)
	attributeDelay      = string(types.QueueAttributeNameDelaySeconds)
	attributeRedrive    = string(types.QueueAttributeNameRedrivePolicy)
	attributeManaged    = string(types.QueueAttributeNameSqsManagedSseEnabled)
	attributeKey        = string(types.QueueAttributeNameKmsMasterKeyId)
	attributeWaiting    = string(types.QueueAttributeNameApproximateNumberOfMessages)
)

// wanted are the attributes of a queue that is made here.
func (q *Queue) wanted() map[string]string {
	return map[string]string{
		attributeVisibility: seconds(q.opts.Visibility),
		attributeWait:       seconds(longestWait),
		attributeRetention:  seconds(retention),
		attributeDelay:      "0",
		attributeManaged:    "true",
	}
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

// Bootstrap makes the queue where it is missing, which many processes may do at once.
// An existing queue is its operator's: it is never changed, and each warning says, in
// one line, what is different about it. An error means that there is no queue to use
// yet; Send and Receive look again by themselves.
func (q *Queue) Bootstrap(ctx context.Context) (warnings []string, err error) {
	_, made, err := q.locate(ctx)
	if err != nil || made {
		return nil, err
	}
	attributes, err := q.attributes(ctx)
	if isForbidden(err) {
		return []string{fmt.Sprintf("queue %s: whether its attributes are right is unknown, as they may not be read: allow sqs:GetQueueAttributes", q.opts.Name)}, nil
	}
	if err != nil {
		return nil, err
	}
	for _, difference := range q.differences(attributes) {
		warnings = append(warnings, fmt.Sprintf("queue %s: %s", q.opts.Name, difference))
	}
	return warnings, nil
}

func (q *Queue) attributes(ctx context.Context) (attributes map[string]string, err error) {
	err = q.onQueue(ctx, func(url *string) error { return q.readAttributes(ctx, url, &attributes) })
	return attributes, err
}

func (q *Queue) readAttributes(ctx context.Context, url *string, attributes *map[string]string) error {
	return q.call(ctx, q.opts.Timeout, "GetQueueAttributes", func(ctx context.Context) error {
		out, err := q.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
			// Services refuse names that they do not know; all of them know this one.
			QueueUrl: url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
		})
		if err == nil {
			*attributes = out.Attributes
		}
		return err
	})
}

// differences say what about the queue is not as wanted. Attributes that a service
// does not know, it does not tell, and nothing is said of them.
func (q *Queue) differences(is map[string]string) (differences []string) {
	wanted := q.wanted()
	delete(wanted, attributeManaged)
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		if value, known := is[name]; known && value != wanted[name] {
			differences = append(differences, fmt.Sprintf("%s is %s, not %s", name, plain(value), wanted[name]))
		}
	}
	if is[attributeRedrive] != "" {
		differences = append(differences, "it has a redrive policy, which moves messages where nobody listens: remove it")
	}
	if is[attributeManaged] == "false" && is[attributeKey] == "" {
		differences = append(differences, "messages are not encrypted at rest: set "+attributeManaged)
	}
	return differences
}
