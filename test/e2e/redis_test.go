package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"dpp"
	"dpp/client"
	"dpp/test/servers"
)

// memory is a Redis whose memory a test takes away and gives back.
type memory struct {
	t      *testing.T
	server *servers.Server
	dump   string // the file that it begins with
}

func newMemory(t *testing.T) *memory {
	t.Helper()
	dir := t.TempDir()
	return &memory{t: t, server: servers.NewRedis(t, "--dir", dir), dump: filepath.Join(dir, "dump.rdb")}
}

// do sends a command that is answered with OK.
func (m *memory) do(command string) {
	m.t.Helper()
	conn, err := net.Dial("tcp", m.server.Address())
	if err != nil {
		m.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, command+"\r\n"); err != nil {
		m.t.Fatal(err)
	}
	if answer, err := bufio.NewReader(conn).ReadString('\n'); answer != "+OK\r\n" {
		m.t.Fatalf("%s: %q, %v", command, answer, err)
	}
}

// snapshot returns what it remembers now.
func (m *memory) snapshot() []byte {
	m.t.Helper()
	m.do("SAVE")
	text, err := os.ReadFile(m.dump)
	if err != nil {
		m.t.Fatal(err)
	}
	return text
}

// restart kills it and starts it again with a snapshot; nil: with nothing.
func (m *memory) restart(snapshot []byte) {
	m.t.Helper()
	m.server.Kill()
	err := os.RemoveAll(m.dump)
	if err == nil && snapshot != nil {
		err = os.WriteFile(m.dump, snapshot, 0o600)
	}
	if err != nil {
		m.t.Fatal(err)
	}
	m.server.Start()
}

// payer is a tenant, and what it must have been granted so far.
type payer struct {
	id       dpp.TenantID
	c        *client.Client
	funds    int // runs that its credit is good for
	accepted int
}

const payers, price = 20, 50_000 // price of a run, in micros

// TestRedisForgets takes Redis's memory away, in every way, while tenants spend the
// last of their budgets. The ledger alone decides: as many runs are accepted as the
// credit is good for, not one more and not one less.
func TestRedisForgets(t *testing.T) {
	t.Parallel()
	redis := newMemory(t)
	s := apart(t, backends{
		database: servers.Postgres(t), redis: redis.server.Address(), objects: servers.S3(t), queue: servers.SQS(t),
	}, fast, fastReads, "DPP_LOG_LEVEL=warn")
	for _, p := range s.of("worker") { // so that nothing is released
		p.stop()
	}
	each := count(1, 25) // submits of a tenant in a wave
	all := make([]*payer, payers)
	together(payers, func(i int) {
		p := &payer{funds: 5 * each}
		var key dpp.Secret
		p.id, key = s.tenant(fmt.Sprint("payer-", i), dpp.Money(p.funds*price).String())
		p.c = s.client(key)
		all[i] = p
	})
	wave := func() { ask(t, all, each) }
	disturbed := func(what string, disturb func()) {
		done := make(chan struct{})
		go func() { defer close(done); wave() }()
		disturb()
		<-done
		say(t, s.of("api"), `"redis":"up"`) // so that its answers count
		wave()
		if t.Failed() {
			t.Fatalf("after: %s", what)
		}
	}
	wave()
	full := redis.snapshot()
	wave()
	disturbed("everything is flushed", func() { redis.do("FLUSHALL") })
	disturbed("a restart with nothing", func() { redis.restart(nil) })
	disturbed("a restart with what was true when all had credit", func() { redis.restart(full) })
	drained := redis.snapshot()
	together(payers, func(i int) {
		all[i].funds += 2 * each
		s.credit(all[i].id, dpp.Money(2*each*price).String())
	})
	disturbed("a restart with what was true when nobody had credit", func() { redis.restart(drained) })
	for _, p := range s.of("worker") {
		p.up()
	}
	together(payers, func(i int) { spendTheRest(t, s, all[i]) })
	s.stop()
	s.audit()
}

// ask has every payer submit at once, each time so often, and looks at what was
// granted.
func ask(t *testing.T, all []*payer, each int) {
	accepted := make(chan *payer, len(all)*each)
	want := make([]int, len(all))
	for i, p := range all {
		want[i] = min(p.accepted+each, p.funds)
	}
	together(len(all)*each, func(i int) {
		p := all[i%len(all)]
		switch _, err := p.c.Submit(t.Context(), decision(i, price)); {
		case err == nil:
			accepted <- p
		case reason(err) != dpp.ReasonBudgetDrained:
			t.Errorf("submit: %v", err)
		}
	})
	close(accepted)
	for p := range accepted {
		p.accepted++
	}
	together(len(all), func(i int) {
		p := all[i]
		budget, err := p.c.Budget(t.Context())
		if err != nil || p.accepted != want[i] || budget.Held != dpp.Money(want[i]*price) || budget.Available != dpp.Money((p.funds-want[i])*price) {
			t.Errorf("%d accepted in all, want %d; budget %+v, %v", p.accepted, want[i], budget, err)
		}
	})
}

// spendTheRest waits for the end of all runs, and reserves what is left to the last
// tenth of a cent.
func spendTheRest(t *testing.T, s *site, p *payer) {
	left := s.idle(p.c, 2*time.Minute).Available
	if _, err := p.c.Submit(t.Context(), decision(1, left)); err != nil {
		t.Errorf("a run for all that is left, %s: %v", left, err)
	}
	if left = s.idle(p.c, time.Minute).Available; left < 0 {
		t.Errorf("%s are left", left)
	}
}
