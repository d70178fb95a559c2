package s3blob_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"dpp/internal/blob"
	"dpp/internal/blob/blobtest"
	"dpp/internal/blob/s3blob"
	"dpp/test/servers"
)

func TestMain(m *testing.M) { servers.Main(m) }

// someBucket is a name that nobody else uses.
func someBucket() string { return "dpp-" + strings.ToLower(rand.Text()) }

// options are those of a bucket that is not there yet. The environment must hold the
// credentials.
func options(cloud servers.Cloud) s3blob.Options {
	return s3blob.Options{Bucket: someBucket(), Endpoint: cloud.Endpoint, Region: cloud.Region}
}

func open(t testing.TB, opts s3blob.Options) *s3blob.Store {
	t.Helper()
	s, err := s3blob.Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// bucketed opens a store whose bucket is there.
func bucketed(t testing.TB, opts s3blob.Options) *s3blob.Store {
	t.Helper()
	s := open(t, opts)
	if _, err := s.Bootstrap(t.Context(), 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	return s
}

// shared is a store in a bucket of its own, on the server of all tests.
func shared(t *testing.T) *s3blob.Store {
	t.Helper()
	cloud := servers.S3(t)
	cloud.Setenv(t)
	return bucketed(t, options(cloud))
}

func object(key, content string) blob.Object {
	return blob.Object{Key: key, MediaType: "application/json", Content: []byte(content), Metadata: map[string]string{"dpp-outcome": "COMPLETED"}}
}

func put(t testing.TB, s blob.Store, objects ...blob.Object) {
	t.Helper()
	outcomes, err := s.Put(t.Context(), objects)
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range outcomes {
		if o.Err != nil || o.Existed {
			t.Fatalf("Put of %q: %+v", objects[i].Key, o)
		}
	}
}

// direct sends a request as it is, over a connection of its own: a server that refuses
// after the header takes the body for the next request. What it says is lost where it
// hangs up while the body is being written, so it is asked again then.
func direct(t testing.TB, r *http.Request) *http.Response {
	t.Helper()
	r.Close = true
	for range 10 {
		response, err := http.DefaultClient.Do(r)
		if err == nil {
			return response
		}
		if !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
			t.Fatal(err)
		}
		if r.GetBody != nil {
			if r.Body, err = r.GetBody(); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Fatal("the server hung up ten times")
	return nil
}

// located is a store that can be opened again.
type located struct {
	*s3blob.Store
	opts s3blob.Options
}

func TestContract(t *testing.T) {
	cloud := servers.S3(t)
	cloud.Setenv(t)
	in := func(t *testing.T, opts s3blob.Options) blob.Store {
		s, err := s3blob.Open(t.Context(), opts)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Bootstrap(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		return located{s, opts}
	}
	blobtest.Run(t, blobtest.Harness{
		Open: func(t *testing.T) blob.Store { return in(t, options(cloud)) },
		Reopen: func(t *testing.T, s blob.Store) blob.Store {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			return in(t, s.(located).opts)
		},
		Broken: func(t *testing.T) blob.Store {
			return open(t, s3blob.Options{Bucket: someBucket(), Endpoint: "http://127.0.0.1:1", Region: cloud.Region})
		},
		Fetch:          func(t *testing.T, _ blob.Store, r *http.Request) *http.Response { return direct(t, r) },
		SignatureParam: "X-Amz-Signature",
		ExpiresParam:   "X-Amz-Expires",
		Malformed:      http.StatusBadRequest,
	})
}

// Installations that share a bucket see nothing of each other.
func TestPrefixesShareABucket(t *testing.T) {
	cloud := servers.S3(t)
	cloud.Setenv(t)
	opts := options(cloud)
	prefixes := []string{"", "dpp-2/", "dpp-20/", "a/b/"}
	const key = "dpp/t/run_1/1/pack_envelope.json"
	stores := make([]*s3blob.Store, len(prefixes))
	for i, prefix := range prefixes {
		opts.Prefix = prefix
		stores[i] = bucketed(t, opts)
		put(t, stores[i], object(key, "of "+prefix), object("dpp/t/run_2/x", ""))
	}
	if err := stores[1].DeletePrefix(t.Context(), "dpp/t/run_1/"); err != nil {
		t.Fatal(err)
	}
	for i, prefix := range prefixes {
		want := []string{key, "dpp/t/run_2/x"}
		if i == 1 {
			want = want[1:]
		}
		infos, err := stores[i].List(t.Context(), "dpp/", "dpp/t/run_", 9)
		if err != nil || !slices.EqualFunc(infos, want, func(info blob.Info, key string) bool { return info.Key == key }) {
			t.Errorf("prefix %q: listed %+v, %v", prefix, infos, err)
		}
		if i != 1 {
			wantContent(t, stores[i], key, "of "+prefix)
		}
	}
	signed, err := stores[3].SignGet(t.Context(), key, time.Minute)
	if err != nil || !strings.Contains(signed, "/a/b/"+key+"?") {
		t.Errorf("signed %s, %v", signed, err)
	}
	if status, _, body := get(t, signed); status != http.StatusOK || body != "of a/b/" {
		t.Errorf("status %d, %q", status, body)
	}
}

func wantContent(t testing.TB, s blob.Store, key, want string) {
	t.Helper()
	body, _, err := s.Get(t.Context(), key, 0, -1)
	if err != nil {
		t.Errorf("Get of %q: %v", key, err)
		return
	}
	content, err := io.ReadAll(body)
	if err := errors.Join(err, body.Close()); err != nil || string(content) != want {
		t.Errorf("Get of %q: %d bytes, %v", key, len(content), err)
	}
}

func closeBody(t testing.TB, body io.Closer) {
	t.Helper()
	if err := body.Close(); err != nil {
		t.Error(err)
	}
}

// get follows a URL as somebody without credentials.
func get(t testing.TB, signed string) (int, http.Header, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, signed, nil)
	if err != nil {
		t.Fatal(err)
	}
	response := direct(t, request)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(body)
}

// The characters of keys are those that no layer escapes, so a key stands in a URL as
// it is.
func TestKeysNeedNoEscaping(t *testing.T) {
	s := shared(t)
	for _, key := range []string{
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ/abcdefghijklmnopqrstuvwxyz/0123456789-_.", "...", ".a/-b/_c", "a..b/c.d", strings.Repeat("k", 200) + "/" + strings.Repeat("l", 200),
	} {
		put(t, s, object(key, key))
		wantContent(t, s, key, key)
		infos, err := s.List(t.Context(), key, "", 1)
		if err != nil || len(infos) != 1 || infos[0].Key != key {
			t.Errorf("%q: listed %+v, %v", key, infos, err)
		}
		signed, err := s.SignGet(t.Context(), key, time.Minute)
		if err != nil || !strings.Contains(signed, "/"+key+"?") {
			t.Errorf("%q: signed %s, %v", key, signed, err)
		}
		if status, _, body := get(t, signed); status != http.StatusOK || body != key {
			t.Errorf("%q: status %d", key, status)
		}
	}
}

// Of identical writes one creates, and the others see that it was their own content.
func TestIdenticalPuts(t *testing.T) {
	cloud := servers.S3(t)
	cloud.Setenv(t)
	opts := options(cloud)
	const writers = 8
	stores := make([]*s3blob.Store, writers)
	for i := range stores {
		stores[i] = bucketed(t, opts)
	}
	for round := range 10 {
		o := object(fmt.Sprintf("dpp/t/run_%d/1/pack_envelope.json", round), strings.Repeat("same", 1000))
		outcomes := make([][]blob.PutOutcome, writers)
		errs := make([]error, writers)
		var writing sync.WaitGroup
		for i, s := range stores {
			writing.Go(func() { outcomes[i], errs[i] = s.Put(t.Context(), []blob.Object{o}) })
		}
		writing.Wait()
		created := 0
		for i := range writers {
			if errs[i] != nil || outcomes[i][0].Err != nil {
				t.Fatalf("%v, %+v", errs[i], outcomes[i])
			}
			if !outcomes[i][0].Existed {
				created++
			} else if outcomes[i][0].Existing.SHA256 != sum(o.Content) {
				t.Errorf("existing %+v", outcomes[i][0].Existing)
			}
		}
		if created != 1 {
			t.Errorf("%d of %d created it", created, writers)
		}
	}
}

func sum(content []byte) string {
	s := sha256.Sum256(content)
	return hex.EncodeToString(s[:])
}

func TestWrongCredentials(t *testing.T) {
	cloud := servers.S3(t)
	cloud.Setenv(t)
	opts := options(cloud)
	put(t, bucketed(t, opts), object("a/b", "x"))
	for name, wrong := range map[string]servers.Cloud{
		"secret": {Endpoint: cloud.Endpoint, Region: cloud.Region, AccessKey: cloud.AccessKey, SecretKey: "a wrong secret"},
		"key":    {Endpoint: cloud.Endpoint, Region: cloud.Region, AccessKey: "somebody", SecretKey: cloud.SecretKey},
	} {
		t.Run(name, func(t *testing.T) {
			wrong.Setenv(t)
			s := open(t, opts)
			for name, err := range everything(t.Context(), s) {
				if err == nil || errors.Is(err, blob.ErrNotFound) || strings.Contains(err.Error(), wrong.SecretKey) {
					t.Errorf("%s: error %v", name, err)
				}
			}
			if _, err := s.Bootstrap(t.Context(), time.Hour); err == nil {
				t.Error("Bootstrap succeeded")
			}
			signed, err := s.SignGet(t.Context(), "a/b", time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			if status, _, body := get(t, signed); status < 400 || status >= 500 || body == "x" {
				t.Errorf("status %d, %q", status, body)
			}
		})
	}
}

// everything asks for all that a store can be asked for.
func everything(ctx context.Context, s *s3blob.Store) map[string]error {
	errs := map[string]error{"Ping": s.Ping(ctx), "DeletePrefix": s.DeletePrefix(ctx, "a/")}
	_, errs["Put"] = s.Put(ctx, []blob.Object{object("a/new", "y")})
	_, errs["Head"] = s.Head(ctx, "a/b")
	_, errs["List"] = s.List(ctx, "a/", "", 9)
	body, _, err := s.Get(ctx, "a/b", 0, -1)
	if err == nil {
		_, err = io.ReadAll(body)
		err = errors.Join(err, body.Close())
	}
	errs["Get"] = err
	return errs
}

// A bucket that is not there says nothing about its objects: it may be the wrong one.
func TestNoBucket(t *testing.T) {
	cloud := servers.S3(t)
	cloud.Setenv(t)
	s := open(t, options(cloud))
	for name, err := range everything(t.Context(), s) {
		if err == nil || errors.Is(err, blob.ErrNotFound) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
