package sqsqueue

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

// ErrClosed is what every method but Close returns after Close.
var ErrClosed = errors.New("sqsqueue: closed")

// A callError says what became of one call. Its text holds nothing that the service
// said but its code: messages about signatures repeat headers, and with them tokens.
type callError struct {
	operation string
	err       error
}

func (e *callError) Error() string { return "sqsqueue: " + e.operation + ": " + reason(e.err) }

func (e *callError) Unwrap() error { return e.err }

// errNoCredentials wraps whatever went wrong while credentials were looked for.
var errNoCredentials = errors.New("no credentials could be had from the AWS_* variables")

// credentials tell failures to get any from failures of the call that needs them.
type credentials struct{ aws.CredentialsProvider }

func (c credentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	found, err := c.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		return aws.Credentials{}, fmt.Errorf("%w: %w", errNoCredentials, err)
	}
	return found, nil
}

func reason(err error) string {
	var (
		api       smithy.APIError
		response  *awshttp.ResponseError
		transport *url.Error
		unread    *smithy.DeserializationError
	)
	switch {
	case errors.Is(err, errNoCredentials):
		return errNoCredentials.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case isMissing(err):
		return "the queue does not exist"
	case errors.As(err, &api) && errors.As(err, &response):
		return fmt.Sprintf("%s (HTTP status %d, request %s)", plain(api.ErrorCode()), response.HTTPStatusCode(), plain(response.ServiceRequestID()))
	case errors.As(err, &unread) && errors.As(err, &response):
		return fmt.Sprintf("the answer is none of SQS (HTTP status %d)", response.HTTPStatusCode())
	case errors.As(err, &transport):
		return transport.Err.Error()
	case errors.As(err, &api):
		return plain(api.ErrorCode())
	default:
		return strings.ReplaceAll(err.Error(), "\n", " ") // our own, or the SDK's before it asks
	}
}

var plainText = regexp.MustCompile(`^[A-Za-z0-9._-]{1,80}$`)

// plain is the text where it looks like a code or an identifier.
func plain(text string) string {
	if plainText.MatchString(text) {
		return text
	}
	return "unknown"
}

// hasCode tells whether the service gave one of the codes, whose older names begin
// with AWS.SimpleQueueService.
func hasCode(err error, codes ...string) bool {
	var api smithy.APIError
	if !errors.As(err, &api) || errors.Is(err, errNoCredentials) {
		return false
	}
	for _, code := range codes {
		if strings.TrimPrefix(api.ErrorCode(), "AWS.SimpleQueueService.") == code {
			return true
		}
	}
	return false
}

// isMissing tells whether the queue does not exist.
func isMissing(err error) bool {
	var missing *types.QueueDoesNotExist
	return errors.As(err, &missing) || hasCode(err, "QueueDoesNotExist", "NonExistentQueue")
}

// isTaken tells whether a queue of the name exists that has other attributes.
func isTaken(err error) bool {
	var taken *types.QueueNameExists
	return errors.As(err, &taken) || hasCode(err, "QueueNameExists", "QueueAlreadyExists")
}

func isForbidden(err error) bool {
	return hasCode(err, "AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
}

// isUnsigned tells whether the credentials themselves were refused.
func isUnsigned(err error) bool {
	return hasCode(err, "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidSignatureException",
		"InvalidSignature", "ExpiredToken", "ExpiredTokenException", "InvalidAccessKeyId", "MissingAuthenticationToken",
		"IncompleteSignature", "AuthFailure", "InvalidSecurity")
}
