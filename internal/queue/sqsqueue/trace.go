package sqsqueue

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// The names of a W3C trace context, which are also those of its message attributes.
const (
	traceParent = "traceparent"
	traceState  = "tracestate"
)

var (
	parentForm = regexp.MustCompile(`^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)
	stateForm  = regexp.MustCompile(`^[\x21-\x7e][\x20-\x7e]{0,511}$`)
)

// validTrace keeps what is a trace context, or nothing: no state goes without a parent.
func validTrace(parent, state string) map[string]string {
	switch {
	case !parentForm.MatchString(parent):
		return nil
	case !stateForm.MatchString(state):
		return map[string]string{traceParent: parent}
	default:
		return map[string]string{traceParent: parent, traceState: state}
	}
}

// traceAttributes is the trace context of ctx in the form in which messages carry it.
func (q *Queue) traceAttributes(ctx context.Context) map[string]types.MessageAttributeValue {
	if q.opts.Trace == nil {
		return nil
	}
	given := q.opts.Trace(ctx)
	attributes := make(map[string]types.MessageAttributeValue)
	for name, value := range validTrace(given[traceParent], given[traceState]) {
		attributes[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(value)}
	}
	return attributes
}

// readTrace is the trace context that a message carries. One that is malformed is left
// out: the message is as good without it.
func readTrace(attributes map[string]types.MessageAttributeValue) map[string]string {
	return validTrace(aws.ToString(attributes[traceParent].StringValue), aws.ToString(attributes[traceState].StringValue))
}
