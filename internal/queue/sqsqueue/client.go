package sqsqueue

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go/logging"
)

const (
	loadTimeout = 5 * time.Second
	// Ten messages of the size that SQS allows at most fit in.
	answerLength = 16 << 20 // bytes
	attempts     = 3
	// Pauses between them are shorter than the SDK's own: a hint that comes late is of
	// no use, as workers look into the store by themselves every few seconds.
	leastPause = 50 * time.Millisecond
	mostPause  = 500 * time.Millisecond
)

// newClient makes the client of one queue and the HTTP client under it. It reads
// variables and files, and asks nobody.
func newClient(ctx context.Context, opts Options) (*sqs.Client, *http.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	load := []func(*config.LoadOptions) error{
		config.WithHTTPClient(awshttp.NewBuildableClient()), config.WithLogger(logging.Nop{}),
	}
	if opts.Region != "" {
		load = append(load, config.WithRegion(opts.Region))
	}
	settings, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, nil, fmt.Errorf("sqsqueue: the AWS_* settings cannot be used: %w", err)
	}
	if settings.Region == "" {
		return nil, nil, errors.New("sqsqueue: no region: add region=… to the queue's address, or set AWS_REGION")
	}
	httpClient := newHTTPClient(settings.HTTPClient)
	return sqs.NewFromConfig(settings, func(o *sqs.Options) {
		o.HTTPClient = httpClient
		o.Credentials = credentials{settings.Credentials}
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts, o.Backoff = attempts, retry.BackoffDelayerFunc(pauseBetween)
		})
		if opts.Endpoint != "" {
			o.BaseEndpoint = aws.String(opts.Endpoint)
		}
	}), httpClient, nil
}

func pauseBetween(int, error) (time.Duration, error) {
	return leastPause + rand.N(mostPause-leastPause), nil //nolint:gosec // no secret
}

// newHTTPClient gives us hold of the connections, which the client of the SDK hides.
// Calls have deadlines of their own, so it has none.
func newHTTPClient(from aws.HTTPClient) *http.Client {
	transport := awshttp.NewBuildableClient().GetTransport()
	if built, ok := from.(*awshttp.BuildableClient); ok {
		transport = built.GetTransport() // with the certificates that AWS_CA_BUNDLE names
	}
	return &http.Client{
		Transport:     bounded{transport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// bounded ends answers that are longer than any can be.
type bounded struct{ *http.Transport }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(answer.Body, answerLength), answer.Body}
	return answer, nil
}
