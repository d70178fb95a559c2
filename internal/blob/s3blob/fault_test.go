package s3blob_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dpp/internal/blob"
	"dpp/internal/blob/s3blob"
	"dpp/test/servers"
)

// behindProxy is a store whose connections a test can cut and slow.
func behindProxy(t *testing.T, timeout time.Duration) (*s3blob.Store, *servers.Proxy) {
	t.Helper()
	cloud := servers.S3(t)
	cloud.Setenv(t)
	opts := options(cloud)
	bucketed(t, opts)
	proxy := servers.NewProxy(t, strings.TrimPrefix(cloud.Endpoint, "http://"))
	opts.Endpoint, opts.Timeout = "http://"+proxy.Address(), timeout
	return open(t, opts), proxy
}

func TestACutConnection(t *testing.T) {
	s, proxy := behindProxy(t, time.Minute)
	put(t, s, object("a/b", "x"))
	proxy.Cut()
	for name, err := range everything(t.Context(), s) {
		if err == nil || errors.Is(err, blob.ErrNotFound) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := s.Bootstrap(t.Context(), time.Hour); err == nil {
		t.Error("Bootstrap succeeded")
	}
	proxy.Restore()
	wantContent(t, s, "a/b", "x") // also over the connections that were kept
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAServerThatHangs(t *testing.T) {
	s, proxy := behindProxy(t, 300*time.Millisecond)
	proxy.Slow(time.Hour)
	for name, err := range everything(t.Context(), s) {
		if err == nil || errors.Is(err, blob.ErrNotFound) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	proxy.Slow(0)
	if _, err := insist(t.Context(), s, object("a/c", "x")); err != nil {
		t.Error(err)
	}
	wantContent(t, s, "a/c", "x")
}

func TestASlowServer(t *testing.T) {
	s, proxy := behindProxy(t, time.Minute)
	proxy.Slow(20 * time.Millisecond)
	var batch []blob.Object
	for i := range 64 {
		batch = append(batch, object(fmt.Sprintf("a/%d", i), "x"))
	}
	put(t, s, batch...)
	infos, err := s.List(t.Context(), "a/", "", 100)
	if err != nil || len(infos) != len(batch) {
		t.Errorf("%d objects, %v", len(infos), err)
	}
}

// A content whose end is missing is an error, never a shorter content.
func TestAContentThatBreaksOff(t *testing.T) {
	s, proxy := behindProxy(t, time.Minute)
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	put(t, s, blob.Object{Key: "a/b", Content: content})
	for _, length := range []int64{-1, 15 << 20} {
		body, info, err := s.Get(t.Context(), "a/b", 0, length)
		if err != nil || info.Size != int64(len(content)) {
			t.Fatalf("%+v, %v", info, err)
		}
		if _, err := io.CopyN(io.Discard, body, 1<<10); err != nil {
			t.Fatal(err)
		}
		proxy.Cut()
		if n, err := io.Copy(io.Discard, body); err == nil {
			t.Errorf("%d bytes and no error", n)
		}
		closeBody(t, body)
		proxy.Restore()
	}
}

// Writers go on while connections break in between; each repeats what failed, as the
// callers of the port do. In the end every object is there, and each was created once
// at most as far as anybody was told.
func TestPutsWhileConnectionsBreak(t *testing.T) {
	s, proxy := behindProxy(t, time.Minute)
	const writers, each = 4, 40
	var created [writers * each]atomic.Int32
	var written atomic.Int64
	var writing sync.WaitGroup
	content := func(i int) string { return strings.Repeat(fmt.Sprintf("%d,", i), 5000) }
	for range 2 { // the same objects by two writers each
		for w := range writers {
			writing.Go(func() {
				for i := w * each; i < (w+1)*each; i++ {
					o := object(fmt.Sprintf("a/%d", i), content(i))
					outcome, err := insist(t.Context(), s, o)
					written.Add(1)
					switch {
					case err != nil:
						t.Error(err)
					case !outcome.Existed:
						created[i].Add(1)
					case outcome.Existing.SHA256 != sum(o.Content):
						t.Errorf("%s exists as %+v", o.Key, outcome.Existing)
					}
				}
			})
		}
	}
	done := make(chan struct{})
	go func() { writing.Wait(); close(done) }()
	breaks := time.NewTicker(20 * time.Millisecond)
	defer breaks.Stop()
	for going, seen := true, int64(0); going; {
		select {
		case <-breaks.C: // but not faster than anybody can write on this machine
			if n := written.Load(); n > seen {
				seen = n
				proxy.Cut()
				proxy.Restore()
			}
		case <-done:
			going = false
		}
	}
	for i := range created {
		if n := created[i].Load(); n > 1 {
			t.Errorf("object %d was created by %d", i, n)
		}
		wantContent(t, s, fmt.Sprintf("a/%d", i), content(i))
	}
}

// insist puts until somebody knows what became of it.
func insist(ctx context.Context, s *s3blob.Store, o blob.Object) (blob.PutOutcome, error) {
	var err error
	for range 500 {
		var outcomes []blob.PutOutcome
		if outcomes, err = s.Put(ctx, []blob.Object{o}); err == nil {
			return outcomes[0], outcomes[0].Err
		}
	}
	return blob.PutOutcome{}, err
}

// What was reported before a server died is there when it is back, and nothing else
// has happened to it.
func TestAServerThatDies(t *testing.T) {
	server, cloud := servers.NewS3(t)
	cloud.Setenv(t)
	s := bucketed(t, options(cloud))
	o := func(i int) blob.Object { return object(fmt.Sprintf("a/%d", i), fmt.Sprint(i)) }
	for round := range 3 {
		reported := make(chan int, 10_000)
		var writing sync.WaitGroup
		for w := range 4 {
			writing.Go(func() {
				for i := round*10_000 + w; ; i += 4 {
					outcomes, err := s.Put(t.Context(), []blob.Object{o(i)})
					if err != nil {
						return
					}
					if outcomes[0].Err != nil || outcomes[0].Existed {
						t.Errorf("%+v", outcomes[0])
					}
					reported <- i
				}
			})
		}
		for range 40 { // in the middle of it
			wrote(t, s, reported, o)
		}
		server.Kill()
		writing.Wait()
		for name, err := range everything(t.Context(), s) {
			if err == nil || errors.Is(err, blob.ErrNotFound) {
				t.Errorf("%s: error %v", name, err)
			}
		}
		server.Start()
		close(reported)
		for i := range reported {
			wantContent(t, s, o(i).Key, fmt.Sprint(i))
			outcomes, err := s.Put(t.Context(), []blob.Object{o(i)})
			if err != nil || !outcomes[0].Existed || outcomes[0].Existing.SHA256 != sum(o(i).Content) {
				t.Errorf("%+v, %v", outcomes, err)
			}
		}
	}
}

// wrote waits for a report.
func wrote(t *testing.T, s *s3blob.Store, reported chan int, o func(int) blob.Object) {
	t.Helper()
	select {
	case i := <-reported:
		if _, err := s.Head(t.Context(), o(i).Key); err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("nothing is written")
	}
}

// The deadline of a stalled content is the store's, whatever the caller's.
func TestAContentThatStalls(t *testing.T) {
	f := newFake(t)
	release := make(chan struct{})
	f.answer = func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "begin")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-release:
		case <-r.Context().Done():
		}
		return true
	}
	defer close(release)
	opts := f.options()
	opts.Timeout = 500 * time.Millisecond
	body, _, err := open(t, opts).Get(t.Context(), "a/b", 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(body)
	if string(content) != "begin" || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%q, %v", content, err)
	}
	closeBody(t, body)
}

// A connection that hangs is given up in time for a repeat on another.
func TestAConnectionThatHangs(t *testing.T) {
	f := newFake(t)
	f.answer = times(1, http.MethodPut, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	opts := f.options()
	opts.Timeout = 4 * time.Second
	put(t, open(t, opts), object("a/b", "x"))
}
