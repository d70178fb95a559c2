package s3blob

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"dpp/internal/blob"
)

// pageSize is how many keys S3 lists, and deletes, at once.
const pageSize = 1000

// List implements [blob.Store]; the infos tell key, size and time. Objects that others
// keep in the bucket under names that are no keys are left out.
func (s *Store) List(ctx context.Context, prefix, after string, limit int) ([]blob.Info, error) {
	var infos []blob.Info
	for len(infos) < limit {
		page, more, err := s.page(ctx, prefix, after, min(limit-len(infos), pageSize))
		if err != nil {
			return nil, fmt.Errorf("list: %w", err)
		}
		for _, o := range page {
			after = strings.TrimPrefix(aws.ToString(o.Key), s.opts.Prefix)
			if blob.ValidKey(after) {
				infos = append(infos, blob.Info{Key: after, Size: aws.ToInt64(o.Size), StoredAt: aws.ToTime(o.LastModified).UTC()})
			}
		}
		if !more {
			break
		}
	}
	return infos, nil
}

// page lists up to limit objects behind the key after, and tells whether there are
// more. Every page starts from a key, so none is seen twice and the end is reached.
func (s *Store) page(ctx context.Context, prefix, after string, limit int) (page []types.Object, more bool, err error) {
	ctx, cancel := s.brief(ctx)
	defer cancel()
	input := &s3.ListObjectsV2Input{Bucket: &s.opts.Bucket, Prefix: s.path(prefix), MaxKeys: ptr(int32(limit))} //nolint:gosec // at most 1,000
	if after != "" {
		input.StartAfter = s.path(after)
	}
	out, err := s.client.ListObjectsV2(ctx, input)
	if err != nil {
		return nil, false, err
	}
	return out.Contents, aws.ToBool(out.IsTruncated) && len(out.Contents) > 0, nil
}

// DeletePrefix implements [blob.Store], in pages of 1,000. Each key is listed once, so
// it ends even where others keep writing.
func (s *Store) DeletePrefix(ctx context.Context, prefix string) error {
	if err := blob.CheckFolder(prefix); err != nil {
		return err
	}
	after := ""
	for {
		page, more, err := s.page(ctx, prefix, after, pageSize)
		if err == nil && len(page) > 0 {
			err = s.delete(ctx, page)
		}
		if err != nil {
			return fmt.Errorf("delete: %w", err)
		}
		if !more {
			return nil
		}
		after = strings.TrimPrefix(aws.ToString(page[len(page)-1].Key), s.opts.Prefix)
	}
}

// delete removes a page of objects. A repeat finds less to do, so a slow server gets
// on in spite of the deadline.
func (s *Store) delete(ctx context.Context, page []types.Object) error {
	ctx, cancel := context.WithTimeout(ctx, 3*s.opts.Timeout)
	defer cancel()
	list := types.Delete{Quiet: ptr(true), Objects: make([]types.ObjectIdentifier, len(page))}
	for i, o := range page {
		list.Objects[i].Key = o.Key
	}
	out, err := s.client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &s.opts.Bucket, Delete: &list})
	if err != nil {
		return err
	}
	return refusals(out.Errors, len(page))
}

// refusals are errors for single objects inside of an answer of 200.
func refusals(refused []types.Error, of int) error {
	count := 0
	var first types.Error
	for _, e := range refused {
		if aws.ToString(e.Code) == codeNoSuchKey {
			continue // gone already
		}
		if count == 0 {
			first = e
		}
		count++
	}
	if count == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d objects stay, the first with %s: %s", count, of, aws.ToString(first.Code), aws.ToString(first.Message))
}
