package sqsqueue

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"dpp/internal/ops"
)

const (
	findingQueue       = "queue"
	findingClock       = "queue clock"
	findingAttributes  = "queue attributes"
	findingPermissions = "queue permissions"
)

// skew is how far the clocks may differ. Requests are refused from some minutes on.
const skew = time.Minute

// Check finds out whether the queue can be used. It makes and changes nothing, apart
// from one message without runs, which it sends, receives and deletes; where a worker is
// faster, it looks into the store once more than it had to.
func (q *Queue) Check(ctx context.Context) []ops.Finding {
	url, ahead, err := q.lookUpAndCompare(ctx)
	var findings []ops.Finding
	if err != nil {
		findings = append(findings, bad(findingQueue, err))
	} else {
		findings = append(findings, good(findingQueue, "queue %s exists in region %s", q.opts.Name, q.client.Options().Region))
	}
	if ahead != nil {
		findings = append(findings, clock(*ahead))
	}
	if err != nil {
		return findings
	}
	return append(findings, q.checkAttributes(ctx, &url), q.checkPermissions(ctx, &url))
}

func good(name, format string, args ...any) ops.Finding {
	return ops.Finding{Name: name, OK: true, Detail: fmt.Sprintf(format, args...)}
}

func bad(name string, err error) ops.Finding {
	return ops.Finding{Name: name, Detail: strings.TrimPrefix(err.Error(), "sqsqueue: "), Remedy: remedy(err)}
}

func remedy(err error) string {
	var api interface{ ErrorCode() string }
	switch {
	case errors.Is(err, errNoCredentials):
		return "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the process a role."
	case isMissing(err):
		return "Start dpp api or dpp worker, which make the queue, or make a standard queue of this name."
	case isForbidden(err):
		return "Allow sqs:GetQueueUrl, GetQueueAttributes, SendMessage, ReceiveMessage and DeleteMessage on the queue, and CreateQueue where dpp shall make it."
	case isUnsigned(err):
		return "Correct the credentials in the AWS_* variables, and the region of DPP_QUEUE_URL."
	case errors.As(err, &api):
		return "Look at the service's own logs for the request."
	default:
		return "Correct endpoint and region in DPP_QUEUE_URL, and let the process reach the service."
	}
}

// lookUpAndCompare looks up the queue's URL, and tells how far the service's clock is
// ahead of ours, which its refusals tell too; nil where it tells no time.
func (q *Queue) lookUpAndCompare(ctx context.Context) (url string, ahead *time.Duration, err error) {
	err = q.call(ctx, q.opts.Timeout, "GetQueueUrl", func(ctx context.Context) error {
		out, err := q.client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &q.opts.Name})
		var refused *awshttp.ResponseError
		switch {
		case err == nil:
			url, err = named(out.QueueUrl)
			if by, ok := awsmiddleware.GetAttemptSkew(out.ResultMetadata); ok {
				ahead = &by
			}
		case errors.As(err, &refused) && refused.Response != nil:
			if at, bad := http.ParseTime(refused.Response.Header.Get("Date")); bad == nil {
				ahead = aws.Duration(time.Until(at))
			}
		}
		return err
	})
	return url, ahead, err
}

func clock(ahead time.Duration) ops.Finding {
	if ahead.Abs() <= skew {
		return good(findingClock, "the clocks of this machine and of the service agree")
	}
	return ops.Finding{
		Name: findingClock, Detail: fmt.Sprintf("the service's clock is %s ahead of this machine's", ahead.Round(time.Second)),
		Remedy: "Set the system's clock, and keep it with NTP: requests signed at a wrong time are refused.",
	}
}

func (q *Queue) checkAttributes(ctx context.Context, url *string) ops.Finding {
	var attributes map[string]string
	if err := q.readAttributes(ctx, url, &attributes); err != nil {
		return bad(findingAttributes, err)
	}
	if differences := q.differences(attributes); len(differences) > 0 {
		return ops.Finding{
			Name: findingAttributes, Detail: strings.Join(differences, "; "),
			Remedy: "Change these attributes, or delete the queue and let dpp make it anew.",
		}
	}
	return good(findingAttributes, "they are as wanted; about %s messages wait", plain(attributes[attributeWaiting]))
}
