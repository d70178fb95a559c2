package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"dpp"
	"dpp/client"
	"dpp/internal/api/apitest"
)

// binary is the dpp that the tests drive, built once by TestMain.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "dpp-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = filepath.Join(dir, "dpp")
	build := exec.Command("go", "build", "-o", binary, "../../cmd/dpp")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	code := 1
	if err := build.Run(); err == nil {
		code = m.Run()
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// soak tells whether the full counts are wanted, which take minutes.
func soak() bool { return os.Getenv("SOAK") == "1" }

// count is how often a test does its thing: quickly by default, fully in a soak.
func count(quick, full int) int {
	if soak() {
		return full
	}
	return quick
}

// server is one `dpp up` on a data folder, which outlives restarts.
type server struct {
	t    *testing.T
	data string
	env  []string
	cmd  *exec.Cmd
	// ended receives how the process ended.
	ended chan error
	log   *logBuffer
	url   string
	key   dpp.Secret
	web   http.RoundTripper // checks every answer
}

// start brings up a server with settings such as "DPP_LEASE_TTL=3s".
func start(t *testing.T, env ...string) *server {
	t.Helper()
	s := &server{t: t, data: filepath.Join(t.TempDir(), "data"), log: &logBuffer{}}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "DPP_") {
			s.env = append(s.env, v)
		}
	}
	s.env = append(s.env, env...)
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("the server's log ends with:\n%s", s.log.tail())
		}
	})
	s.up()
	s.check()
	return s
}

// check has every answer checked against the OpenAPI document from now on.
func (s *server) check() {
	s.t.Helper()
	answer, err := http.Get(s.url + "/openapi.json")
	if err != nil {
		s.t.Fatal(err)
	}
	document, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		s.t.Fatal(err)
	}
	checker, err := apitest.New(document)
	if err != nil {
		s.t.Fatal(err)
	}
	plain := &http.Transport{MaxIdleConns: 512, MaxIdleConnsPerHost: 512}
	s.t.Cleanup(plain.CloseIdleConnections)
	s.web = checker.Transport(plain, func(err error) { s.t.Error(err) })
}

// up starts the process and returns once it is ready.
func (s *server) up() {
	s.t.Helper()
	_ = os.Remove(s.listenFile())
	s.cmd = exec.Command(binary, "up", "--listen", "127.0.0.1:0", "--data", s.data)
	s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = s.env, s.log, s.log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	cmd, ended := s.cmd, make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // ends with the process, which stop or kill ends
	s.ended = ended
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			s.t.Fatalf("dpp up ended before it was ready: %v\n%s", err, s.log.tail())
		case <-deadline:
			s.t.Fatalf("dpp up is not ready after 30 s\n%s", s.log.tail())
		case <-tick.C:
		}
		if s.ready() {
			break
		}
	}
	key, err := os.ReadFile(filepath.Join(s.data, "dev.key"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.key = dpp.Secret(strings.TrimSpace(string(key)))
}

func (s *server) listenFile() string { return filepath.Join(s.data, "listen") }

func (s *server) ready() bool {
	address, err := os.ReadFile(s.listenFile())
	if err != nil || len(bytes.TrimSpace(address)) == 0 {
		return false
	}
	s.url = "http://" + strings.TrimSpace(string(address))
	answer, err := http.Get(s.url + "/readyz")
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// stop ends the process as an operator would and expects it to succeed.
func (s *server) stop() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	select {
	case err := <-s.ended:
		if err != nil {
			s.t.Fatalf("dpp up ended with %v\n%s", err, s.log.tail())
		}
	case <-time.After(60 * time.Second):
		s.t.Fatalf("dpp up did not stop\n%s", s.log.tail())
	}
	s.cmd = nil
}

// kill ends the process with no chance to say anything.
func (s *server) kill() {
	if s.cmd == nil || s.cmd.Process == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	<-s.ended
	s.cmd = nil
}

// client speaks for a key; every answer is checked against the OpenAPI document.
func (s *server) client(key dpp.Secret) *client.Client {
	return &client.Client{URL: s.url, Key: key, HTTP: &http.Client{Transport: s.web}}
}

func (s *server) dev() *client.Client { return s.client(s.key) }

// cli runs a command of the binary beside the server and returns its output.
func (s *server) cli(args ...string) (string, error) {
	cmd := exec.Command(binary, append(args, "--data", s.data)...)
	cmd.Env = s.env
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("dpp %s: %w: %s", strings.Join(args, " "), err, exit.Stderr)
	}
	return string(out), err
}

// tenant makes a tenant with a key and credit, by the command line.
func (s *server) tenant(name, amount string) (dpp.TenantID, dpp.Secret) {
	s.t.Helper()
	var tenant struct {
		ID dpp.TenantID `json:"tenant_id"`
	}
	var key struct {
		Key dpp.Secret `json:"key"`
	}
	s.jsonOf(&tenant, "tenant", "create", "--name", name, "--json")
	s.jsonOf(&key, "key", "create", "--tenant", string(tenant.ID), "--json")
	if amount != "" {
		if _, err := s.cli("credit", "--tenant", string(tenant.ID), "--amount", amount); err != nil {
			s.t.Fatal(err)
		}
	}
	return tenant.ID, key.Key
}

func (s *server) jsonOf(into any, args ...string) {
	s.t.Helper()
	out, err := s.cli(args...)
	if err == nil {
		err = json.Unmarshal([]byte(out), into)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// audit proves the books.
func (s *server) audit() {
	s.t.Helper()
	if out, err := s.cli("audit"); err != nil {
		s.t.Fatalf("audit: %v\n%s", err, out)
	}
}

// idle waits until nothing is held and returns what the account has then.
func (s *server) idle(c *client.Client, within time.Duration) dpp.BudgetView {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), within)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		budget, err := c.Budget(ctx)
		if err != nil {
			s.t.Fatal(err)
		}
		if budget.Held == 0 {
			return budget
		}
		select {
		case <-ctx.Done():
			s.t.Fatalf("still held after %s: %s", within, budget.Held)
		case <-tick.C:
		}
	}
}

// logBuffer keeps what the server logs, the end of it at least.
type logBuffer struct {
	mu   sync.Mutex
	text []byte
}

const keptLog = 1 << 20

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	if len(l.text) > 2*keptLog {
		l.text = append([]byte(nil), l.text[len(l.text)-keptLog:]...)
	}
	return len(p), nil
}

func (l *logBuffer) tail() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text[max(0, len(l.text)-4000):])
}

var _ io.Writer = (*logBuffer)(nil)
