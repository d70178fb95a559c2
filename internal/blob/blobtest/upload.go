package blobtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"dpp/internal/blob"
)

func testUpload(t *testing.T, h Harness) {
	for _, size := range sizes {
		if size == 0 {
			continue
		}
		for _, known := range []bool{true, false} {
			t.Run(fmt.Sprintf("stores %d bytes, sum known %v", size, known), func(t *testing.T) {
				s := h.open(t)
				o, upload := announced("a/key", size)
				if !known {
					upload.SHA256 = ""
				}
				if status := h.send(t, s, signPut(t, s, upload, time.Minute), o.Content, nil); status != http.StatusOK {
					t.Errorf("status %d", status)
				}
				wantUploaded(t, s, o, known)
			})
		}
	}
	t.Run("refuses what was not announced", func(t *testing.T) { testOtherContent(t, h) })
	t.Run("does not stand changes", func(t *testing.T) { testTamperedPut(t, h) })
	t.Run("takes effect once", func(t *testing.T) { testOnce(t, h) })
	t.Run("of many at once one wins", func(t *testing.T) { testUploadRace(t, h) })
	t.Run("needs what can be signed for", func(t *testing.T) { testSignPutRefuses(t, h.open(t)) })
	h.timed(t, "ends", func(t *testing.T) { testPutExpiry(t, h) })
}

// announced is an object without metadata, and how it is announced.
func announced(key string, size int) (blob.Object, blob.Upload) {
	o := object(key, size)
	o.Metadata, o.MediaType = nil, "text/csv; charset=utf-8"
	return o, blob.Upload{Key: key, MediaType: o.MediaType, Size: int64(size), SHA256: sum(o.Content)}
}

// wantUploaded checks what is stored. Whether a sum that nobody told is known is up to
// the adapter.
func wantUploaded(t *testing.T, s blob.Store, want blob.Object, known bool) {
	t.Helper()
	info, err := s.Head(t.Context(), want.Key)
	if err != nil {
		t.Errorf("Head of %q: %v", want.Key, err)
		return
	}
	if info.SHA256 == "" && !known {
		info.SHA256 = sum(want.Content)
	}
	wantInfo(t, info, want)
	if content, _ := read(t, s, want.Key, 0, -1); !bytes.Equal(content, want.Content) {
		t.Errorf("Get of %q: %d bytes, not the %d that were sent", want.Key, len(content), len(want.Content))
	}
}

func wantNothing(t *testing.T, s blob.Store) {
	t.Helper()
	if infos, err := s.List(t.Context(), "", "", 9); err != nil || len(infos) != 0 {
		t.Errorf("stored %+v, %v", infos, err)
	}
}

// testOtherContent sends what differs from the announcement, small and large.
func testOtherContent(t *testing.T, h Harness) {
	for _, size := range []int{10, 70 << 10} {
		s := h.open(t)
		o, upload := announced("a/key", size)
		blind := upload
		blind.SHA256 = ""
		other := bytes.Clone(o.Content)
		other[size/2] ^= 1
		withSum, without := signPut(t, s, upload, time.Minute), signPut(t, s, blind, time.Minute)
		mediaType := func(value string) func(*http.Request) {
			return func(r *http.Request) { r.Header.Set("Content-Type", value) }
		}
		for name, status := range map[string]int{
			"other bytes":                h.send(t, s, withSum, other, nil),
			"a byte more":                h.send(t, s, without, append(bytes.Clone(o.Content), 'x'), nil),
			"a byte less":                h.send(t, s, without, o.Content[1:], nil),
			"nothing":                    h.send(t, s, without, nil, nil),
			"another type":               h.send(t, s, without, o.Content, mediaType("text/html")),
			"the type without charset":   h.send(t, s, without, o.Content, mediaType("text/csv")),
			"no type":                    h.send(t, s, without, o.Content, func(r *http.Request) { r.Header.Del("Content-Type") }),
			"of a length that is untold": h.send(t, s, without, o.Content, func(r *http.Request) { r.ContentLength = -1 }),
		} {
			if status < 400 || status >= 500 {
				t.Errorf("%d bytes, %s: status %d", size, name, status)
			}
		}
		wantNothing(t, s)
		if status := h.send(t, s, withSum, o.Content, nil); status != http.StatusOK { // a refusal has not used it up
			t.Errorf("status %d", status)
		}
		wantUploaded(t, s, o, true)
	}
}

func testTamperedPut(t *testing.T, h Harness) {
	s := h.open(t)
	o, upload := announced("a/mine", 10)
	signed := signPut(t, s, upload, time.Minute)
	change := func(param string, f func(string) string) string {
		u, err := url.Parse(signed.URL)
		if err != nil {
			t.Fatal(err)
		}
		query := u.Query()
		query.Set(param, f(query.Get(param)))
		u.RawQuery = query.Encode()
		return u.String()
	}
	for name, changed := range map[string]string{
		"another key":                         strings.Replace(signed.URL, "a/mine", "a/theirs", 1),
		"a shorter signature":                 change(h.SignatureParam, func(v string) string { return v[1:] }),
		"a later end":                         change(h.ExpiresParam, func(v string) string { return v + "0" }),
		"one more parameter":                  signed.URL + "&x=1",
		"neither signature nor anything else": strings.SplitN(signed.URL, "?", 2)[0],
		"the signature of a download":         sign(t, s, o.Key, time.Minute),
	} {
		put := signed
		put.URL = changed
		if status := h.send(t, s, put, o.Content, nil); status != http.StatusForbidden {
			t.Errorf("%s: status %d", name, status)
		}
	}
	h.wantStatus(t, s, signed.URL, http.StatusForbidden) // and it is no download
	wantNothing(t, s)
}

