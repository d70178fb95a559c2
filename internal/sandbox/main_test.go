package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"dpp/internal/sandbox"
)

// TestMain makes this test's binary the children of its own pools, whatever else the
// tests want to start as a child, and the parent that a test kills.
func TestMain(m *testing.M) {
	switch {
	case sandbox.IsChild(os.Args):
		os.Exit(sandbox.Serve(os.Args, handlers()...))
	case len(os.Args) == 3 && os.Args[1] == "rogue":
		rogue(os.Args[2])
	case len(os.Args) == 3 && os.Args[1] == "parent":
		parent(os.Args[2])
	default:
		os.Exit(m.Run())
	}
}

// patience bounds how long a test waits.
const patience = time.Minute

// kept is memory that a child does not give back.
var kept [][]byte

// handlers are what children of these tests do.
func handlers() []sandbox.Handler {
	do := func(kind string, what func(request []byte) ([]byte, error)) sandbox.Handler {
		return sandbox.Handler{Kind: kind, Do: what}
	}
	text := func(format string, args ...any) ([]byte, error) { return fmt.Appendf(nil, format, args...), nil }
	return []sandbox.Handler{
		do("echo", func(request []byte) ([]byte, error) { return request, nil }),
		do("pid", func([]byte) ([]byte, error) { return text("%d", os.Getpid()) }),
		do("fail", func(request []byte) ([]byte, error) { return nil, errors.New(string(request)) }),
		do("surroundings", func([]byte) ([]byte, error) {
			dir, err := os.Getwd()
			return fmt.Appendf(nil, "%d variables in %s", len(os.Environ()), dir), err
		}),
		do("files", func([]byte) ([]byte, error) { return text("%s", strings.Join(openFiles(), " ")) }),
		do("dial", func(request []byte) ([]byte, error) {
			c, err := net.DialTimeout("tcp", string(request), patience)
			if err != nil {
				return text("unreachable")
			}
			return []byte("reached"), c.Close()
		}),
		do("hang", func(request []byte) ([]byte, error) {
			begin(request)
			select {}
		}),
		do("spin", func(request []byte) ([]byte, error) {
			begin(request)
			for {
				kept = nil
			}
		}),
		do("grow", func([]byte) ([]byte, error) { grow(); return nil, nil }),
		do("huge", func([]byte) ([]byte, error) {
			kept = append(kept, make([]byte, 1<<42))
			return nil, nil
		}),
		do("keep", func([]byte) ([]byte, error) {
			mapped(memory * 6 / 10)
			return text("%d", os.Getpid())
		}),
		do("map", func([]byte) ([]byte, error) { mapped(1 << 40); return nil, nil }),
		do("read", func(request []byte) ([]byte, error) {
			if _, err := os.ReadFile(string(request)); err != nil {
				return text("refused")
			}
			return text("read")
		}),
		do("limits", func([]byte) ([]byte, error) {
			var core, files unix.Rlimit
			err := errors.Join(unix.Getrlimit(unix.RLIMIT_CORE, &core), unix.Getrlimit(unix.RLIMIT_NOFILE, &files))
			return fmt.Appendf(nil, "core %d, files %d", core.Max, files.Max), err
		}),
		do("panic", func(request []byte) ([]byte, error) { panic(string(request)) }),
		do("exit", func([]byte) ([]byte, error) { os.Exit(0); return nil, nil }),
		do("killed", func([]byte) ([]byte, error) {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // until it arrives
		}),
		do("signals", func([]byte) ([]byte, error) {
			return []byte("survived"), errors.Join(syscall.Kill(os.Getpid(), syscall.SIGTERM), syscall.Kill(os.Getpid(), syscall.SIGINT))
		}),
		do("noise", func([]byte) ([]byte, error) {
			fmt.Println("a library that prints")
			return nil, nil
		}),
		do("large", func([]byte) ([]byte, error) { return make([]byte, 1<<20), nil }),
		{Kind: "unprepared", Prepare: func(string) error { return errors.New("no such engine") }},
		{Kind: "dead on arrival", Prepare: func(string) error { os.Exit(1); return nil }},
		{
			Kind:    "cached",
			Prepare: func(cache string) error { return os.WriteFile(cache+"/work", []byte("made once"), 0o600) },
			Do:      func([]byte) ([]byte, error) { return text("prepared") },
		},
		{Kind: "compiled", Engine: "compiler", Prepare: compile, Do: func([]byte) ([]byte, error) { return text("%d", os.Getpid()) }},
		{Kind: "compiled too", Engine: "compiler", Prepare: compile, Do: func([]byte) ([]byte, error) { return text("%d", os.Getpid()) }},
	}
}

// compile adds a line with this process to the cache.
func compile(cache string) error {
	file, err := os.OpenFile(cache+"/compiled", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(file, os.Getpid())
	return errors.Join(err, file.Close())
}

// begin makes a file in the cache that tells the test that the job has begun.
func begin(name []byte) {
	if len(name) > 0 {
		_ = os.WriteFile(string(name), []byte("begun"), 0o600)
	}
}

func touched(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = 1
	}
	return b
}

// mapped takes memory beside the heap, which the race detector shadows, 8 MiB at a time.
func mapped(n int) {
	const chunk = 8 << 20
	for ; n > 0; n -= chunk {
		more, err := unix.Mmap(-1, 0, min(n, chunk), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
		if err != nil {
			runtime.Gosched() // the kernel refuses more: whoever watches has seen that
			continue
		}
		for i := 0; i < len(more); i += 512 {
			more[i] = 1
		}
	}
}

func grow() {
	for {
		kept = append(kept, touched(8<<20))
	}
}

// openFiles names every file that this process has, as device and number.
func openFiles() []string {
	var open []string
	for fd := range 256 {
		var s unix.Stat_t
		if unix.Fstat(fd, &s) == nil {
			open = append(open, fmt.Sprintf("%d:%d", s.Dev, s.Ino))
		}
	}
	return open
}

// memory is what children of these tests may have. The race detector takes some.
const memory = 256 << 20

// newPool makes a pool that is closed at the end of the test, which must leave nothing
// behind.
func newPool(t *testing.T, opts sandbox.Options) *sandbox.Pool {
	t.Helper()
	if opts.Memory == 0 {
		opts.Memory = memory
	}
	before := goleak.IgnoreCurrent()
	p := sandbox.New(opts)
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		goleak.VerifyNone(t, before)
	})
	return p
}

func do(t *testing.T, p *sandbox.Pool, kind, request string) (string, error) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	answer, err := p.Do(ctx, kind, []byte(request))
	return string(answer), err
}

// answers has a pool do an easy job. Limits that are tight for the test may also be so
// for that job on a slow machine: then it is done again.
func answers(t *testing.T, p *sandbox.Pool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		answer, err := p.Do(ctx, "echo", []byte("still there"))
		if err == nil && string(answer) == "still there" {
			return
		}
		if ctx.Err() != nil || !errors.Is(err, sandbox.ErrTimeout) {
			t.Fatalf("the pool does no more: %q, %v", answer, err)
		}
	}
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	look, late := time.NewTicker(5*time.Millisecond), time.NewTimer(patience)
	defer look.Stop()
	defer late.Stop()
	for !holds() {
		select {
		case <-look.C:
		case <-late.C:
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// gone tells whether a process has ended. One that nobody has waited for yet counts.
func gone(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(stat), ") Z ")
}
