package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/go-json-experiment/json"
)

// child is a child as its parent sees it. One caller at a time uses it.
type child struct {
	pid       int
	process   *os.Process
	in, out   *os.File // to the child, and from it
	exited    chan struct{}
	code      int // set before exited is closed
	gauge     *gauge
	isolation Isolation
	engines   map[string]string // by kind of jobs; none: there is nothing to prepare
	prepared  map[string]bool   // engines
	retiring  bool              // it wants no more jobs
	why       error             // nil, or why it cannot be used any more

	kill func() // may be called more than once, and from anywhere
}

func newChild(cmd *exec.Cmd, in, out *os.File) *child {
	c := &child{pid: cmd.Process.Pid, process: cmd.Process, in: in, out: out, exited: make(chan struct{}), gauge: newGauge(cmd.Process.Pid), prepared: map[string]bool{}}
	c.kill = sync.OnceFunc(func() {
		_ = c.process.Kill() // it may have ended already
		// Whatever the child has given its pipes to, nobody here waits for it.
		past := time.Unix(1, 0)
		_, _ = c.in.SetDeadline(past), c.out.SetDeadline(past)
	})
	return c
}

func (c *child) lives() bool {
	select {
	case <-c.exited:
		return false
	default:
		return true
	}
}

// end kills the child, waits for its end, and closes its pipes.
func (c *child) end() {
	c.kill()
	<-c.exited
	_, _ = c.in.Close(), c.out.Close()
	c.gauge.close()
}

// setup is what a child is told first.
type setup struct {
	Protocol  int      `json:"protocol"`
	Memory    int64    `json:"memory"`
	CPU       int64    `json:"cpu_ns"`
	Jobs      int      `json:"jobs"`
	MaxJob    int      `json:"max_job"`
	MaxAnswer int      `json:"max_answer"`
	Cache     string   `json:"cache"`
	Readable  []string `json:"readable"`
}

// ready is what it answers.
type ready struct {
	Protocol   int  `json:"protocol"`
	Privileges bool `json:"privileges"`
	Memory     bool `json:"memory"`
	Files      bool `json:"files"`
	// Engines are those that kinds of jobs need to be prepared, by kind.
	Engines map[string]string `json:"engines"`
}

// protocol is the version of what is said here. It tells a binary that was replaced
// while its parent ran.
const protocol = 2

// maxReady bounds a ready frame.
const maxReady = 4 << 10

// start makes a child that is ready for its first job.
func (p *Pool) start(ctx context.Context) (*child, error) {
	c, err := p.launcher.start(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStart, err)
	}
	err = p.guarded(ctx, c, func(func()) error { return c.greet(p.setup()) })
	if err != nil {
		c.end()
		return nil, beforeJob(err)
	}
	return c, nil
}

// errUntouched: a child had ended before it had seen anything of the job.
var errUntouched = fmt.Errorf("%w: it ended before the job began", ErrStart)

// beforeJob is a child's failure before the job began, which is not the job's.
func beforeJob(err error) error {
	switch {
	case errors.Is(err, ErrCrashed):
		return errUntouched
	case errors.Is(err, ErrMemory), errors.Is(err, ErrTimeout), errors.Is(err, ErrGarbage):
		return fmt.Errorf("%w: %s", ErrStart, err.Error())
	default:
		return err
	}
}

func (p *Pool) setup() setup {
	return setup{
		Protocol: protocol, Memory: p.opts.Memory, CPU: int64(p.opts.CPU), Jobs: p.opts.Jobs,
		MaxJob: p.opts.MaxRequest + 1 + maxKind, MaxAnswer: p.opts.MaxAnswer, Cache: p.cache(),
		Readable: p.opts.Readable,
	}
}

