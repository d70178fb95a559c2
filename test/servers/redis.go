package servers

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"

	"github.com/redis/rueidis"
)

// Redis starts an empty Redis of the test's own, which keeps nothing over a
// restart.
func Redis(t T) *Server {
	t.Helper()
	return NewRedis(t)
}

// NewRedis starts a Redis with further arguments for redis-server, for instance
// "--appendonly", "yes". They win over those of [Redis].
func NewRedis(t T, args ...string) *Server {
	t.Helper()
	return newServer(t, redisKind(args...))
}

func redisKind(more ...string) kind {
	return kind{
		name: "redis", killing: syscall.SIGKILL,
		command: func(dir string, port int) ([]string, error) {
			path, err := program("redis-server")
			args := []string{
				path, "--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--dir", dir,
				"--save", "", "--appendonly", "no",
			}
			return append(args, more...), err
		},
		ready: func(ctx context.Context, s *Server) error {
			info, err := redisAsk(ctx, s.Address(), "INFO")
			if reply, ok := rueidis.IsRedisErr(err); ok && strings.HasPrefix(reply.Error(), "NOAUTH") {
				return nil // the test wanted a password
			}
			switch {
			case err != nil:
				return err
			case !strings.Contains(info, fmt.Sprintf("process_id:%d\r\n", s.process.cmd.Process.Pid)):
				return errOther
			case !strings.Contains(info, "\nloading:0\r\n"): // async_loading is something else
				return errors.New("it still reads its data")
			}
			return nil
		},
	}
}

// redisAsk sends one command and returns its answer, an error where it is one.
func redisAsk(ctx context.Context, address string, command ...string) (string, error) {
	client, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{address}, ForceSingleClient: true, DisableCache: true, DisableRetry: true,
		// The client says hello before it knows of a context.
		DialCtxFn: func(_ context.Context, address string, dialer *net.Dialer, _ *tls.Config) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, "tcp", address)
			if err == nil {
				context.AfterFunc(ctx, func() { _ = conn.Close() })
			}
			return conn, err
		},
	})
	if err != nil {
		return "", err
	}
	defer client.Close()
	return client.Do(ctx, client.B().Arbitrary(command...).Build()).ToString()
}
