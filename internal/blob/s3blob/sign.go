package s3blob

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"dpp/internal/blob"
)

// longestTTL is S3's own limit.
const longestTTL = 7 * 24 * time.Hour

// SignGet implements [blob.Store]. The URL names the public endpoint and tells
// browsers to save the object, never to show it as a page of that host. One that is
// signed with temporary credentials ends with them, if that is sooner.
func (s *Store) SignGet(ctx context.Context, key string, ttl time.Duration) (string, error) {
	if err := blob.CheckKey(key); err != nil {
		return "", err
	}
	expires, err := expiry(ttl)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	ctx, cancel := s.brief(ctx)
	defer cancel()
	signed, err := s.signGet(ctx, key, expires)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return signed, nil
}

// presigned is the whole way through the SDK, which works out anew where the bucket is.
func (s *Store) presigned(ctx context.Context, key string, expires time.Duration) (string, error) {
	request, err := s.public.PresignGetObject(ctx, &s3.GetObjectInput{
		Bucket: &s.opts.Bucket, Key: s.path(key),
		ResponseContentDisposition: ptr(dispositionOf(key)), ResponseCacheControl: ptr(cacheControl),
	}, s3.WithPresignExpires(expires))
	if err != nil {
		return "", err
	}
	return request.URL, nil
}

const cacheControl = "private"

// dispositionOf: a key needs no escaping.
func dispositionOf(key string) string { return `attachment; filename="` + path.Base(key) + `"` }

// expiry is the life of a URL in whole seconds, counted from the full second before
// now: one more than the ttl, so that it never ends early.
func expiry(ttl time.Duration) (time.Duration, error) {
	if ttl <= 0 || ttl > longestTTL {
		return 0, errors.New("a URL can be signed for more than nothing and at most 7 days")
	}
	return min((ttl + 2*time.Second - 1).Truncate(time.Second), longestTTL), nil
}

// SignPut implements [blob.Store] by headers that the signature covers.
func (s *Store) SignPut(ctx context.Context, upload blob.Upload, ttl time.Duration) (blob.SignedPut, error) {
	expires, err := expiry(ttl)
	if err == nil {
		err = upload.Check()
	}
	if err != nil {
		return blob.SignedPut{}, fmt.Errorf("sign: %w", err)
	}
	ctx, cancel := s.brief(ctx)
	defer cancel()
	input := s.putInput(upload.Key, upload.MediaType, upload.SHA256)
	input.ContentLength = &upload.Size
	end := time.Now().Add(ttl)
	request, err := s.public.PresignPutObject(ctx, input, s3.WithPresignExpires(expires))
	if err != nil {
		return blob.SignedPut{}, fmt.Errorf("sign: %w", err)
	}
	return blob.SignedPut{URL: request.URL, Header: headerOf(request.SignedHeader), ExpiresAt: end}, nil
}

// headerOf leaves out the host, which every client takes from the URL.
func headerOf(signed http.Header) map[string]string {
	header := make(map[string]string, len(signed))
	for name, values := range signed {
		if !strings.EqualFold(name, "Host") {
			header[http.CanonicalHeaderKey(name)] = strings.Join(values, ",")
		}
	}
	return header
}
