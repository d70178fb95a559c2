package sandbox

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// launcher starts children, all on one thread that lives as long as they do: on Linux a
// child is told of the death of the thread that started it, and inherits that it can
// gain no privileges.
type launcher struct {
	command []string
	log     *slog.Logger
	first   func() // once, before the first child
	attrs   func(isolated bool) *syscall.SysProcAttr

	calls    chan func()
	thread   chan struct{} // closed when the thread has ended
	waiters  sync.WaitGroup
	isolated bool // used on the thread alone
}

// argument makes this executable a child. Nobody else passes it.
const argument = "sandbox-child"

// IsChild tells whether a command line, with the program's name, is that of a child.
func IsChild(args []string) bool { return len(args) > 1 && args[1] == argument }

var errNested = errors.New("a child has no children")

func newLauncher(command []string, log *slog.Logger) *launcher {
	l := &launcher{command: command, log: log, attrs: attributes, calls: make(chan func()), thread: make(chan struct{}), isolated: true}
	l.first = sync.OnceFunc(func() { go l.run() })
	return l
}

// run is the thread. It ends locked, so that the runtime ends the thread, too: what it
// has given up cannot be had back.
func (l *launcher) run() {
	defer close(l.thread)
	runtime.LockOSThread()
	renounce()
	keepFiles()
	for call := range l.calls {
		call()
	}
}

// start starts a child, with a network of its own where the kernel permits that.
func (l *launcher) start(ctx context.Context) (c *child, err error) {
	if IsChild(os.Args) {
		return nil, errNested
	}
	l.first()
	started := make(chan struct{})
	l.calls <- func() {
		defer close(started)
		was := l.isolated
		if c, err = l.exec(ctx); err != nil && l.isolated {
			l.isolated = false
			if c, err = l.exec(ctx); err != nil {
				l.isolated = true // that was not the reason
			}
		}
		if c != nil && was && !l.isolated {
			l.log.WarnContext(ctx, "the kernel gives sandbox children no network namespace of their own; all other limits hold")
		}
	}
	<-started
	return c, err
}

// exec starts a child, as l.isolated says.
func (l *launcher) exec(ctx context.Context) (*child, error) {
	path, args, err := l.program()
	if err != nil {
		return nil, err
	}
	toChild, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer toChild.Close() //nolint:errcheck // the child has its own
	out, fromChild, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	defer fromChild.Close()                                      //nolint:errcheck // the child has its own
	cmd := exec.CommandContext(context.WithoutCancel(ctx), path) //nolint:gosec // this executable, or what the composition root says
	cmd.Args, cmd.Env, cmd.Dir = args, []string{}, "/"
	cmd.Stdin, cmd.Stdout = toChild, fromChild // standard error is nobody's: it could hold the job's bytes
	cmd.SysProcAttr = l.attrs(l.isolated)
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, in.Close(), out.Close())
	}
	c := newChild(cmd, in, out)
	c.isolation.Network = l.isolated && namespaces
	l.waiters.Go(func() {
		_ = cmd.Wait() // the code says it
		c.code = cmd.ProcessState.ExitCode()
		close(c.exited)
	})
	return c, nil
}

// program is what a child runs.
func (l *launcher) program() (path string, args []string, err error) {
	if len(l.command) > 0 {
		return l.command[0], l.command, nil
	}
	path, err = executable()
	return path, []string{os.Args[0], argument}, err
}

// stop ends the thread when all children have ended.
func (l *launcher) stop() {
	l.waiters.Wait()
	l.first() // there may have been none
	close(l.calls)
	<-l.thread
}

// keepFiles sees to it that no child inherits a file that this process was started
// with; what it has opened itself is closed by an exec anyway.
func keepFiles() {
	open, err := os.ReadDir("/dev/fd")
	if err != nil {
		return
	}
	for _, entry := range open {
		if fd, err := strconv.Atoi(filepath.Base(entry.Name())); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
}
