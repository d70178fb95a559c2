package blobtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"dpp/internal/blob"
)

func testURL(t *testing.T, h Harness) {
	for _, size := range sizes {
		t.Run(fmt.Sprintf("gives %d bytes", size), func(t *testing.T) {
			s := h.open(t)
			o := object("t/2026/run_1/1/pack_envelope.json", size)
			mustPut(t, s, o)
			h.wantFetch(t, s, sign(t, s, o.Key, time.Minute), o)
		})
	}
	t.Run("gives a range", func(t *testing.T) {
		s := h.open(t)
		o := object("a/b", 100)
		mustPut(t, s, o)
		status, header, body := h.fetch(t, s, sign(t, s, o.Key, time.Minute), http.Header{"Range": {"bytes=10-19"}})
		if status != http.StatusPartialContent || !bytes.Equal(body, o.Content[10:20]) || header.Get("Content-Range") != "bytes 10-19/100" {
			t.Errorf("status %d, %q, %d bytes", status, header.Get("Content-Range"), len(body))
		}
	})
	t.Run("is no proof that there is an object", func(t *testing.T) {
		s := h.open(t)
		h.wantStatus(t, s, sign(t, s, "not/there", time.Minute), http.StatusNotFound)
	})
	t.Run("needs a valid key", func(t *testing.T) {
		s := h.open(t)
		for _, key := range badKeys {
			_, err := s.SignGet(t.Context(), key, time.Minute)
			wantErr(t, "SignGet", err, blob.ErrInvalidKey)
		}
	})
	t.Run("does not stand changes", func(t *testing.T) { testTampered(t, h) })
	h.timed(t, "ends", func(t *testing.T) { testExpiry(t, h) })
}

func testTampered(t *testing.T, h Harness) {
	s := h.open(t)
	o, other := object("a/mine", 10), object("a/theirs", 10)
	mustPut(t, s, o, other)
	signed := sign(t, s, o.Key, time.Minute)
	h.wantFetch(t, s, signed, o)

	change := func(param string, f func(string) string) string {
		u, err := url.Parse(signed)
		if err != nil {
			t.Fatal(err)
		}
		query := u.Query()
		if query.Get(param) == "" {
			t.Fatalf("no %s in %s", param, u.RawQuery)
		}
		query.Set(param, f(query.Get(param)))
		u.RawQuery = query.Encode()
		return u.String()
	}
	otherDigit := func(digit string) string {
		if digit == "0" {
			return "1"
		}
		return "0"
	}
	foreign := "0"
	if h.OwnSecret {
		u, err := url.Parse(sign(t, h.open(t), o.Key, time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		foreign = u.Query().Get(h.SignatureParam)
	}
	sig, exp := h.SignatureParam, h.ExpiresParam
	for name, changed := range map[string]string{
		"another key":                         strings.Replace(signed, "a/mine", "a/theirs", 1),
		"the signature's first digit":         change(sig, func(v string) string { return otherDigit(v[:1]) + v[1:] }),
		"the signature's last digit":          change(sig, func(v string) string { return v[:len(v)-1] + otherDigit(v[len(v)-1:]) }),
		"a shorter signature":                 change(sig, func(v string) string { return v[:len(v)-1] }),
		"a later end":                         change(exp, func(v string) string { return v + "0" }),
		"one more parameter":                  signed + "&x=1",
		"the signature of another store":      change(sig, func(string) string { return foreign }),
		"neither signature nor anything else": strings.SplitN(signed, "?", 2)[0],
	} {
		t.Run(name, func(t *testing.T) { h.wantStatus(t, s, changed, http.StatusForbidden) })
	}
	for _, param := range []string{sig, exp} {
		t.Run("an empty "+param, func(t *testing.T) {
			h.wantStatus(t, s, change(param, func(string) string { return "" }), h.Malformed)
		})
	}
}

// testExpiry asks until the URL has ended.
func testExpiry(t *testing.T, h Harness) {
	s := h.open(t)
	o := object("a/b", 10)
	mustPut(t, s, o)
	signed := sign(t, s, o.Key, 2*time.Second)
	h.wantFetch(t, s, signed, o)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		status, _, _ := h.fetch(t, s, signed, nil)
		if status == http.StatusForbidden {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("status %d long after the URL's end", status)
		}
	}
}

func sign(t *testing.T, s blob.Store, key string, ttl time.Duration) string {
	t.Helper()
	signed, err := s.SignGet(t.Context(), key, ttl)
	if err != nil {
		t.Fatalf("SignGet of %q: %v", key, err)
	}
	return signed
}

func (h Harness) fetch(t *testing.T, s blob.Store, signed string, header http.Header) (int, http.Header, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, signed, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		request.Header[name] = values
	}
	response := h.Fetch(t, s, request)
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, body
}

func (h Harness) wantFetch(t *testing.T, s blob.Store, signed string, want blob.Object) {
	t.Helper()
	status, header, body := h.fetch(t, s, signed, nil)
	if status != http.StatusOK || header.Get("Content-Type") != want.MediaType || !bytes.Equal(body, want.Content) {
		t.Errorf("status %d, %q, %d bytes, want the %d of %q", status, header.Get("Content-Type"), len(body), len(want.Content), want.Key)
	}
}

func (h Harness) wantStatus(t *testing.T, s blob.Store, signed string, want int) {
	t.Helper()
	if status, _, _ := h.fetch(t, s, signed, nil); status != want {
		t.Errorf("status %d, want %d", status, want)
	}
}
