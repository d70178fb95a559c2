package servers

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// masters is the least number of which Redis makes a cluster.
const masters = 3

// slots are what the keys of a cluster are spread over.
const slots = 16384

// RedisCluster starts a cluster of three masters without replicas, and returns
// their addresses when it takes commands.
func RedisCluster(t T) []string {
	t.Helper()
	var addresses []string
	for range masters {
		addresses = append(addresses, clusterNode(t).Address())
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := joinCluster(ctx, addresses); err != nil {
		t.Fatalf("join the Redis cluster: %v", err)
	}
	return addresses
}

func clusterNode(t T) *Server {
	t.Helper()
	// The masters talk to each other at the port that is 10,000 higher. A busy
	// machine is no reason for them to believe that one of them is lost.
	return NewRedis(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "15000")
}

// joinCluster does what `redis-cli --cluster create` does for masters alone.
func joinCluster(ctx context.Context, addresses []string) error {
	for i, address := range addresses {
		first, last := i*slots/len(addresses), (i+1)*slots/len(addresses)-1
		for _, command := range [][]string{
			{"CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(first), strconv.Itoa(last)},
			{"CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i + 1)},
			{"CLUSTER", "MEET", "127.0.0.1", portOf(addresses[0])},
		} {
			if _, err := redisAsk(ctx, address, command...); err != nil {
				return fmt.Errorf("%s: %w", strings.Join(command, " "), err)
			}
		}
	}
	for _, address := range addresses {
		if err := awaitMember(ctx, address); err != nil {
			return err
		}
	}
	return nil
}

// awaitMember waits until a master knows the others and finds that all is well.
func awaitMember(ctx context.Context, address string) error {
	for {
		info, err := redisAsk(ctx, address, "CLUSTER", "INFO")
		if err != nil {
			return err
		}
		if strings.Contains(info, "cluster_state:ok\r\n") &&
			strings.Contains(info, fmt.Sprintf("cluster_known_nodes:%d\r\n", masters)) {
			return nil
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("%w; the last state:\n%s", err, info)
		}
	}
}

func portOf(address string) string {
	_, port, _ := strings.Cut(address, ":")
	return port
}
