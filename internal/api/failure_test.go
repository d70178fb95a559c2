package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dpp"
	"dpp/internal/api"
	"dpp/internal/blob"
	"dpp/internal/ledger"
	"dpp/internal/runs"
	"dpp/internal/store"
	"dpp/test/platform"
)

var errDown = errors.New("zq7x: connection refused")

// brokenStore fails with err where that is set.
type brokenStore struct {
	store.Store
	err   *atomic.Pointer[error]
	later *atomic.Pointer[error] // is what err becomes with the next submit
}

func (b brokenStore) fail() error {
	if err := b.err.Load(); err != nil {
		return *err
	}
	return nil
}

func (b brokenStore) RunStates(ctx context.Context, above map[dpp.RunID]int64) ([]store.RunState, error) {
	if err := b.fail(); err != nil {
		return nil, err
	}
	return b.Store.RunStates(ctx, above)
}

func (b brokenStore) ListRuns(ctx context.Context, q store.ListQuery) ([]dpp.Run, error) {
	if err := b.fail(); err != nil {
		return nil, err
	}
	return b.Store.ListRuns(ctx, q)
}

func (b brokenStore) Submit(ctx context.Context, batch []store.Submission) ([]store.Submitted, error) {
	if err := b.fail(); err != nil {
		return nil, err
	}
	defer func() { b.err.Store(b.later.Load()) }()
	return b.Store.Submit(ctx, batch)
}

func (b brokenStore) Accounts(ctx context.Context, ids []dpp.AccountID) ([]ledger.Account, error) {
	if err := b.fail(); err != nil {
		return nil, err
	}
	return b.Store.Accounts(ctx, ids)
}

func (b brokenStore) Entries(ctx context.Context, q store.EntryQuery) ([]ledger.Entry, error) {
	if err := b.fail(); err != nil {
		return nil, err
	}
	return b.Store.Entries(ctx, q)
}

func (b brokenStore) Usage(ctx context.Context, a dpp.AccountID, from, to time.Time) ([]store.UsageDay, error) {
	if err := b.fail(); err != nil {
		return nil, err
	}
	return b.Store.Usage(ctx, a, from, to)
}

// newBrokenSite is a site whose store fails with what failure holds, or will hold
// once the next submit is over.
func newBrokenSite(t *testing.T) (s *site, failure, later *atomic.Pointer[error]) {
	t.Helper()
	failure, later = new(atomic.Pointer[error]), new(atomic.Pointer[error])
	s = newSite(t, options{Options: platform.Options{Wrap: func(p runs.Ports) runs.Ports {
		p.Store = brokenStore{p.Store, failure, later}
		return p
	}}})
	return s, failure, later
}

func TestWhenTheStoreIsDown(t *testing.T) {
	s, failure, _ := newBrokenSite(t)
	run := s.accepted("down-key-0001")
	gone := fmt.Errorf("%w: %w", store.ErrUnavailable, errDown)
	failure.Store(&gone)
	for _, path := range []string{"/v1/runs/" + string(run.ID), "/v1/runs/" + string(run.ID) + "?wait=5", "/v1/runs", "/v1/runs?ids=" + string(run.ID), "/v1/budget", "/v1/ledger", "/v1/usage"} {
		a := s.get(path)
		if p := s.wantProblem(a, 503, dpp.ReasonDependencyDown); !p.Retryable || a.header.Get("Retry-After") == "" {
			t.Errorf("%s: %+v", path, p)
		}
		if strings.Contains(string(a.body), "zq7x") {
			t.Errorf("%s", a.body)
		}
	}
	a := s.submit("down-key-0002", order("0.5"))
	if s.wantProblem(a, 503, dpp.ReasonDependencyDown); a.header.Get("Retry-After") == "" {
		t.Errorf("%v", a.header)
	}
	failure.Store(nil)
	s.wantRun(s.submit("down-key-0002", order("0.5")), 202)
	if !strings.Contains(s.logs.String(), errDown.Error()) {
		t.Error("the cause was not logged")
	}
}

func TestWhenSomethingBreaks(t *testing.T) {
	s, failure, _ := newBrokenSite(t)
	failure.Store(&errDown)
	a := s.get("/v1/budget")
	if s.wantProblem(a, 500, dpp.ReasonInternal); strings.Contains(string(a.body), "zq7x") {
		t.Errorf("%s", a.body)
	}
	if !strings.Contains(s.logs.String(), errDown.Error()) {
		t.Error("the cause was not logged")
	}
}

