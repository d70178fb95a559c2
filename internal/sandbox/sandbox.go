// Package sandbox runs parsers of foreign formats where they can do no harm: in
// children, which are this very executable, started again. A child has an empty
// environment, no files but two pipes to its parent, caps on memory, processor time
// and time, and where the kernel permits it no network and no way to privileges. It
// does one job after another; one that hangs, grows, crashes or talks nonsense is
// killed, and costs nobody else anything. A child never outlives its parent.
//
// A program that uses a [Pool] hands its command line to [IsChild] before anything
// else, and where that says so it becomes a child by [Serve]. So do test binaries, in
// TestMain.
package sandbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// What became of a job that has no answer. None of these errors holds anything of the
// job's bytes.
var (
	// ErrClosed: the pool was closed.
	ErrClosed = errors.New("sandbox: the pool is closed")
	// ErrBusy: the caller's context ended before a child was free.
	ErrBusy = errors.New("sandbox: no child was free in time")
	// ErrStart: no child could be started or made ready. It is not the job's fault.
	ErrStart = errors.New("sandbox: no child could be started")
	// ErrTooLarge: the request is larger than the pool takes.
	ErrTooLarge = errors.New("sandbox: the request is too large")
	// ErrCrashed: the child ended by itself, or was killed by somebody else.
	ErrCrashed = errors.New("sandbox: the child crashed")
	// ErrTimeout: the job took more time or more processor time than it may.
	ErrTimeout = errors.New("sandbox: the job took too long")
	// ErrMemory: the job took more memory than it may.
	ErrMemory = errors.New("sandbox: the job took too much memory")
	// ErrGarbage: the child answered with something else than an answer.
	ErrGarbage = errors.New("sandbox: the child answered nonsense")
)

// JobError is the error that a handler returned. The child lives on.
type JobError struct {
	// Text is the handler's, cut to 200 characters of printable ASCII. It came out of a
	// process that reads foreign bytes: show it to operators at most.
	Text string
}

func (e *JobError) Error() string { return "sandbox: the job failed: " + e.Text }