// greet tells the child its limits, and hears that they hold.
func (c *child) greet(s setup) error {
	body, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := writeFrame(c.in, frameSetup, body); err != nil {
		return c.died(err)
	}
	f, err := c.hear(maxReady, frameReady)
	if err != nil {
		return err
	}
	var r ready
	if err := json.Unmarshal(f.body, &r); err != nil || r.Protocol != protocol {
		return ErrGarbage
	}
	c.isolation.Privileges, c.isolation.Memory, c.isolation.Files = r.Privileges, r.Memory, r.Files
	c.engines = r.Engines
	return nil
}

// do has the child do one job.
func (p *Pool) do(ctx context.Context, c *child, kind string, request []byte) (answer []byte, err error) {
	prepared := func() {}
	if engine := c.engines[kind]; engine != "" && !c.prepared[engine] {
		if err := p.await(ctx); err != nil {
			return nil, err
		}
		prepared = sync.OnceFunc(func() { <-p.prepare })
		if err := p.compiled(ctx, engine, kind); err != nil {
			prepared()
			return nil, err
		}
	}
	begun := false
	defer prepared()
	err = p.guarded(ctx, c, func(accepted func()) error {
		answer, err = c.work(kind, request, p.opts.MaxAnswer, func() {
			begun, c.prepared[c.engines[kind]] = true, true
			prepared()
			accepted()
		})
		return err
	})
	if !begun {
		err = beforeJob(err)
	}
	return answer, err
}

// work hands the job over and hears what comes of it.
func (c *child) work(kind string, request []byte, maxAnswer int, accepted func()) ([]byte, error) {
	name := append([]byte{byte(len(kind))}, kind...) //nolint:gosec // Do bounds it
	if err := writeFrame(c.in, frameJob, name, request); err != nil {
		return nil, c.died(err)
	}
	f, err := c.hear(1+maxText, frameAccepted, frameFailure)
	if err != nil {
		return nil, err
	}
	if f.kind == frameFailure {
		return nil, fmt.Errorf("%w: %s", ErrStart, sayable(f.body[min(1, len(f.body)):]))
	}
	accepted()
	f, err = c.hear(1+maxAnswer, frameAnswer, frameFailure)
	if err != nil {
		return nil, err
	}
	if len(f.body) == 0 || f.body[0] != goesOn && f.body[0] != retires {
		return nil, ErrGarbage
	}
	c.retiring = f.body[0] == retires
	if f.kind == frameFailure {
		return nil, &JobError{Text: sayable(f.body[1:])}
	}
	return f.body[1:], nil
}

// hear reads a frame of one of these kinds. An error is why the child is of no use.
func (c *child) hear(limit int, kinds ...frameKind) (frame, error) {
	f, err := readFrame(c.out, limit)
	if errors.Is(err, errFrameKind) || errors.Is(err, errFrameSize) {
		return frame{}, ErrGarbage
	}
	if err != nil {
		return frame{}, c.died(err)
	}
	for _, kind := range kinds {
		if f.kind == kind {
			return f, nil
		}
	}
	return frame{}, ErrGarbage
}

// dying is how long a child may take to end that has closed its pipe.
const dying = time.Second

// died tells why the pipe to the child broke.
func (c *child) died(err error) error {
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, syscall.EPIPE) {
		return err // of a deadline: whoever killed the child knows better
	}
	timer := time.NewTimer(dying)
	defer timer.Stop()
	select {
	case <-c.exited:
	case <-timer.C:
		return ErrGarbage
	}
	switch c.code {
	case exitMemory:
		return ErrMemory
	case exitCPU:
		return ErrTimeout
	default:
		return ErrCrashed
	}
}

// maxText bounds the text of a handler's error.
const maxText = 200

// sayable is the text of a handler's error as it may be shown: it comes from a process
// that nobody trusts.
func sayable(text []byte) string {
	said := make([]byte, 0, maxText)
	for _, b := range text[:min(len(text), maxText)] {
		if b < ' ' || b > '~' {
			b = '?'
		}
		said = append(said, b)
	}
	return string(said)
}
