package redisgate_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"dpp/internal/gate"
	"dpp/internal/gate/gatetest"
	"dpp/internal/gate/redisgate"
	"dpp/test/servers"
)

func TestMain(m *testing.M) { servers.Main(m) }

// patience is for what must happen, however busy the machine is.
const patience = 30 * time.Second

// hand is a clock that stands still until it is moved.
type hand struct {
	mu  sync.Mutex
	now time.Time
}

func newHand() *hand { return &hand{now: time.Now()} }

func (h *hand) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hand) Advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

var prefixes atomic.Int64

// newPrefix keeps gates apart that share a Redis.
func newPrefix() string { return fmt.Sprintf("test%d:", prefixes.Add(1)) }

// open opens a gate that is closed with the test.
func open(t testing.TB, url string, opts redisgate.Options) *redisgate.Gate {
	t.Helper()
	if opts.Timeout == 0 {
		opts.Timeout = patience
	}
	g, err := redisgate.Open(t.Context(), url, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// urlOf is a URL with all the nodes.
func urlOf(nodes ...string) string {
	return "redis://" + strings.Replace(strings.Join(nodes, "&addr="), "&", "?", 1)
}

// connect gives a client of the test's own.
func connect(t testing.TB, addresses ...string) rueidis.Client {
	t.Helper()
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: addresses, DisableCache: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// command has every node carry out a command.
func command(t testing.TB, client rueidis.Client, words ...string) (answer string) {
	t.Helper()
	for _, node := range client.Nodes() {
		message, err := node.Do(t.Context(), node.B().Arbitrary(words...).Build()).ToMessage()
		if err != nil {
			t.Fatalf("%s: %v", words, err)
		}
		answer = message.String()
	}
	return answer
}

func contract(t *testing.T, url string) {
	clock := newHand()
	gatetest.Run(t, gatetest.Harness{
		Open: func(t *testing.T) gate.Gate {
			g, err := redisgate.Open(t.Context(), url, redisgate.Options{Prefix: newPrefix(), Timeout: patience, Clock: clock.Now})
			if err != nil {
				t.Fatal(err)
			}
			return g
		},
		Advance: clock.Advance,
		Money:   true,
	})
}

func TestContract(t *testing.T) { contract(t, "redis://"+servers.Redis(t).Address()) }

func TestCluster(t *testing.T) {
	nodes := servers.RedisCluster(t)
	t.Run("contract", func(t *testing.T) { contract(t, urlOf(nodes...)) })
	t.Run("scripts are loaded again", func(t *testing.T) { testScriptsAreLoadedAgain(t, nodes...) })
	t.Run("one node is told, all are used", func(t *testing.T) { testTenants(t, nodes) })
	t.Run("nodes that hang", func(t *testing.T) { testHangingCluster(t, nodes) })
	t.Run("a node that is lost", func(t *testing.T) { testLostNode(t, nodes) }) // the last: it does not come back
}