// An accepted run is told of, even where the store cannot be read any more.
func TestAnAcceptedRunIsToldOfWhateverHappensThen(t *testing.T) {
	s, _, later := newBrokenSite(t)
	gone := fmt.Errorf("%w: %w", store.ErrUnavailable, errDown)
	later.Store(&gone)
	a := s.submit("down-key-0003", order("0.5000"), "Prefer", "wait=1")
	if run := s.wantRun(a, 202); run.Status != dpp.StatusQueued || a.header.Get("Location") == "" {
		t.Errorf("%+v", run)
	}
}

// brokenBlob cannot be read while its switch is on.
type brokenBlob struct {
	blob.Store
	down *atomic.Bool
}

func (b brokenBlob) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, blob.Info, error) {
	if b.down.Load() {
		return nil, blob.Info{}, errDown
	}
	return b.Store.Get(ctx, key, offset, length)
}

func (b brokenBlob) Put(ctx context.Context, objects []blob.Object) ([]blob.PutOutcome, error) {
	if b.down.Load() {
		return nil, errDown
	}
	return b.Store.Put(ctx, objects)
}

func TestWhenTheObjectStoreIsDown(t *testing.T) {
	var down atomic.Bool
	s := newSite(t, options{Options: platform.Options{Wrap: func(p runs.Ports) runs.Ports {
		p.Blob = brokenBlob{p.Blob, &down}
		return p
	}}})
	run := s.accepted("blob-key-0001")
	s.finish()
	down.Store(true)
	path := "/v1/runs/" + string(run.ID)
	s.wantRun(s.get(path), 200)
	s.wantProblem(s.get(path+"/result"), 503, dpp.ReasonDependencyDown)
	s.wantProblem(s.get(path+"?inline=true"), 503, dpp.ReasonDependencyDown)
	large := strings.Replace(order("0.5"), `"x"`, `"`+strings.Repeat("x", 64<<10)+`"`, 1)
	s.wantProblem(s.submit("blob-key-0002", large), 503, dpp.ReasonDependencyDown)
	down.Store(false)
	s.wantRun(s.submit("blob-key-0002", large), 202)
	s.Audit()
}

func TestAResultThatIsMissing(t *testing.T) {
	s := newSite(t, options{})
	run := s.accepted("lost-key-0001")
	s.finish()
	stored := s.Run(run.ID)
	prefix, _, _ := strings.Cut(stored.Result.Key, string(run.ID))
	if err := s.Ports.Blob.DeletePrefix(t.Context(), prefix+string(run.ID)+"/"); err != nil {
		t.Fatal(err)
	}
	s.wantProblem(s.get("/v1/runs/"+string(run.ID)+"/result"), 500, dpp.ReasonInternal)
	s.wantProblem(s.download(s.wantRun(s.get("/v1/runs/"+string(run.ID)), 200).Result.URL), 404, dpp.ReasonNotFound)
}

type secretive struct{ word string }

func TestPanics(t *testing.T) {
	var s *site
	for name, c := range map[string]struct {
		panics func(*api.Config)
		paths  []string
		kind   string // in the log
	}{
		"a value": {
			func(c *api.Config) { c.Health = func(context.Context) api.Health { panic(secretive{"zq7x"}) } },
			[]string{"/health", "/readyz", "/health"},
			"api_test.secretive", // and the memo is not left locked
		},
		"the runtime's": {
			func(c *api.Config) { c.Ready = func(map[string]bool) bool { return []bool{}[len(s.url)] } },
			[]string{"/readyz", "/readyz"},
			"index out of range",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s = newSite(t, options{api: c.panics})
			for _, path := range c.paths {
				a := s.get(path)
				if s.wantProblem(a, 500, dpp.ReasonInternal); strings.Contains(string(a.body), "zq7x") {
					t.Errorf("%s", a.body)
				}
			}
			logged := s.logs.String()
			for _, part := range []string{c.kind, "failure_test.go", "goroutine"} {
				if !strings.Contains(logged, part) {
					t.Errorf("the log lacks %s", part)
				}
			}
			if strings.Contains(logged, "zq7x") {
				t.Error("the value of a panic was logged")
			}
		})
	}
}
