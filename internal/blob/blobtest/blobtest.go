// Package blobtest is the contract of [blob.Store]: every adapter runs it.
package blobtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"testing"
	"testing/synctest"

	"dpp/internal/blob"
)

// Harness is how the suite gets at an adapter. Open and Fetch are needed, the rest
// says what the adapter can do.
type Harness struct {
	// Open returns an empty store. The suite closes it.
	Open func(t *testing.T) blob.Store
	// Reopen closes a store and opens the same objects again.
	Reopen func(t *testing.T, s blob.Store) blob.Store
	// Broken returns a store that cannot answer: closed, or out of reach.
	Broken func(t *testing.T) blob.Store
	// Fetch sends a request for a URL that the store signed. It is safe for concurrent
	// use.
	Fetch func(t *testing.T, s blob.Store, r *http.Request) *http.Response
	// SignatureParam and ExpiresParam are the query parameters of a signed URL.
	SignatureParam, ExpiresParam string
	// Malformed is the status of a signed URL that lacks its signature or its end;
	// default 403.
	Malformed int
	// OwnSecret says that no store accepts what another has signed.
	OwnSecret bool
	// Bubble says that the adapter uses no sockets, so that tests that wait run on
	// the fake clock of a synctest bubble.
	Bubble bool
}

// Run runs the contract.
func Run(t *testing.T, h Harness) {
	if h.Malformed == 0 {
		h.Malformed = http.StatusForbidden
	}
	for _, group := range []struct {
		name string
		run  func(*testing.T, Harness)
	}{
		{"Put", testPut},
		{"Read", testRead},
		{"List", testList},
		{"Delete", testDelete},
		{"URL", testURL},
		{"Upload", testUpload},
		{"Failure", testFailure},
		{"Model", testModel},
	} {
		t.Run(group.name, func(t *testing.T) { group.run(t, h) })
	}
}

// open opens a store that is closed with the test.
func (h Harness) open(t *testing.T) blob.Store {
	t.Helper()
	s := h.Open(t)
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

func closeStore(t *testing.T, s blob.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// timed runs a test that waits.
func (h Harness) timed(t *testing.T, name string, f func(t *testing.T)) {
	t.Run(name, func(t *testing.T) {
		if h.Bubble {
			synctest.Test(t, f)
		} else {
			f(t)
		}
	})
}

// object makes an object whose content is random, the same for the same key and size.
func object(key string, size int) blob.Object {
	content := make([]byte, size)
	seed := sha256.Sum256(fmt.Appendf(nil, "%s %d", key, size))
	_, _ = rand.NewChaCha8(seed).Read(content) // never fails
	return blob.Object{
		Key: key, MediaType: "application/json", Content: content,
		Metadata: map[string]string{"dpp-outcome": "completed", "dpp-size": fmt.Sprint(size)},
	}
}

func sum(content []byte) string {
	s := sha256.Sum256(content)
	return hex.EncodeToString(s[:])
}

// mustPut stores objects whose keys are free.
func mustPut(t *testing.T, s blob.Store, objects ...blob.Object) {
	t.Helper()
	for i, o := range put(t, s, objects...) {
		if o.Err != nil || o.Existed {
			t.Fatalf("Put of %q: %+v", objects[i].Key, o)
		}
	}
}

func put(t *testing.T, s blob.Store, objects ...blob.Object) []blob.PutOutcome {
	t.Helper()
	outcomes, err := s.Put(t.Context(), objects)
	if err != nil {
		t.Fatalf("Put: %v", err)
	}
	if len(outcomes) != len(objects) {
		t.Fatalf("Put: %d outcomes for %d objects", len(outcomes), len(objects))
	}
	return outcomes
}

// wantStored checks that an object is there, whole, with all that is known of it.
func wantStored(t *testing.T, s blob.Store, want blob.Object) {
	t.Helper()
	head, err := s.Head(t.Context(), want.Key)
	if err != nil {
		t.Errorf("Head of %q: %v", want.Key, err)
		return
	}
	wantInfo(t, head, want)
	content, info := read(t, s, want.Key, 0, -1)
	wantInfo(t, info, want)
	if !bytes.Equal(content, want.Content) {
		t.Errorf("Get of %q: %d bytes, not the %d that were put", want.Key, len(content), len(want.Content))
	}
}

func wantInfo(t *testing.T, got blob.Info, want blob.Object) {
	t.Helper()
	if err := describes(got, want); err != nil {
		t.Error(err)
	}
}

// describes tells why an info is not that of an object.
func describes(got blob.Info, want blob.Object) error {
	switch {
	case got.Key != want.Key, got.MediaType != want.MediaType, got.StoredAt.IsZero():
	case got.Size != int64(len(want.Content)), got.SHA256 != sum(want.Content):
	case len(got.Metadata) != len(want.Metadata):
	default:
		for key, value := range want.Metadata {
			if got.Metadata[key] != value {
				return fmt.Errorf("%q: metadata %v, want %v", want.Key, got.Metadata, want.Metadata)
			}
		}
		return nil
	}
	return fmt.Errorf("info %+v does not describe %q of %d bytes, %q, %v", got, want.Key, len(want.Content), want.MediaType, want.Metadata)
}

func read(t *testing.T, s blob.Store, key string, offset, length int64) ([]byte, blob.Info) {
	t.Helper()
	content, info, err := readAll(t.Context(), s, key, offset, length)
	if err != nil {
		t.Fatalf("Get of %q from %d, %d bytes: %v", key, offset, length, err)
	}
	return content, info
}

func readAll(ctx context.Context, s blob.Store, key string, offset, length int64) ([]byte, blob.Info, error) {
	body, info, err := s.Get(ctx, key, offset, length)
	if err != nil {
		return nil, info, err
	}
	content, err := io.ReadAll(body)
	if err := body.Close(); err != nil {
		return nil, info, err
	}
	return content, info, err
}