// Options change a pool. The zero value works.
type Options struct {
	// Children is how many jobs run at once, each in a child of its own; default 2.
	Children int
	// Memory caps what a child may have in memory, in bytes; default 512 MiB.
	Memory int64
	// CPU and Wall cap a job's processor time and time; default 20 s and 30 s.
	CPU, Wall time.Duration
	// Start caps how long a child may take to start, and to prepare for the first job of
	// a kind; default 60 s.
	Start time.Duration
	// MaxRequest and MaxAnswer bound what is sent each way, in bytes; default 32 MiB
	// and 16 MiB.
	MaxRequest, MaxAnswer int
	// Jobs is how many jobs a child does before another takes its place; default 100. So
	// does one whose memory has grown to half of its cap.
	Jobs int
	// Cache is a folder, by its whole path, for what children prepare, private to this user
	// ([UserCache]).
	// Empty: a temporary one, which Close removes; where that cannot be made, each child
	// prepares for itself.
	Cache string
	// Readable are files and folders, by their whole paths, that children may read, and
	// whose programs they may start; default: none. What is not there is left out.
	Readable []string
	// Command starts a child; default: this executable.
	Command []string
	// Log hears of children that were ended; default: nobody.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	o.Children = cmp.Or(o.Children, 2)
	o.Memory = cmp.Or(o.Memory, 512<<20)
	o.CPU, o.Wall, o.Start = cmp.Or(o.CPU, 20*time.Second), cmp.Or(o.Wall, 30*time.Second), cmp.Or(o.Start, time.Minute)
	o.MaxRequest, o.MaxAnswer = cmp.Or(o.MaxRequest, 32<<20), cmp.Or(o.MaxAnswer, 16<<20)
	o.Jobs = cmp.Or(o.Jobs, 100)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Pool is a few warm children. Any number of callers may use it at once.
type Pool struct {
	opts     Options
	launcher *launcher
	slots    chan struct{} // one token for each child that is in use
	prepare  chan struct{} // one token: a child at a time prepares, so that the others find its work in the cache
	closing  chan struct{}
	cache    func() string // opens it, once
	close    func() error

	temporary string          // the folder that Close removes, set by cache
	cached    map[string]bool // engines that were prepared into the cache; who has the token of prepare uses it

	mu     sync.Mutex
	idle   []*child // the one used last is the last
	closed bool
	users  sync.WaitGroup
}

// New makes a pool. It starts no child before the first job.
func New(opts Options) *Pool {
	opts = opts.withDefaults()
	p := &Pool{
		opts: opts, launcher: newLauncher(opts.Command, opts.Log),
		slots: make(chan struct{}, opts.Children), prepare: make(chan struct{}, 1), closing: make(chan struct{}),
		cached: map[string]bool{},
	}
	p.cache = sync.OnceValue(p.openCache)
	p.close = sync.OnceValue(p.shutDown)
	return p
}

// Do has a child do one job of a kind, and returns the answer of its handler. It ends
// with ctx. The error is one of this package's, a [*JobError], or the context's.
func (p *Pool) Do(ctx context.Context, kind string, request []byte) (answer []byte, err error) {
	if len(request) > p.opts.MaxRequest || len(kind) > maxKind {
		return nil, ErrTooLarge
	}
	work := func(c *child) (err error) {
		answer, err = p.do(ctx, c, kind, request)
		return err
	}
	if err = p.use(ctx, kind, work); errors.Is(err, errUntouched) {
		err = p.use(ctx, kind, work) // somebody had killed a child that waited
	}
	return answer, err
}

// Isolation starts a child, unless one is there, and returns what the system does for it.
func (p *Pool) Isolation(ctx context.Context) (is Isolation, err error) {
	err = p.use(ctx, "", func(c *child) error { is = c.isolation; return nil })
	return is, err
}

// use lends a child to work, and takes it back where it can do more.
func (p *Pool) use(ctx context.Context, kind string, work func(*child) error) error {
	if !p.enter() {
		return ErrClosed
	}
	defer p.users.Done()
	select {
	case p.slots <- struct{}{}:
	case <-p.closing:
		return ErrClosed
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrBusy, context.Cause(ctx))
	}
	defer func() { <-p.slots }()
	c, err := p.take(ctx)
	if err != nil {
		return err
	}
	err = work(c)
	if !p.give(c) {
		c.end()
		level := slog.LevelDebug // it had its number of jobs, or nobody waits any more
		if c.why != nil && ctx.Err() == nil {
			level = slog.LevelWarn
		}
		p.opts.Log.Log(ctx, level, "a sandbox child was ended", "job", kind, "child", c.pid, "error", c.why)
	}
	return err
}

// enter counts a user in, unless the pool is closed.
func (p *Pool) enter() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.users.Add(1)
	}
	return !p.closed
}

// take returns the child that was used last and lives, or a new one.
func (p *Pool) take(ctx context.Context) (*child, error) {
	for {
		c := p.pop()
		switch {
		case c == nil:
			return p.start(ctx)
		case c.lives():
			return c, nil
		default:
			c.end()
		}
	}
}

func (p *Pool) pop() *child {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	c := p.idle[n-1]
	p.idle = p.idle[:n-1]
	return c
}

// give takes a child back that can do another job.
func (p *Pool) give(c *child) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || c.retiring || c.why != nil {
		return false
	}
	p.idle = append(p.idle, c)
	return true
}

// Close ends all children, those that work included, and waits for them and for every
// caller of Do. It may be called more than once.
func (p *Pool) Close() error { return p.close() }

func (p *Pool) shutDown() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	close(p.closing)
	p.users.Wait()
	for c := p.pop(); c != nil; c = p.pop() {
		c.end()
	}
	p.launcher.stop()
	return p.removeCache()
}

// Isolation is what a system does for children beyond the caps that hold everywhere.
type Isolation struct {
	// Network: a child has a network of its own, with nobody in it.
	Network bool
	// Privileges: a child can gain no privileges, by no program that it might start.
	Privileges bool
	// Memory: the kernel refuses a child memory beyond its cap; elsewhere it watches itself.
	Memory bool
	// Files: a child can open no file but those of the cache, and look into no other
	// process.
	Files bool
}
