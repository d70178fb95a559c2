package servers

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if ending := os.Getenv(childEnding); ending != "" {
		child(ending)
	}
	Main(m)
}

// script is a kind of server that is a shell script, which never answers.
func script(text string) kind {
	return kind{
		name:    "script",
		killing: syscall.SIGKILL,
		command: func(string, int) ([]string, error) { return []string{"sh", "-c", text}, nil },
		ready:   func(context.Context, *Server) error { return errors.New("no answer") },
	}
}

func TestAServerThatEndsEarlyIsTriedAgainAndShowsWhatItSaid(t *testing.T) {
	var ports []int
	broken := script("echo the disk is missing >&2; exit 1")
	command := broken.command
	broken.command = func(dir string, port int) ([]string, error) {
		ports = append(ports, port)
		return command(dir, port)
	}
	_, err := launch(t.Context(), broken)
	if !errors.Is(err, errEndedEarly) || !strings.Contains(err.Error(), "the disk is missing") {
		t.Errorf("got %v", err)
	}
	if len(ports) != 3 {
		t.Errorf("it was tried on the ports %v", ports)
	}
}

func TestAServerThatDoesNotBecomeReadyIsEnded(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	var process *process
	slow := script("echo still loading; while :; do sleep 1; done")
	slow.ready = func(_ context.Context, s *Server) error {
		process = s.process
		if strings.Contains(process.output.String(), "loading") {
			cancel(errors.New("enough"))
		}
		return errors.New("no answer")
	}
	_, err := launch(ctx, slow)
	if err == nil || !strings.Contains(err.Error(), "no answer") || !strings.Contains(err.Error(), "still loading") {
		t.Errorf("got %v", err)
	}
	<-process.ended
}

func TestAPortThatIsTakenMeanwhileIsReplaced(t *testing.T) {
	var ports []int
	late := redisKind()
	command := late.command
	late.command = func(dir string, port int) ([]string, error) {
		ports = append(ports, port)
		if len(ports) == 1 {
			listener, err := listen(localAddress(port))
			if err != nil {
				return nil, err
			}
			t.Cleanup(func() { _ = listener.Close() })
		}
		return command(dir, port)
	}
	s := newServer(t, late)
	if len(ports) != 2 || s.Address() != localAddress(ports[1]) {
		t.Errorf("tried %v, and took %s", ports, s.Address())
	}
	ping(t, s.Address())
}

// An answer at the port is not enough: it may be that of somebody else's server.
func TestAnotherServerIsNotTakenForThisOne(t *testing.T) {
	other := Redis(t)
	k := redisKind()
	s := &Server{kind: k, port: other.port, process: &process{cmd: Redis(t).process.cmd}}
	if err := k.ready(t.Context(), s); !errors.Is(err, errOther) {
		t.Errorf("got %v", err)
	}
	postgres, err := sharedPostgres()
	if err != nil {
		t.Fatal(err)
	}
	if err := postgresKind().ready(t.Context(), &Server{port: postgres.port, dir: t.TempDir()}); !errors.Is(err, errOther) {
		t.Errorf("got %v", err)
	}
}

func TestAServerOfTheTestEndsWithIt(t *testing.T) {
	var s *Server
	t.Run("inner", func(t *testing.T) { s = Redis(t) })
	refuses(t, s.Address())
	if _, err := os.Stat(s.dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its folder is still there: %v", err)
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	var out tail
	for range 100 {
		if n, err := out.Write([]byte(strings.Repeat("x", 1000))); n != 1000 || err != nil {
			t.Fatal(n, err)
		}
		if cap(out.text) > 4*tailSize {
			t.Fatalf("it holds %d bytes", cap(out.text))
		}
	}
	if _, err := out.Write([]byte("the end")); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); len(got) != tailSize || !strings.HasSuffix(got, "xthe end") {
		t.Errorf("kept %d bytes", len(got))
	}
}

func TestPortsLieBelowThoseOfOutgoingConnections(t *testing.T) {
	var ports []int
	for range 50 {
		port, err := freePort()
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, port)
	}
	if slices.Min(ports) < lowestPort || slices.Max(ports)+10_000 > 32767 || slices.Min(ports) == slices.Max(ports) {
		t.Error(ports)
	}
}

// refuses fails the test where somebody accepts connections.
func refuses(t *testing.T, address string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err == nil {
		_ = conn.Close()
		t.Errorf("%s accepts connections", address)
	} else if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Error(err)
	}
}

// eventually waits until a condition holds that another process brings about.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !holds() {
		if pause(ctx, 10*time.Millisecond) != nil {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}
