package s3blob

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
)

const (
	dialTimeout = 3 * time.Second
	idleTimeout = 90 * time.Second

	// Attempts of one call, the first included, and the pauses between them.
	attempts   = 4
	firstPause = 50 * time.Millisecond
	maxPause   = 2 * time.Second
)

// defaultRegion is what stores other than Amazon's mostly want in a signature.
const defaultRegion = "us-east-1"

// connect makes the two clients out of the options and the environment.
func (s *Store) connect(ctx context.Context) error {
	cfg, err := config.LoadDefaultConfig(ctx,
		config.WithHTTPClient(s.buildable()),
		config.WithRegion(s.opts.Region), // empty: as the environment says
		config.WithRetryer(newRetryer),
		config.WithLogger(logging.Nop{}),
	)
	if err != nil {
		return err
	}
	if s.http, err = frozen(cfg.HTTPClient); err != nil {
		return err
	}
	cfg.HTTPClient = s.http
	if cfg.Region == "" {
		if s.opts.Endpoint == "" {
			return errors.New("no region: give region= in the URL, or set AWS_REGION")
		}
		cfg.Region = defaultRegion
	}
	s.client = s3.NewFromConfig(cfg, s.address(s.opts.Endpoint), func(o *s3.Options) {
		// Sums that nobody asked for confuse older servers.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenSupported
		o.DisableLogOutputChecksumValidationSkipped = true
	})
	public := s3.NewFromConfig(cfg, s.address(s.opts.PublicEndpoint), func(o *s3.Options) {
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})
	s.public = s3.NewPresignClient(public)
	s.signer = signer{v4: v4.NewSigner(), credentials: public.Options().Credentials}
	return nil
}

// address sets where a client sends, or signs for. An endpoint may also come from the
// environment, as AWS_ENDPOINT_URL_S3.
func (s *Store) address(endpoint string) func(*s3.Options) {
	return func(o *s3.Options) {
		if endpoint != "" {
			o.BaseEndpoint = &endpoint
		}
		o.UsePathStyle = s.opts.Addressing.path(o.BaseEndpoint != nil)
	}
}

// buildable is the client as the SDK wants it, so that it can add the certificates of
// AWS_CA_BUNDLE. A proxy that the environment names for other purposes is not used.
func (s *Store) buildable() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTimeout }).
		WithTransportOptions(func(t *http.Transport) {
			t.Proxy = nil
			t.MaxConnsPerHost = s.opts.Connections
			t.MaxIdleConnsPerHost = s.opts.Connections
			t.MaxIdleConns = 0 // the limit for each host is enough
			t.IdleConnTimeout = idleTimeout
			t.TLSHandshakeTimeout = dialTimeout
			// A connection that hangs leaves time for a repeat on another.
			t.ResponseHeaderTimeout = s.opts.Timeout / 2
			t.ForceAttemptHTTP2 = false // one stalled connection would hold up all
		})
}

// frozen is a client of our own out of the SDK's: its idle connections can be closed,
// and it follows no redirection, which would carry a signature elsewhere.
func frozen(client aws.HTTPClient) (*http.Client, error) {
	buildable, ok := client.(*awshttp.BuildableClient)
	if !ok {
		return nil, errors.New("the SDK's HTTP client is of a kind that is not known")
	}
	return &http.Client{
		Transport:     buildable.GetTransport(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// newRetryer repeats what failed for a while: lost connections, 5xx, throttling, and
// the conflicts of S3 that ask for it. All calls may be repeated.
func newRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = attempts
		o.Backoff = retry.BackoffDelayerFunc(pauseAfter)
		o.Retryables = append(o.Retryables, retry.RetryableErrorCode{Codes: map[string]struct{}{
			codeConflict: {}, codeAborted: {}, codeBadDigest: {}, // damaged on its way
		}})
	})
}

// pauseAfter grows with the attempts, and is spread so that callers do not come back
// all at once.
func pauseAfter(attempt int, _ error) (time.Duration, error) {
	longest := min(firstPause<<min(max(attempt, 0), 16), maxPause)
	return rand.N(longest), nil //nolint:gosec // no secret
}
