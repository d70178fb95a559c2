package s3blob

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"dpp/internal/blob"
)

const (
	// longestTTL is S3's own limit.
	longestTTL = 7 * 24 * time.Hour
	// largestPut is S3's limit for an object that comes in one piece.
	largestPut = 5 << 30
)

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

// Upload is an object that somebody else is to store, once.
type Upload struct {
	Key       string
	MediaType string
	Size      int64  // in bytes, from 1 to 5 GiB
	SHA256    string // lower-case hex; empty where it is not known
}

// SignedPut is how an [Upload] is stored, without credentials.
type SignedPut struct {
	URL string
	// Header must be sent as it is: the signature covers it.
	Header    map[string]string
	ExpiresAt time.Time
}

// SignPut returns a request by which anyone may store the upload for ttl, where its
// key is still free: a PUT with exactly that type, size and sum. Without a sum the
// server takes any content of the size, and the object's info will have none either.
func (s *Store) SignPut(ctx context.Context, upload Upload, ttl time.Duration) (SignedPut, error) {
	if err := blob.CheckKey(upload.Key); err != nil {
		return SignedPut{}, err
	}
	expires, err := expiry(ttl)
	if err == nil {
		err = upload.check()
	}
	if err != nil {
		return SignedPut{}, fmt.Errorf("sign: %w", err)
	}
	ctx, cancel := s.brief(ctx)
	defer cancel()
	input := s.putInput(upload.Key, upload.MediaType, upload.SHA256)
	input.ContentLength = &upload.Size
	end := time.Now().Add(ttl)
	request, err := s.public.PresignPutObject(ctx, input, s3.WithPresignExpires(expires))
	if err != nil {
		return SignedPut{}, fmt.Errorf("sign: %w", err)
	}
	return SignedPut{URL: request.URL, Header: headerOf(request.SignedHeader), ExpiresAt: end}, nil
}

func (u Upload) check() error {
	raw, err := hex.DecodeString(u.SHA256)
	switch {
	case u.MediaType == "" || !blob.ValidMediaType(u.MediaType):
		return errors.New("an upload needs a valid media type")
	case u.Size < 1 || u.Size > largestPut:
		return errors.New("an upload has 1 byte to 5 GiB")
	case u.SHA256 != "" && (err != nil || len(raw) != 32 || strings.ToLower(u.SHA256) != u.SHA256):
		return errors.New("the SHA-256 of an upload is 64 lower-case hex digits")
	default:
		return nil
	}
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
