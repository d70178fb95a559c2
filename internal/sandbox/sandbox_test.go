package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"dpp/internal/sandbox"
)

func TestAJobIsDone(t *testing.T) {
	p := newPool(t, sandbox.Options{})
	large := strings.Repeat("0123456789abcdef", 1<<16)
	for _, request := range []string{"", "one", "\x00\n\xff", large} {
		if got, err := do(t, p, "echo", request); err != nil || got != request {
			t.Errorf("%d bytes came back as %d, %v", len(request), len(got), err)
		}
	}
}

func TestAHandlersErrorIsBoundedAndShowable(t *testing.T) {
	p := newPool(t, sandbox.Options{Children: 1})
	before, err := do(t, p, "pid", "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = do(t, p, "fail", "what\nis\x1b[2J \xff"+strings.Repeat("long", 1000))
	var failed *sandbox.JobError
	if !errors.As(err, &failed) || len(failed.Text) != 200 || !strings.HasPrefix(failed.Text, "what?is?[2J ?long") {
		t.Errorf("got %v", err)
	}
	if _, err = do(t, p, "no such kind", ""); !errors.As(err, &failed) {
		t.Errorf("an unknown kind: %v", err)
	}
	if after, err := do(t, p, "pid", ""); err != nil || after != before {
		t.Errorf("an error cost the child: %s, then %s, %v", before, after, err)
	}
}

// TestAPoisonedJobCostsOneChild: whatever a job does to its child, the caller hears
// what it was, and the pool goes on.
func TestAPoisonedJobCostsOneChild(t *testing.T) {
	for kind, want := range map[string]error{
		"hang": sandbox.ErrTimeout, "panic": sandbox.ErrCrashed, "exit": sandbox.ErrCrashed, "killed": sandbox.ErrCrashed, "noise": sandbox.ErrGarbage,
	} {
		t.Run(kind, func(t *testing.T) {
			opts := sandbox.Options{Children: 1}
			if kind == "hang" {
				opts.Wall = 300 * time.Millisecond
			}
			p := newPool(t, opts)
			secret := ""
			if kind == "panic" {
				secret = "what the job was about"
			}
			_, err := do(t, p, kind, secret)
			if !errors.Is(err, want) || secret != "" && strings.Contains(err.Error(), secret) {
				t.Errorf("got %v, want %v", err, want)
			}
			answers(t, p)
		})
	}
}

func TestAJobThatSpinsIsEnded(t *testing.T) {
	p := newPool(t, sandbox.Options{Children: 1, CPU: 300 * time.Millisecond, Wall: patience})
	if _, err := do(t, p, "spin", ""); !errors.Is(err, sandbox.ErrTimeout) {
		t.Errorf("got %v", err)
	}
	answers(t, p)
}

func TestAJobThatGrowsIsEnded(t *testing.T) {
	p := newPool(t, sandbox.Options{Children: 1})
	// The kernel may refuse before anybody has looked: then it is a crash.
	if _, err := do(t, p, "grow", ""); !errors.Is(err, sandbox.ErrMemory) && !errors.Is(err, sandbox.ErrCrashed) {
		t.Errorf("grow: %v", err)
	}
	if _, err := do(t, p, "huge", ""); !errors.Is(err, sandbox.ErrMemory) && !errors.Is(err, sandbox.ErrCrashed) {
		t.Errorf("huge: %v", err)
	}
	answers(t, p)
}

func TestAChildHasNothing(t *testing.T) {
	t.Setenv("DPP_SECRET", "hush")
	file := filepath.Join(t.TempDir(), "open")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	fd, err := syscall.Open(file, syscall.O_RDONLY, 0) // as this process may have been started with
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd) //nolint:errcheck // it was read from by nobody
	p := newPool(t, sandbox.Options{Children: 1})
	if got, err := do(t, p, "surroundings", ""); err != nil || got != "0 variables in /" {
		t.Errorf("%s, %v", got, err)
	}
	open, err := do(t, p, "files", "")
	if err != nil {
		t.Fatal(err)
	}
	var s unix.Stat_t
	if err := unix.Fstat(fd, &s); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(open, fmt.Sprintf("%d:%d", s.Dev, s.Ino)) {
		t.Errorf("a file of the parent is among %s", open)
	}
}

func TestAChildHasNoNetworkWhereTheKernelPermits(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	p := newPool(t, sandbox.Options{Children: 1})
	is, err := p.Isolation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("here a child has %+v", is)
	want := "reached"
	if is.Network {
		want = "unreachable"
	}
	if got, err := do(t, p, "dial", l.Addr().String()); err != nil || got != want {
		t.Errorf("%s, %v: want %s", got, err, want)
	}
}

// TestAChildSeesNothingWhereTheKernelPermits: neither the files of its user, nor the
// environment of its parent.
func TestAChildSeesNothingWhereTheKernelPermits(t *testing.T) {
	cache, shown, elsewhere := t.TempDir(), t.TempDir(), t.TempDir()
	for _, dir := range []string{cache, shown, elsewhere} {
		if err := os.WriteFile(filepath.Join(dir, "file"), []byte("hush"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := newPool(t, sandbox.Options{Children: 1, Cache: cache, Readable: []string{shown, "/nowhere", "/etc/passwd"}})
	is, err := p.Isolation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(cache, "file"): "read", filepath.Join(shown, "file"): "read", filepath.Join(elsewhere, "file"): "refused", fmt.Sprintf("/proc/%d/environ", os.Getpid()): "refused",
	} {
		if got, err := do(t, p, "read", path); err != nil || got != want && is.Files {
			t.Errorf("%s: %s, %v, want %s", path, got, err, want)
		}
	}
}

// TestSignalsOfATerminalAreTheParents: a service manager tells every process of a
// service to stop; the parent then still needs its children.
func TestSignalsOfATerminalAreTheParents(t *testing.T) {
	p := newPool(t, sandbox.Options{})
	if got, err := do(t, p, "signals", ""); err != nil || got != "survived" {
		t.Errorf("%s, %v", got, err)
	}
}

func TestWhatIsTooLargeIsRefused(t *testing.T) {
	p := newPool(t, sandbox.Options{MaxRequest: 100, MaxAnswer: 1000})
	if _, err := do(t, p, "echo", strings.Repeat("x", 101)); !errors.Is(err, sandbox.ErrTooLarge) {
		t.Errorf("a large request: %v", err)
	}
	if got, err := do(t, p, "echo", strings.Repeat("x", 100)); err != nil || len(got) != 100 {
		t.Errorf("the largest request: %d bytes, %v", len(got), err)
	}
	if _, err := do(t, p, strings.Repeat("k", 65), ""); !errors.Is(err, sandbox.ErrTooLarge) {
		t.Errorf("a long kind: %v", err)
	}
	var failed *sandbox.JobError
	if _, err := do(t, p, "large", ""); !errors.As(err, &failed) {
		t.Errorf("a large answer: %v", err)
	}
}

func TestAChildIsReplaced(t *testing.T) {
	p := newPool(t, sandbox.Options{Children: 1, Jobs: 3})
	var pids []string
	for range 7 {
		pid, err := do(t, p, "pid", "")
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	if pids[0] != pids[2] || pids[2] == pids[3] || pids[3] != pids[5] || pids[5] == pids[6] {
		t.Errorf("three jobs each: %v", pids)
	}
	p = newPool(t, sandbox.Options{Children: 1})
	fat, err := do(t, p, "keep", "")
	if err != nil {
		t.Fatal(err)
	}
	if slim, err := do(t, p, "pid", ""); err != nil || slim == fat {
		t.Errorf("%s had grown and did another job, %v", fat, err)
	}
}

func TestAChildThatDiedWhileItWaitedCostsNothing(t *testing.T) {
	p := newPool(t, sandbox.Options{Children: 1})
	for range 5 {
		pid, err := do(t, p, "pid", "")
		if err != nil {
			t.Fatal(err)
		}
		n, err := strconv.Atoi(pid)
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(n, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	answers(t, p)
}

func TestPreparing(t *testing.T) {
	p := newPool(t, sandbox.Options{})
	for range 3 {
		if got, err := do(t, p, "cached", ""); err != nil || got != "prepared" {
			t.Errorf("%s, %v", got, err)
		}
	}
	for _, kind := range []string{"unprepared", "dead on arrival"} {
		if _, err := do(t, p, kind, ""); !errors.Is(err, sandbox.ErrStart) || errors.Is(err, sandbox.ErrCrashed) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	answers(t, p)
}

// What has to be compiled a child compiles that does no job, once, whatever kinds need it.
func TestACompilerDoesNoJobs(t *testing.T) {
	cache := t.TempDir()
	p := newPool(t, sandbox.Options{Children: 1, Cache: cache})
	for _, kind := range []string{"compiled", "compiled too", "compiled", "echo"} {
		if err := p.Prepare(t.Context(), kind); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	worker, err := do(t, p, "compiled", "")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := do(t, p, "compiled too", ""); err != nil || again != worker {
		t.Errorf("%s, %v, want %s", again, err, worker)
	}
	by, err := os.ReadFile(cache + "/compiled")
	if lines := strings.Fields(string(by)); err != nil || len(lines) != 2 || lines[0] == worker || lines[1] != worker {
		t.Errorf("compiled by %q, %v; want one that is gone, and %s", lines, err, worker)
	}
	for _, kind := range []string{"unprepared", "dead on arrival"} {
		if err := p.Prepare(t.Context(), kind); !errors.Is(err, sandbox.ErrStart) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := p.Prepare(t.Context(), "compiled"); !errors.Is(err, sandbox.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

func TestManyJobsOnAFewChildren(t *testing.T) {
	p := newPool(t, sandbox.Options{Children: 3, Jobs: 20})
	var callers sync.WaitGroup
	for caller := range 8 {
		callers.Go(func() {
			for i := range 25 {
				if caller == 0 && i%5 == 0 {
					if _, err := do(t, p, "panic", ""); !errors.Is(err, sandbox.ErrCrashed) {
						t.Errorf("a poisoned job: %v", err)
					}
				}
				want := fmt.Sprintf("%d of %d", i, caller)
				if got, err := do(t, p, "echo", want); err != nil || got != want {
					t.Errorf("got %q, %v, want %q", got, err, want)
				}
			}
		})
	}
	callers.Wait()
}

func TestACallerThatLeaves(t *testing.T) {
	cache := t.TempDir()
	p := newPool(t, sandbox.Options{Children: 1, Cache: cache})
	begun := filepath.Join(cache, "begun")
	working, leave := context.WithCancel(t.Context())
	var first error
	var callers sync.WaitGroup
	callers.Go(func() { _, first = p.Do(working, "hang", []byte(begun)) })
	eventually(t, "the job begins", func() bool { return exists(begun) })
	waiting, giveUp := context.WithCancel(t.Context())
	giveUp()
	if _, err := p.Do(waiting, "echo", nil); !errors.Is(err, sandbox.ErrBusy) || !errors.Is(err, context.Canceled) {
		t.Errorf("while the only child works: %v", err)
	}
	leave()
	callers.Wait()
	if !errors.Is(first, context.Canceled) {
		t.Errorf("whoever left hears %v", first)
	}
	answers(t, p)
}

func TestCloseEndsEverything(t *testing.T) {
	dir := t.TempDir()
	p := newPool(t, sandbox.Options{Children: 2, Cache: dir})
	errs := make([]error, 4)
	var callers sync.WaitGroup
	for i := range errs {
		callers.Go(func() { _, errs[i] = do(t, p, "hang", filepath.Join(dir, strconv.Itoa(i))) })
	}
	eventually(t, "two jobs begin", func() bool {
		begun, err := os.ReadDir(dir)
		return err == nil && len(begun) == 2
	})
	if err := errors.Join(p.Close(), p.Close()); err != nil {
		t.Error(err)
	}
	callers.Wait()
	for _, err := range errs {
		if !errors.Is(err, sandbox.ErrClosed) {
			t.Errorf("a job under way: %v", err)
		}
	}
	if _, err := do(t, p, "echo", ""); !errors.Is(err, sandbox.ErrClosed) {
		t.Errorf("a job afterwards: %v", err)
	}
}

func TestAPoolThatNobodyUsed(t *testing.T) { newPool(t, sandbox.Options{}) }

func TestAProgramThatIsNotThere(t *testing.T) {
	p := newPool(t, sandbox.Options{Command: []string{filepath.Join(t.TempDir(), "nothing")}})
	if _, err := do(t, p, "echo", ""); !errors.Is(err, sandbox.ErrStart) {
		t.Errorf("got %v", err)
	}
}