func testOnce(t *testing.T, h Harness) {
	s := h.open(t)
	o, upload := announced("a/key", 10)
	_, blind := announced("a/key", 70<<10)
	blind.SHA256 = ""
	mine, theirs := signPut(t, s, upload, time.Minute), signPut(t, s, blind, time.Minute)
	if status := h.send(t, s, mine, o.Content, nil); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	for range 2 {
		wantTaken(t, "again", h.send(t, s, mine, o.Content, nil))
		wantTaken(t, "another upload", h.send(t, s, theirs, make([]byte, 70<<10), nil))
	}
	wantUploaded(t, s, o, true)
	if outcome := put(t, s, object("a/key", 5))[0]; !outcome.Existed {
		t.Errorf("%+v", outcome)
	}
	stored, upload := announced("a/stored", 20)
	mustPut(t, s, stored)
	wantTaken(t, "over a stored object", h.send(t, s, signPut(t, s, upload, time.Minute), stored.Content, nil))
	wantStored(t, s, stored)
}

func wantTaken(t *testing.T, what string, status int) {
	t.Helper()
	if status != http.StatusConflict && status != http.StatusPreconditionFailed {
		t.Errorf("%s: status %d", what, status)
	}
}

func testUploadRace(t *testing.T, h Harness) {
	for _, size := range []int{10, 70 << 10} {
		s := h.open(t)
		_, upload := announced("a/key", size)
		upload.SHA256 = ""
		signed := signPut(t, s, upload, time.Minute)
		const senders = 6
		statuses := make([]int, senders)
		contents := make([][]byte, senders)
		var sending sync.WaitGroup
		for i := range senders {
			contents[i] = bytes.Repeat([]byte{byte(i)}, size)
			sending.Go(func() { statuses[i] = h.send(t, s, signed, contents[i], nil) })
		}
		sending.Wait()
		winner := -1
		for i, status := range statuses {
			switch {
			case status != http.StatusOK:
				wantTaken(t, "a loser", status)
			case winner >= 0:
				t.Errorf("both %d and %d won", winner, i)
			default:
				winner = i
			}
		}
		if winner < 0 {
			t.Fatalf("nobody won: %v", statuses)
		}
		if content, _ := read(t, s, "a/key", 0, -1); !bytes.Equal(content, contents[winner]) {
			t.Errorf("stored is not what %d sent", winner)
		}
	}
}

func testSignPutRefuses(t *testing.T, s blob.Store) {
	_, good := announced("a/key", 10)
	for name, change := range map[string]func(*blob.Upload){
		"no size":            func(u *blob.Upload) { u.Size = 0 },
		"too large":          func(u *blob.Upload) { u.Size = blob.LargestUpload + 1 },
		"no type":            func(u *blob.Upload) { u.MediaType = "" },
		"a broken type":      func(u *blob.Upload) { u.MediaType = "text/plain\r\nX: y" },
		"a sum that is none": func(u *blob.Upload) { u.SHA256 = "aa" },
	} {
		upload := good
		change(&upload)
		if signed, err := s.SignPut(t.Context(), upload, time.Minute); err == nil {
			t.Errorf("%s: %+v", name, signed)
		}
	}
	for _, key := range badKeys {
		upload := good
		upload.Key = key
		if _, err := s.SignPut(t.Context(), upload, time.Minute); !errors.Is(err, blob.ErrInvalidKey) {
			t.Errorf("key %.20q: error %v", key, err)
		}
	}
	for _, ttl := range []time.Duration{-time.Second, 0, 7*24*time.Hour + 1} {
		if signed, err := s.SignPut(t.Context(), good, ttl); err == nil {
			t.Errorf("for %v: %+v", ttl, signed)
		}
	}
}

// testPutExpiry sends when the end is over; two seconds are an adapter's to round.
func testPutExpiry(t *testing.T, h Harness) {
	s := h.open(t)
	o, upload := announced("a/key", 10)
	const ttl = time.Second
	before := time.Now()
	signed := signPut(t, s, upload, ttl)
	if end := signed.ExpiresAt; end.Before(before.Add(ttl)) || end.After(time.Now().Add(ttl)) {
		t.Errorf("ends at %v, asked at %v", end, before)
	}
	select {
	case <-time.After(time.Until(signed.ExpiresAt) + 2*time.Second):
	case <-t.Context().Done():
		t.Fatal(t.Context().Err())
	}
	if status := h.send(t, s, signed, o.Content, nil); status != http.StatusForbidden {
		t.Errorf("status %d", status)
	}
	wantNothing(t, s)
}

func signPut(t *testing.T, s blob.Store, upload blob.Upload, ttl time.Duration) blob.SignedPut {
	t.Helper()
	signed, err := s.SignPut(t.Context(), upload, ttl)
	if err != nil {
		t.Fatalf("SignPut of %q: %v", upload.Key, err)
	}
	return signed
}

// send does what was signed for as somebody without credentials, perhaps changed, and
// returns the status.
func (h Harness) send(t *testing.T, s blob.Store, signed blob.SignedPut, content []byte, change func(*http.Request)) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, signed.URL, bytes.NewReader(content))
	if err != nil {
		t.Error(err)
		return 0
	}
	for name, value := range signed.Header {
		request.Header.Set(name, value)
	}
	if change != nil {
		change(request)
	}
	response := h.Fetch(t, s, request)
	_, err = io.Copy(io.Discard, response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		t.Error(err)
	}
	return response.StatusCode
}
