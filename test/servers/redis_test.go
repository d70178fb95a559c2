package servers

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/redis/rueidis"
)

// ask sends a command to a Redis.
func ask(t *testing.T, address string, command ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	reply, err := redisAsk(ctx, address, command...)
	if err != nil && !rueidis.IsRedisNil(err) {
		t.Fatalf("%s: %v", command, err)
	}
	return reply
}

func ping(t *testing.T, address string) {
	t.Helper()
	if pong := ask(t, address, "PING"); pong != "PONG" {
		t.Fatal(pong)
	}
}

func TestRedisForgetsOnRestart(t *testing.T) {
	s := Redis(t)
	ask(t, s.Address(), "SET", "k", "v")
	address := s.Address()
	s.Kill()
	refuses(t, address)
	s.Kill() // once more does nothing
	s.Start()
	if s.Address() != address {
		t.Errorf("it was at %s and is at %s", address, s.Address())
	}
	if got := ask(t, address, "GET", "k"); got != "" {
		t.Errorf("it remembers %q", got)
	}
}

func TestRedisRemembersWhereItIsToldTo(t *testing.T) {
	s := NewRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	ask(t, s.Address(), "SET", "k", "v")
	s.Kill()
	s.Start()
	if got := ask(t, s.Address(), "GET", "k"); got != "v" {
		t.Errorf("got %q", got)
	}
}

func TestRedisMayWantAPassword(t *testing.T) {
	s := NewRedis(t, "--requirepass", "secret")
	if _, err := redisAsk(t.Context(), s.Address(), "PING"); err == nil || !strings.Contains(err.Error(), "NOAUTH") {
		t.Errorf("got %v", err)
	}
}

func TestRedisClusterTakesEveryKey(t *testing.T) {
	addresses := RedisCluster(t)
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: addresses[:1], DisableCache: true})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for i := range 100 {
		set := client.B().Set().Key(fmt.Sprintf("key%d", i)).Value("v").Build()
		if err := client.Do(t.Context(), set).Error(); err != nil {
			t.Fatal(err)
		}
	}
	for _, address := range addresses {
		if keyspace := ask(t, address, "INFO", "keyspace"); !strings.Contains(keyspace, "db0:keys=") {
			t.Errorf("%s has no keys: %s", address, keyspace)
		}
	}
}
