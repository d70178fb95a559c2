package servers

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// process is one life of a server.
type process struct {
	cmd    *exec.Cmd
	output *tail
	ended  chan struct{} // closed when it has, and has been waited for
}

// startProcess runs a program in dir, by way of a shell that first waits until the
// guard knows of it: there is no moment at which nobody would end it. killing is
// what the guard ends it with.
func startProcess(guard *guard, user *syscall.Credential, killing syscall.Signal, dir string, args []string) (*process, error) {
	p := &process{output: &tail{}, ended: make(chan struct{})}
	gated := append([]string{"-c", `read -r _ && exec "$@"`, "sh"}, args...)
	p.cmd = exec.CommandContext(context.Background(), "sh", gated...) // its life is the owner's affair
	p.cmd.Dir, p.cmd.Env = dir, environment(dir)
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.cmd.WaitDelay = time.Second // a child of the server may hold the output open
	// A group of its own: the terminal's signals are for the tests.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: user}
	gate, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	pid := p.cmd.Process.Pid
	err = guard.watch(pid, killing)
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // how it ended is seen from its output
		guard.unwatch(pid)
	}()
	if err == nil {
		_, err = gate.Write([]byte("\n"))
	}
	return p, errors.Join(err, gate.Close())
}

// end sends a signal and waits until the process is gone, for which it has 30 s.
func (p *process) end(signal syscall.Signal) {
	_ = p.cmd.Process.Signal(signal)
	patience := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
	defer patience.Stop()
	<-p.ended
}

// environment is what a program sees instead of the tests' own, which might say
// anything. PostgreSQL for macOS insists on a locale.
func environment(dir string) []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir, "LC_ALL=C"}
}
