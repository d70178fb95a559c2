package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"dpp"
	"dpp/client"
	"dpp/internal/api/apitest"
	"dpp/test/platform"
)

// site is the platform under test: processes on one set of data, which outlives
// them.
type site struct {
	t       *testing.T
	program string   // what every process and command runs
	env     []string // of every process and command
	place   []string // flags that say where the data is
	parts   []*part
	balance *balancer
	plain   *http.Transport   // under the balancer
	web     http.RoundTripper // checks every answer
	key     dpp.Secret        // of a tenant with 100 USD
}

// newSite returns a site without parts, with settings such as "DPP_LEASE_TTL=3s".
func newSite(t *testing.T, env []string) *site {
	t.Helper()
	s := &site{t: t, program: binary}
	if slices.Contains(env, reads+"=1") {
		s.program = os.Args[0]
	}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "DPP_") && !strings.HasPrefix(v, "AWS_") && !strings.HasPrefix(v, "OTEL_") {
			s.env = append(s.env, v)
		}
	}
	s.env = append(s.env, env...)
	s.plain = &http.Transport{MaxIdleConns: 512, MaxIdleConnsPerHost: 512}
	s.balance = &balancer{base: s.plain, report: func(err error) { t.Error(err) }, broken: map[string]int{}}
	t.Cleanup(func() {
		s.plain.CloseIdleConnections()
		for _, p := range s.parts {
			p.kill()
		}
		if t.Failed() {
			for _, p := range s.parts {
				t.Logf("the log of dpp %s ends with:\n%s", p.role, p.tail())
			}
		}
	})
	return s
}

// add adds a process that is not started yet.
func (s *site) add(role string, args ...string) {
	s.parts = append(s.parts, &part{site: s, role: role, args: args, log: &platform.LogBuffer{}})
}

// of returns the parts with a role.
func (s *site) of(role string) []*part {
	var found []*part
	for _, p := range s.parts {
		if p.role == role {
			found = append(found, p)
		}
	}
	return found
}

// check has every answer checked against the OpenAPI document from now on.
func (s *site) check() {
	s.t.Helper()
	answer, err := http.Get(s.balance.order()[0] + "/openapi.json")
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
	s.web = checker.Transport(s.balance, func(err error) { s.t.Error(err) })
}

// up starts all processes and returns once they are ready.
func (s *site) up() {
	s.t.Helper()
	for _, p := range s.parts {
		p.begin()
	}
	for _, p := range s.parts {
		p.awaitReady()
	}
}

// stop ends all processes as an operator would and expects that to succeed.
func (s *site) stop() {
	s.t.Helper()
	s.plain.CloseIdleConnections() // a server waits 5 s for the first request of a connection
	for _, p := range s.parts {
		if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
			s.t.Fatal(err)
		}
	}
	for _, p := range s.parts {
		p.awaitEnd()
	}
}

// client speaks for a key, to all APIs in turn.
func (s *site) client(key dpp.Secret) *client.Client {
	return &client.Client{URL: anywhere, Key: key, HTTP: &http.Client{Transport: s.web}}
}

func (s *site) dev() *client.Client { return s.client(s.key) }

// cli runs a command of the binary beside the processes and returns its output.
func (s *site) cli(args ...string) (string, error) {
	cmd := exec.Command(s.program, append(args, s.place...)...)
	cmd.Env = s.env
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("dpp %s: %w: %s", strings.Join(args, " "), err, exit.Stderr)
	}
	return string(out), err
}

// tenant makes a tenant with a key and credit, by the command line.
func (s *site) tenant(name, amount string) (dpp.TenantID, dpp.Secret) {
	s.t.Helper()
	var tenant struct {
		ID dpp.TenantID `json:"tenant_id"`
	}
	var key struct {
		Key dpp.Secret `json:"key"`
	}
	s.jsonOf(&tenant, "tenant", "create", "--name", name, "--json")
	s.jsonOf(&key, "key", "create", "--tenant", string(tenant.ID), "--json")
	s.credit(tenant.ID, amount)
	return tenant.ID, key.Key
}

func (s *site) credit(tenant dpp.TenantID, amount string) {
	s.t.Helper()
	if _, err := s.cli("credit", "--tenant", string(tenant), "--amount", amount); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) jsonOf(into any, args ...string) {
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
func (s *site) audit() {
	s.t.Helper()
	if out, err := s.cli("audit"); err != nil {
		s.t.Fatalf("audit: %v\n%s", err, out)
	}
}

// idle waits until nothing is held and returns what the account has then.
func (s *site) idle(c *client.Client, within time.Duration) dpp.BudgetView {
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

// eventually waits until a condition holds that another process brings about.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	late := time.After(90 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// readyIs waits until parts answer a question for their readiness with a status.
func readyIs(t *testing.T, parts []*part, status int) {
	t.Helper()
	for _, p := range parts {
		eventually(t, fmt.Sprintf("dpp %s answers %d", p.role, status), func() bool { return p.ready() == status })
	}
}

// say waits until the health of parts contains a text.
func say(t *testing.T, parts []*part, text string) {
	t.Helper()
	for _, p := range parts {
		eventually(t, "dpp "+p.role+" says "+text, func() bool {
			_, health := p.answers("/health")
			return strings.Contains(health, text)
		})
	}
}
