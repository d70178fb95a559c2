package api_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"dpp"
	"dpp/internal/api"
	"dpp/internal/api/apitest"
	"dpp/internal/auth"
	"dpp/internal/blob/fileblob"
	"dpp/internal/telemetry"
	"dpp/test/platform"
)

// site is a platform with its API on a port of this machine. Every answer that it
// gives is checked against the API's own document.
type site struct {
	*platform.Platform
	t      *testing.T
	url    string
	client *http.Client
	logs   *platform.LogBuffer
	// secret belongs to the platform's first tenant, operator to nobody.
	secret, operator dpp.Secret
}

type options struct {
	platform.Options
	api func(*api.Config)
}

func (s *site) keyring(t *testing.T) *auth.Keyring {
	keyring := auth.New(s.Ports.Store, slog.New(slog.DiscardHandler), telemetry.NewMetrics())
	t.Cleanup(keyring.Close)
	return keyring
}

func newSite(t *testing.T, opts options) *site {
	t.Helper()
	s := &site{t: t, logs: &platform.LogBuffer{}}
	opts.LogTo = s.logs
	s.Platform = platform.New(t, opts.Options)
	server := httptest.NewUnstartedServer(nil)
	s.url = "http://" + server.Listener.Addr().String()
	blobs, ok := s.Ports.Blob.(*fileblob.Store)
	if !ok {
		t.Fatal("the platform's blob store is another one")
	}
	blobs.SetBaseURL(s.url)
	config := api.Config{
		Service: s.Service, Keyring: s.keyring(t), PublicURL: s.url,
		Log:    slog.New(slog.NewTextHandler(s.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Health: func(context.Context) api.Health { return api.Health{Services: map[string]bool{"database": true}} },
		Ready:  func(map[string]bool) bool { return true },
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = io.WriteString(w, "up 1\n")
		}),
		Blobs: blobs.Handler(api.DenyBlob), BlobPrefix: fileblob.URLPath,
	}
	if opts.api != nil {
		opts.api(&config)
	}
	face, err := api.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server.Config = api.NewServer(face.Handler(), config.Log)
	server.Start()
	t.Cleanup(func() {
		s.Service.EndWaits()
		server.Close()
		s.Close()
	})
	s.client = &http.Client{
		Transport:     checker(t).Transport(&http.Transport{DisableCompression: true}, func(err error) { t.Error(err) }),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(s.client.CloseIdleConnections)
	s.secret = s.keyFor(s.Key)
	s.operator = s.newKey(dpp.NewOperatorSecret(), dpp.Key{Scopes: []dpp.Scope{dpp.ScopeOperator}})
	return s
}

// checker is made once: the document is the same for every site.
var checker = func() func(*testing.T) *apitest.Checker {
	made := sync.OnceValues(func() (*apitest.Checker, error) {
		face, err := api.New(api.Config{Metrics: http.NotFoundHandler()})
		if err != nil {
			return nil, err
		}
		return apitest.New(face.Document())
	})
	return func(t *testing.T) *apitest.Checker {
		t.Helper()
		c, err := made()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
}()

// keyFor stores the key under a new secret.
func (s *site) keyFor(key dpp.Key) dpp.Secret {
	s.t.Helper()
	return s.newKey(dpp.NewSecret(true), key)
}

func (s *site) newKey(secret dpp.Secret, key dpp.Key) dpp.Secret {
	s.t.Helper()
	if key.ID == "" {
		key.ID = dpp.NewKeyID()
	}
	key.Name, key.Hash, key.CreatedAt, key.Live = "test", secret.Hash(), time.Now(), true
	if err := s.Ports.Store.CreateKey(s.t.Context(), key); err != nil {
		s.t.Fatal(err)
	}
	return secret
}

// call is a request; its key is the first tenant's unless it says otherwise.
type call struct {
	method, path string
	body         string
	header       map[string]string
	key          dpp.Secret
	anonymous    bool
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (s *site) do(c call) answer {
	s.t.Helper()
	a, err := s.try(c)
	if err != nil {
		s.t.Fatalf("%s %.60s: %v", c.method, c.path, err)
	}
	return a
}

// try is for goroutines, which must not end the test.
func (s *site) try(c call) (answer, error) {
	r, err := http.NewRequestWithContext(s.t.Context(), c.method, s.url+c.path, strings.NewReader(c.body))
	if err != nil {
		return answer{}, err
	}
	if c.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.key == "" {
		c.key = s.secret
	}
	if !c.anonymous {
		r.Header.Set("Authorization", "Bearer "+string(c.key))
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
		if value == "" {
			r.Header.Del(name)
		}
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, body}, err
}

func (s *site) get(path string) answer {
	s.t.Helper()
	return s.do(call{method: http.MethodGet, path: path})
}

// submit sends a submit under a key.
func (s *site) submit(idempotencyKey, body string, headers ...string) answer {
	s.t.Helper()
	c := call{method: http.MethodPost, path: "/v1/runs", body: body, header: map[string]string{"Idempotency-Key": idempotencyKey}}
	for i := 0; i+1 < len(headers); i += 2 {
		c.header[headers[i]] = headers[i+1]
	}
	return s.do(c)
}

// accepted submits a run that must be accepted.
func (s *site) accepted(idempotencyKey string) dpp.RunView {
	s.t.Helper()
	a := s.submit(idempotencyKey, order("0.5000"))
	s.wantStatus(a, http.StatusAccepted)
	return read[dpp.RunView](s, a)
}

// finish works on the run that waits longest until it has ended.
func (s *site) finish() {
	s.t.Helper()
	c := s.Claim()
	if ended, err := s.Service.Finish(s.t.Context(), c, s.Execute(c)); err != nil || !ended {
		s.t.Fatalf("finish: %t %v", ended, err)
	}
}

// order is the body of a submit.
func order(maxCost string) string {
	return fmt.Sprintf(`{"pack_type":"script","inputs":{"note":"x"},"reservation":{"max_cost_usd":%q}}`, maxCost)
}

func read[T any](s *site, a answer) T {
	s.t.Helper()
	var v T
	if err := json.Unmarshal(a.body, &v); err != nil {
		s.t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	return v
}

func (s *site) wantStatus(a answer, status int) {
	s.t.Helper()
	if a.status != status {
		s.t.Fatalf("status %d, want %d: %.400s", a.status, status, a.body)
	}
}

func (s *site) wantProblem(a answer, status int, reason dpp.Reason) dpp.Problem {
	s.t.Helper()
	s.wantStatus(a, status)
	p := read[dpp.Problem](s, a)
	if p.Reason != reason || p.Status != status {
		s.t.Fatalf("%s at %d, want %s: %s", p.Reason, p.Status, reason, a.body)
	}
	if p.Type != s.url+"/problems/"+string(reason) || p.Instance != "urn:dpp:trace:"+p.TraceID || p.TraceID != a.header.Get("X-Trace-Id") {
		s.t.Errorf("type %s, instance %s, trace %s with header %s", p.Type, p.Instance, p.TraceID, a.header.Get("X-Trace-Id"))
	}
	if p.Title == "" || p.Detail == "" || p.Hint == "" || p.Remedy.Action == "" {
		s.t.Errorf("incomplete: %s", a.body)
	}
	return p
}
