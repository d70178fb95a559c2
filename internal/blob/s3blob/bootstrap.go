package s3blob

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Bootstrap makes the bucket where it is missing, blocks public access to it, and
// installs lifecycle rules by which it loses what the platform has forgotten: objects
// older than the retention and 7 days, and uploads that were broken off. It may run
// again, and in many processes at once.
//
// It leaves alone what an operator has decided: other rules, and parts of the public
// access that were opened on purpose. What cannot be had and is not needed, because
// the server does not know it or the credentials do not allow it, is a warning, a
// sentence that says what to do. An error means that there is no usable bucket, or
// that the store does not answer.
func (s *Store) Bootstrap(ctx context.Context, retention time.Duration) (warnings []string, err error) {
	if err := s.ensureBucket(ctx); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) (string, error){
		s.blockPublic,
		func(ctx context.Context) (string, error) { return s.installRules(ctx, retention) },
	} {
		warning, err := step(ctx)
		if err != nil {
			return warnings, err
		}
		if warning != "" {
			warnings = append(warnings, warning)
		}
	}
	return warnings, nil
}

const (
	bucketRounds = 5
	bucketPause  = 200 * time.Millisecond
)

// ensureBucket makes the bucket until it is there. Of many processes that make it at
// once, the server lets one do it and tells the others something.
func (s *Store) ensureBucket(ctx context.Context) error {
	var made error
	for range bucketRounds {
		_, err := s.headBucket(ctx)
		if statusOf(err) != http.StatusNotFound {
			return err
		}
		switch made = s.makeBucket(ctx); {
		case statusOf(made) == http.StatusForbidden:
			return fmt.Errorf("bucket %s is not there, and these credentials may not make it (s3:CreateBucket): %w", s.opts.Bucket, made)
		case made != nil && statusOf(made) != http.StatusConflict:
			return fmt.Errorf("bucket %s is not there and could not be made: %w", s.opts.Bucket, made)
		}
		if _, err = s.headBucket(ctx); err == nil {
			return nil
		}
		if err := pause(ctx, bucketPause); err != nil {
			return err
		}
	}
	return errors.Join(fmt.Errorf("bucket %s was made and cannot be seen", s.opts.Bucket), made)
}

func (s *Store) makeBucket(ctx context.Context) error {
	ctx, cancel := s.brief(ctx)
	defer cancel()
	input := &s3.CreateBucketInput{Bucket: &s.opts.Bucket}
	if region := s.client.Options().Region; region != defaultRegion { // S3 refuses the default by name
		input.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(region)}
	}
	_, err := s.client.CreateBucket(ctx, input)
	return err
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// blockPublic blocks public access where nothing has been decided about it.
func (s *Store) blockPublic(ctx context.Context) (warning string, err error) {
	ctx, cancel := s.brief(ctx)
	defer cancel()
	out, err := s.client.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: &s.opts.Bucket})
	if err == nil {
		return opened(out.PublicAccessBlockConfiguration), nil
	}
	if codeOf(err) == "NoSuchPublicAccessBlockConfiguration" {
		_, err = s.client.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{
			Bucket: &s.opts.Bucket,
			PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
				BlockPublicAcls: ptr(true), BlockPublicPolicy: ptr(true), IgnorePublicAcls: ptr(true), RestrictPublicBuckets: ptr(true),
			},
		})
	}
	return warn(err, "public access to the bucket", "see to it that nobody can read the bucket without credentials",
		"s3:GetBucketPublicAccessBlock and s3:PutBucketPublicAccessBlock")
}

func opened(c *types.PublicAccessBlockConfiguration) string {
	if c != nil && aws.ToBool(c.BlockPublicAcls) && aws.ToBool(c.BlockPublicPolicy) && aws.ToBool(c.IgnorePublicAcls) && aws.ToBool(c.RestrictPublicBuckets) {
		return ""
	}
	return "public access to the bucket is blocked in part only, as somebody has decided: block all of it, results are private"
}

// warn turns the server's refusal of something that is not needed into a sentence.
// Silence stays an error.
func warn(err error, what, instead, rights string) (warning string, _ error) {
	switch status := statusOf(err); {
	case err == nil:
		return "", nil
	case status == 0:
		return "", fmt.Errorf("%s: %w", what, err)
	case unknownToServer(err):
		return fmt.Sprintf("this object store has no setting for %s: %s", what, instead), nil
	case status == http.StatusForbidden:
		return fmt.Sprintf("these credentials may not set %s: allow %s, or %s", what, rights, instead), nil
	default:
		return fmt.Sprintf("the object store refuses to set %s (%d %s): %s", what, status, codeOf(err), instead), nil
	}
}
