package fileblob

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
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
	sigParam     = "sig"
)

// SignGet implements [blob.Store]. The URL lives for ttl, rounded up to the next full
// second, whether or not there is such an object. It needs a base URL.
func (s *Store) SignGet(_ context.Context, key string, ttl time.Duration) (string, error) {
	if err := blob.CheckKey(key); err != nil {
		return "", err
	}
	base := *s.base.Load()
	if base == "" {
		return "", errors.New("sign: the base URL has not been set")
	}
	expires := formatUnix(time.Now().Add(ttl + time.Second - 1))
	return base + URLPath + key + "?" + expiresParam + "=" + expires + "&" + sigParam + "=" + s.sign(key, expires), nil
}

func formatUnix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// sign is the lower-case hex HMAC-SHA256 of key and expiry. A key holds no line break.
func (s *Store) sign(key, expires string) string {
	mac := hmac.New(sha256.New, s.secret)
	_, _ = mac.Write([]byte("GET\n" + key + "\n" + expires)) // never fails
	return hex.EncodeToString(mac.Sum(nil))
}

// Verify returns the key that a signed URL gives access to at a time. It returns
// [blob.ErrBadSignature] for every URL that this store did not sign as it stands, or
// whose time is over.
func (s *Store) Verify(u *url.URL, now time.Time) (key string, err error) {
	key, ok := strings.CutPrefix(u.Path, URLPath)
	if !ok || !blob.ValidKey(key) {
		return "", blob.ErrBadSignature
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil || len(query) != 2 || len(query[expiresParam]) != 1 || len(query[sigParam]) != 1 {
		return "", blob.ErrBadSignature
	}
	expires := query.Get(expiresParam)
	if !hmac.Equal([]byte(s.sign(key, expires)), []byte(query.Get(sigParam))) {
		return "", blob.ErrBadSignature
	}
	end, err := strconv.ParseInt(expires, 10, 64)
	if err != nil || now.Unix() >= end {
		return "", blob.ErrBadSignature
	}
	return key, nil
}
