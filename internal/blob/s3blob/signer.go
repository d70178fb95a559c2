package s3blob

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// signer signs one URL after the other for the place that the SDK has found once.
// Every answer about a completed run has such a URL, and finding the place each time
// cost more than twice as much as signing.
type signer struct {
	v4          *v4.Signer
	credentials aws.CredentialsProvider
	place       atomic.Pointer[place]
}

// place is where the bucket's objects are, and how requests to it are signed.
type place struct {
	objects string // URL that a key is appended to
	region  string
	other   bool // signed in another way than with version 4 for S3: by the SDK alone
}

func (s *Store) signGet(ctx context.Context, key string, expires time.Duration) (string, error) {
	at := s.signer.place.Load()
	if at == nil {
		sample, err := s.presigned(ctx, key, expires)
		if err != nil {
			return "", err
		}
		if at, err = placeOf(sample, s.opts.Prefix+key); err != nil {
			return "", err
		}
		s.signer.place.Store(at)
	}
	if at.other {
		return s.presigned(ctx, key, expires)
	}
	credentials, err := s.signer.credentials.Retrieve(ctx)
	if err != nil {
		return "", err
	}
	query := url.Values{
		"response-cache-control":       {cacheControl},
		"response-content-disposition": {dispositionOf(key)},
		"X-Amz-Expires":                {strconv.FormatInt(int64(expires/time.Second), 10)},
		"x-id":                         {"GetObject"},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.objects+s.opts.Prefix+key+"?"+query.Encode(), nil)
	if err != nil {
		return "", err
	}
	signed, _, err := s.signer.v4.PresignHTTP(ctx, credentials, request, unsignedPayload, serviceName, at.region, time.Now(),
		func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }) // as S3 wants it
	return signed, err
}

const (
	unsignedPayload = "UNSIGNED-PAYLOAD" // a GET has none
	serviceName     = "s3"
	algorithm       = "AWS4-HMAC-SHA256"
)

// placeOf reads it from a URL that the SDK has signed for the object at path.
func placeOf(signed, path string) (*place, error) {
	u, err := url.Parse(signed)
	if err != nil {
		return nil, fmt.Errorf("the SDK has signed no URL: %w", err)
	}
	query := u.Query()
	u.RawQuery = ""
	objects, ok := strings.CutSuffix(u.String(), path)
	// AKID/20260131/region/s3/aws4_request
	scope := strings.Split(query.Get("X-Amz-Credential"), "/")
	known := ok && query.Get("X-Amz-Algorithm") == algorithm && len(scope) == 5 && scope[3] == serviceName && !query.Has("X-Amz-S3session-Token")
	if !known {
		return &place{other: true}, nil
	}
	return &place{objects: objects, region: scope[2]}, nil
}
