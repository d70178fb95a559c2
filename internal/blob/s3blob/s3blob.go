// Package s3blob keeps objects in a bucket of any store that speaks S3: Amazon's own,
// or one reached by its endpoint, such as MinIO, Ceph or VersityGW.
//
// A Put is a conditional create (If-None-Match: *), so of all who write a key one
// wins, and repeating a write is safe: it meets itself and says so. The store must
// know that condition; [Store.Check] tells where it does not.
//
// The SHA-256 of the content goes along three times: as the signed hash of the
// request and as S3's checksum, which the server compares with what arrived, and as
// metadata of our own, because not every server gives its checksum back.
//
// "There is no such object" is said only where the server says so of the key itself.
// A missing bucket, a refusal, a page of some proxy in between, and silence are
// errors: who asks must not take them for the absence of a result.
package s3blob

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"dpp/internal/blob"
)

// Options say which bucket, and how it is talked to. Bucket is needed. [Parse] reads
// the first group from a URL. Credentials are none of them: they come from the
// environment, in the ways that all programs for AWS share.
type Options struct {
	Bucket string
	// Prefix is put before every key: empty, or a folder such as "dpp-1/".
	Prefix string
	// Region is the bucket's; default: what AWS_REGION or the shared configuration
	// says, and us-east-1 where an endpoint is given.
	Region string
	// Endpoint is the store's address, such as "http://127.0.0.1:9000"; default:
	// Amazon's for the region.
	Endpoint string
	// PublicEndpoint is the address that signed URLs name, where whoever gets them
	// reaches the same store under another; default: Endpoint.
	PublicEndpoint string
	// Addressing says where the bucket stands in URLs.
	Addressing Addressing
	// Encryption at rest that is asked for with every object: empty (as the bucket
	// says), "AES256" or "aws:kms".
	Encryption string
	// KMSKey is the key for "aws:kms"; default: the account's own.
	KMSKey string

	// Timeout bounds each small call with its repeats, and each silence within a
	// longer one; default 10 s.
	Timeout time.Duration
	// Concurrency is how many objects one Put writes at once; default 32.
	Concurrency int
	// Connections is how many connections there are at most, and how many are kept;
	// default four times Concurrency.
	Connections int
}

// Addressing says where the name of a bucket stands in URLs.
type Addressing int

const (
	// AddressingAuto is the path where an endpoint is given, else the host.
	AddressingAuto Addressing = iota
	// AddressingPath is http://endpoint/bucket/key.
	AddressingPath
	// AddressingHost is http://bucket.endpoint/key.
	AddressingHost
)

func (a Addressing) path(endpointGiven bool) bool {
	return a == AddressingPath || a == AddressingAuto && endpointGiven
}

func (o Options) withDefaults() Options {
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Concurrency <= 0 {
		o.Concurrency = 32
	}
	if o.Connections <= 0 {
		o.Connections = 4 * o.Concurrency
	}
	if o.PublicEndpoint == "" {
		o.PublicEndpoint = o.Endpoint
	}
	return o
}

// Store is a [blob.Store] in a bucket. Make it with [Open].
type Store struct {
	opts   Options
	http   *http.Client
	client *s3.Client
	public *s3.PresignClient // signs for the public endpoint, and calls nobody
	signer signer
}

var _ blob.Store = (*Store)(nil)

// Open makes the clients. It calls nobody, so the bucket need not be there, see
// [Store.Bootstrap].
func Open(ctx context.Context, opts Options) (*Store, error) {
	s := &Store{opts: opts.withDefaults()}
	if err := s.connect(ctx); err != nil {
		return nil, fmt.Errorf("open object store: %w", err)
	}
	return s, nil
}

// Ping implements [blob.Store].
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.headBucket(ctx)
	return err
}

// headBucket asks for the bucket. It is an error where there is none.
func (s *Store) headBucket(ctx context.Context) (*s3.HeadBucketOutput, error) {
	ctx, cancel := s.brief(ctx)
	defer cancel()
	out, err := s.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &s.opts.Bucket})
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", s.opts.Bucket, err)
	}
	return out, nil
}

// Close implements [blob.Store].
func (s *Store) Close() error {
	s.http.CloseIdleConnections()
	return nil
}

// brief bounds a call that carries little.
func (s *Store) brief(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.opts.Timeout)
}

// slowest is the rate in bytes per second below which a transfer is given up.
const slowest = 1 << 20

// carrying bounds a call that sends size bytes.
func (s *Store) carrying(ctx context.Context, size int) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.opts.Timeout+time.Duration(size)*time.Second/slowest)
}

// path is where a key lies in the bucket.
func (s *Store) path(key string) *string { return aws.String(s.opts.Prefix + key) }
