package s3blob

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const (
	// objectRoot is the folder of everything that the platform stores.
	objectRoot = "dpp/"
	// graceDays are what the rule leaves to the platform's own sweeps, which are
	// exact: the rule is the net below them.
	graceDays = 7
	// uploadDays is how long an upload in parts may take.
	uploadDays = 1

	day = 24 * time.Hour
)

// rules are ours, by identifiers that no other installation in the bucket has.
func (s *Store) rules(retention time.Duration) []types.LifecycleRule {
	filter := &types.LifecycleRuleFilter{Prefix: s.path(objectRoot)}
	days := int32((retention+day-1)/day) + graceDays //nolint:gosec // settings allow 10 years
	return []types.LifecycleRule{
		{
			ID: s.ruleID("dpp-expire"), Status: types.ExpirationStatusEnabled, Filter: filter,
			Expiration: &types.LifecycleExpiration{Days: &days},
		},
		{
			ID: s.ruleID("dpp-abort-uploads"), Status: types.ExpirationStatusEnabled, Filter: filter,
			AbortIncompleteMultipartUpload: &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: ptr(int32(uploadDays))},
		},
	}
}

func (s *Store) ruleID(name string) *string {
	if s.opts.Prefix == "" {
		return &name
	}
	return ptr(name + "-" + strings.TrimSuffix(s.opts.Prefix, "/"))
}

// installRules puts our rules beside those that are there. S3 replaces all rules at
// once and unconditionally, so a change that an operator makes in the same moment
// could be lost; nothing is written where ours are there already.
func (s *Store) installRules(ctx context.Context, retention time.Duration) (warning string, err error) {
	ctx, cancel := s.brief(ctx)
	defer cancel()
	ours := s.rules(retention)
	instead := fmt.Sprintf("let it delete objects under %s that are older than %d days, or rely on the platform's own sweeps",
		*s.path(objectRoot), *ours[0].Expiration.Days)
	refused := func(err error) (string, error) {
		return warn(err, "lifecycle rules", instead, "s3:GetLifecycleConfiguration and s3:PutLifecycleConfiguration")
	}
	there, err := s.getRules(ctx)
	if err != nil {
		return refused(err)
	}
	merged, changed := merge(there.Rules, ours)
	if !changed {
		return "", nil
	}
	err = s.putRules(ctx, there, merged)
	if err == nil || statusOf(err) == 0 || unknownToServer(err) {
		return refused(err)
	}
	// Some servers know only rules that expire objects.
	merged, changed = merge(there.Rules, ours[:1])
	if changed && s.putRules(ctx, there, merged) != nil {
		return refused(err)
	}
	return "this object store has no rule that ends uploads which were broken off: remove them now and then", nil
}

// getRules returns no rules where none were ever set.
func (s *Store) getRules(ctx context.Context) (*s3.GetBucketLifecycleConfigurationOutput, error) {
	out, err := s.client.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: &s.opts.Bucket})
	if codeOf(err) == "NoSuchLifecycleConfiguration" {
		return &s3.GetBucketLifecycleConfigurationOutput{}, nil
	}
	return out, err
}

func (s *Store) putRules(ctx context.Context, there *s3.GetBucketLifecycleConfigurationOutput, rules []types.LifecycleRule) error {
	_, err := s.client.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{
		Bucket:                             &s.opts.Bucket,
		LifecycleConfiguration:             &types.BucketLifecycleConfiguration{Rules: rules},
		TransitionDefaultMinimumObjectSize: there.TransitionDefaultMinimumObjectSize,
	})
	return err
}

// merge replaces the rules with the identifiers of ours and keeps all others.
func merge(there, ours []types.LifecycleRule) (merged []types.LifecycleRule, changed bool) {
	merged = slices.Clone(there)
	for _, rule := range ours {
		at := indexOf(merged, rule)
		switch {
		case at < 0:
			merged, changed = append(merged, rule), true
		case !does(merged[at], rule):
			merged[at], changed = rule, true
		}
	}
	return merged, changed
}

func indexOf(rules []types.LifecycleRule, rule types.LifecycleRule) int {
	return slices.IndexFunc(rules, func(r types.LifecycleRule) bool { return aws.ToString(r.ID) == aws.ToString(rule.ID) })
}

// does tells whether a rule that is there does what it should.
func does(there, should types.LifecycleRule) bool {
	return there.Status == should.Status && prefixOf(there) == prefixOf(should) && expireDays(there) == expireDays(should) &&
		abortDays(there) == abortDays(should)
}

// prefixOf reads both forms that a prefix may have.
func prefixOf(r types.LifecycleRule) string {
	if r.Filter != nil && r.Filter.Prefix != nil {
		return *r.Filter.Prefix
	}
	return aws.ToString(r.Prefix) //nolint:staticcheck // deprecated, and still what some servers answer
}

func expireDays(r types.LifecycleRule) int32 {
	if r.Expiration == nil {
		return 0
	}
	return aws.ToInt32(r.Expiration.Days)
}

func abortDays(r types.LifecycleRule) int32 {
	if r.AbortIncompleteMultipartUpload == nil {
		return 0
	}
	return aws.ToInt32(r.AbortIncompleteMultipartUpload.DaysAfterInitiation)
}
