package fileblob

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"dpp/internal/blob"
)

// URLPath is what the path of every signed URL starts with; the key follows.
const URLPath = "/blobs/"

const (
	secretSize   = 32
	expiresParam = "expires"
	sizeParam    = "size"
	sumParam     = "sha256"
	typeParam    = "type"
	sigParam     = "sig"
)

// longestTTL is the port's limit.
const longestTTL = 7 * 24 * time.Hour

// SignGet implements [blob.Store]. The URL lives for ttl, rounded up to the next full
// second, whether or not there is such an object. It needs a base URL.
func (s *Store) SignGet(_ context.Context, key string, ttl time.Duration) (string, error) {
	if err := blob.CheckKey(key); err != nil {
		return "", err
	}
	base, expires, err := s.life(ttl)
	if err != nil {
		return "", err
	}
	return base + URLPath + key + "?" + expiresParam + "=" + expires + "&" + sigParam + "=" + s.sign(http.MethodGet, key, expires), nil
}

// SignPut implements [blob.Store]. What was announced stands in the URL, so that
// [Store.Handler] can tell what differs.
func (s *Store) SignPut(_ context.Context, upload blob.Upload, ttl time.Duration) (blob.SignedPut, error) {
	if err := upload.Check(); err != nil {
		return blob.SignedPut{}, fmt.Errorf("sign: %w", err)
	}
	end := time.Now().Add(ttl)
	base, expires, err := s.life(ttl)
	if err != nil {
		return blob.SignedPut{}, err
	}
	size := strconv.FormatInt(upload.Size, 10)
	query := url.Values{
		expiresParam: {expires}, sizeParam: {size}, sumParam: {upload.SHA256}, typeParam: {upload.MediaType},
		sigParam: {s.sign(http.MethodPut, upload.Key, expires, size, upload.SHA256, upload.MediaType)},
	}
	return blob.SignedPut{
		URL:       base + URLPath + upload.Key + "?" + query.Encode(),
		Header:    map[string]string{"Content-Type": upload.MediaType, "Content-Length": size},
		ExpiresAt: end,
	}, nil
}

// life is what a URL that lives for ttl starts with, and when it ends.
func (s *Store) life(ttl time.Duration) (base, expires string, err error) {
	base = *s.base.Load()
	switch {
	case base == "":
		return "", "", errors.New("sign: the base URL has not been set")
	case ttl <= 0 || ttl > longestTTL:
		return "", "", errors.New("sign: a URL lives for more than nothing and at most 7 days")
	default:
		return base, formatUnix(time.Now().Add(ttl + time.Second - 1)), nil
	}
}

func formatUnix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// sign is the lower-case hex HMAC-SHA256 of what is signed for: the method, the key,
// the end and whatever else there is. None of them holds a line break.
func (s *Store) sign(parts ...string) string {
	mac := hmac.New(sha256.New, s.secret)
	_, _ = mac.Write([]byte(strings.Join(parts, "\n"))) // never fails
	return hex.EncodeToString(mac.Sum(nil))
}

// Verify returns the key that a URL signed for reading gives access to at a time. It
// returns [blob.ErrBadSignature] for every URL that this store did not sign as it
// stands, or whose time is over.
func (s *Store) Verify(u *url.URL, now time.Time) (key string, err error) {
	key, _, err = s.verify(u, now, http.MethodGet)
	return key, err
}

// VerifyPut returns the upload that a URL was signed for. It returns
// [blob.ErrBadSignature] like [Store.Verify].
func (s *Store) VerifyPut(u *url.URL, now time.Time) (blob.Upload, error) {
	key, query, err := s.verify(u, now, http.MethodPut, sizeParam, sumParam, typeParam)
	if err != nil {
		return blob.Upload{}, err
	}
	upload := blob.Upload{Key: key, MediaType: query.Get(typeParam), SHA256: query.Get(sumParam)}
	if upload.Size, err = strconv.ParseInt(query.Get(sizeParam), 10, 64); err != nil || upload.Check() != nil {
		return blob.Upload{}, blob.ErrBadSignature
	}
	return upload, nil
}

// verify reads a URL that was signed for a method, with those parameters besides the
// end and the signature, in the order in which they were signed.
func (s *Store) verify(u *url.URL, now time.Time, method string, params ...string) (key string, query url.Values, err error) {
	key, ok := strings.CutPrefix(u.Path, URLPath)
	if !ok || !blob.ValidKey(key) {
		return "", nil, blob.ErrBadSignature
	}
	query, err = url.ParseQuery(u.RawQuery)
	if err != nil || len(query) != len(params)+2 || len(query[sigParam]) != 1 {
		return "", nil, blob.ErrBadSignature
	}
	parts := []string{method, key}
	for _, name := range append([]string{expiresParam}, params...) {
		if len(query[name]) != 1 || strings.Contains(query.Get(name), "\n") {
			return "", nil, blob.ErrBadSignature
		}
		parts = append(parts, query.Get(name))
	}
	if !hmac.Equal([]byte(s.sign(parts...)), []byte(query.Get(sigParam))) {
		return "", nil, blob.ErrBadSignature
	}
	end, err := strconv.ParseInt(query.Get(expiresParam), 10, 64)
	if err != nil || now.Unix() >= end {
		return "", nil, blob.ErrBadSignature
	}
	return key, query, nil
}
