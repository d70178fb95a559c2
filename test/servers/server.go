package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"
)

// Main runs a package's tests and ends the shared servers before the process ends:
//
//	func TestMain(m *testing.M) { servers.Main(m) }
//
// Without it they end right after the process.
func Main(m *testing.M) {
	code := m.Run()
	if guard, err := theGuard(); err == nil {
		_ = guard.close() // what a server's end was like does not change what the tests found
	}
	os.Exit(code)
}

// patience bounds how long a server may take to start, and to stop.
const patience = 30 * time.Second

// kind says how servers of one kind are run.
type kind struct {
	name string
	user *syscall.Credential // who runs it; nil: whoever runs the tests
	// command is the program and its arguments, to listen on port and to keep its
	// data in dir, which is its own.
	command func(dir string, port int) ([]string, error)
	// ready returns nil once this server, and no other, answers at its address.
	ready func(ctx context.Context, s *Server) error
	// killing ends a server at once with all its children.
	killing syscall.Signal
}

var (
	errEndedEarly = errors.New("it ended before it was ready")
	errOther      = errors.New("another server answers at this port")
)

// Server is one running process. Its methods are for one goroutine at a time.
type Server struct {
	t       T // nil: shared by all tests
	kind    kind
	dir     string
	port    int
	process *process
}

// newServer starts a server that ends with the test.
func newServer(t T, k kind) *Server {
	t.Helper()
	s, err := launch(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	s.t = t
	t.Cleanup(func() {
		s.Kill()
		if err := os.RemoveAll(s.dir); err != nil {
			t.Error(err)
		}
	})
	return s
}

// launch starts a server on a free port. Another process may take the port before
// the server does, so several are tried.
func launch(ctx context.Context, k kind) (*Server, error) {
	guard, err := theGuard()
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		s := &Server{kind: k}
		if s.dir, err = guard.folder(k.name, k.user); err != nil {
			return nil, err
		}
		if s.port, err = freePort(); err != nil {
			return nil, err
		}
		if err = s.run(ctx); err == nil {
			return s, nil
		}
		err = errors.Join(err, os.RemoveAll(s.dir))
		if !errors.Is(err, errEndedEarly) || try == 3 {
			return nil, err
		}
	}
}

// Address is where the server listens, "127.0.0.1:port", the same over restarts.
func (s *Server) Address() string { return localAddress(s.port) }

// PID is the number of the server's process, of its first where it has several.
func (s *Server) PID() int { return s.process.cmd.Process.Pid }

// Kill ends the server at once, with SIGKILL, and waits until it is gone. It does
// nothing where the server has ended already.
func (s *Server) Kill() { s.process.end(s.kind.killing) }

// Start starts the server again, on the same port and data, and waits until it is
// ready. It fails the test where that takes more than 30 s.
func (s *Server) Start() {
	s.t.Helper()
	if !s.ended() {
		s.t.Fatalf("start %s: it runs already", s.kind.name)
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	for {
		err := s.run(ctx)
		if err == nil {
			return
		}
		// Somebody may hold the port for a moment.
		if !errors.Is(err, errEndedEarly) || pause(ctx, 200*time.Millisecond) != nil {
			s.t.Fatal(err)
		}
	}
}

// run starts the process and returns when it is ready.
func (s *Server) run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	guard, err := theGuard()
	if err != nil {
		return err
	}
	args, err := s.kind.command(s.dir, s.port)
	if err != nil {
		return err
	}
	process, err := startProcess(guard, s.kind.user, s.kind.killing, s.dir, args)
	if err != nil {
		return fmt.Errorf("start %s: %w", s.kind.name, err)
	}
	s.process = process
	go func() { // it ends with the context
		select {
		case <-process.ended:
			cancel() // nobody else's answer is waited for
		case <-ctx.Done():
		}
	}()
	if err := s.awaitReady(ctx); err != nil {
		s.Kill()
		return fmt.Errorf("start %s: %w; it says:\n%s", s.kind.name, err, process.output)
	}
	return nil
}

func (s *Server) awaitReady(ctx context.Context) error {
	for {
		attempt, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := s.kind.ready(attempt, s)
		cancel()
		late := err != nil && pause(ctx, 5*time.Millisecond) != nil
		switch {
		case s.ended():
			return errEndedEarly
		case err == nil:
			return nil
		case late:
			return fmt.Errorf("not ready in time: %w", err)
		}
	}
}

func (s *Server) ended() bool {
	select {
	case <-s.process.ended:
		return true
	default:
		return false
	}
}

// pause waits, and returns an error where the context ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
