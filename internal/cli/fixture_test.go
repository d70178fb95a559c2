package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"

	"dpp"
	"dpp/internal/config"
	"dpp/internal/ops"
	"dpp/internal/store"
	"dpp/internal/store/sqlitestore"
)

// bench runs command lines in this process.
type bench struct {
	t        *testing.T
	platform Platform
	env      []string
	stdin    string
	width    int // of the terminal that messages go to; 0: it is none
}

type outcome struct {
	code     int
	out, err string
}

func (b *bench) run(args ...string) outcome {
	b.t.Helper()
	return b.runIn(b.t.Context(), args...)
}

func (b *bench) runIn(ctx context.Context, args ...string) outcome {
	b.t.Helper()
	var out, messages bytes.Buffer
	s := &session{
		platform: b.platform,
		Streams:  Streams{In: strings.NewReader(b.stdin), Out: &out, Err: &messages, Env: b.env},
		terminal: func(io.Writer) (int, bool) { return b.width, b.width > 0 },
	}
	code := s.main(ctx, args)
	return outcome{code, out.String(), messages.String()}
}

// done runs a command line that must end with exit 0.
func (b *bench) done(args ...string) string {
	b.t.Helper()
	o := b.run(args...)
	if o.code != exitDone {
		b.t.Fatalf("dpp %s: exit %d\n%s%s", strings.Join(args, " "), o.code, o.out, o.err)
	}
	return o.out
}

// doc runs a command line with --json and reads what it prints.
func doc[T any](b *bench, args ...string) T {
	b.t.Helper()
	return parse[T](b.t, b.done(append(args, "--json")...))
}

func parse[T any](t *testing.T, text string) T {
	t.Helper()
	var document T
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return document
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in\n%s", part, text)
		}
	}
}

// offline is a bench beside a data folder with a real store and no server.
func offline(t *testing.T) *bench {
	t.Helper()
	t.Chdir(t.TempDir())
	open := func(ctx context.Context, cfg config.Config) (store.Store, error) {
		if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
			return nil, err
		}
		if _, err := os.Stat(cfg.DatabasePath()); err != nil {
			if err := sqlitestore.Migrate(ctx, cfg.DatabasePath()); err != nil {
				return nil, err
			}
		}
		return sqlitestore.Open(ctx, cfg.DatabasePath(), sqlitestore.Options{})
	}
	return &bench{t: t, platform: Platform{
		OpenStore: open,
		Version:   func() ops.Version { return ops.Version{Version: "1.2.3", Commit: "abc", Go: "go1.26"} },
	}}
}

// server answers a few requests as a DPP server would, and keeps them.
type server struct {
	*httptest.Server
	answers map[string]func(w http.ResponseWriter, r *http.Request)

	mu     sync.Mutex
	asked  []string
	bodies map[string]string
	keys   map[string]string // of the last request: header → value
}

const testKey = "dpp_live_00000000000000000000000000000000_00000000"

// online is a bench whose environment names a server.
func online(t *testing.T, answers map[string]func(w http.ResponseWriter, r *http.Request)) (*bench, *server) {
	t.Helper()
	s := &server{answers: answers, bodies: map[string]string{}, keys: map[string]string{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	b := offline(t)
	b.env = []string{"DPP_URL=" + s.URL, "DPP_API_KEY=" + testKey}
	return b, s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	name := r.Method + " " + r.URL.Path
	s.mu.Lock()
	s.asked = append(s.asked, name+"?"+r.URL.RawQuery)
	s.bodies[name] = string(body)
	for _, h := range []string{"Idempotency-Key", "Authorization"} {
		s.keys[h] = r.Header.Get(h)
	}
	s.mu.Unlock()
	answer, ok := s.answers[name]
	if err != nil || !ok {
		problem(404, `{"title":"Not found","reason_code":"NOT_FOUND","detail":"There is no such thing.","hint":"Look again.","trace_id":"t1"}`)(w, r)
		return
	}
	answer(w, r)
}

func (s *server) count(prefix string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, asked := range s.asked {
		if strings.HasPrefix(asked, prefix) {
			n++
		}
	}
	return n
}

func says(body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	}
}

func problem(status int, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// inTurn gives one answer after the other, the last for ever.
func inTurn(answers ...func(http.ResponseWriter, *http.Request)) func(http.ResponseWriter, *http.Request) {
	var mu sync.Mutex
	n := 0
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		answer := answers[min(n, len(answers)-1)]
		n++
		mu.Unlock()
		answer(w, r)
	}
}

const runID = "run_06d0e0v5xv1zfc3aa8xkm2w7vg"

func runDoc(status dpp.Status, version int, more string) string {
	return fmt.Sprintf(`{"run_id":%q,"pack_type":"decision","pack_version":"1.0.0","status":%q,"terminal":%t,"money_state":"RESERVED","version":%d,
		"reservation":{"max_cost_usd":"0.2500","timebox_sec":90,"min_reliability_score":0},
		"cost":{"reserved_usd":"0.2500","used_usd":"0.0100","minimum_fee_usd":"0.0050","budget_remaining_usd":"99.7500"},
		"meta":{"created_at":"2025-01-02T03:04:05.678Z","updated_at":"2025-01-02T03:04:05.678Z","trace_id":"t1","profile_version":"1"}%s}`,
		runID, status, status.Terminal(), version, more)
}
