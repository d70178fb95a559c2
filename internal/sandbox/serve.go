package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/go-json-experiment/json"
)

// Handler does one kind of job, on the child's side.
type Handler struct {
	// Kind is the job's name, of at most 64 bytes.
	Kind string
	// Prepare is called once, before the first job of the kind, and has the time of a
	// start. cache is a folder for what other children can use again, or empty: a child that
	// ends after it fills the cache first, so that none that does jobs has to.
	// Nil: there is nothing to prepare.
	Prepare func(cache string) error
	// Engine names what is prepared, where several kinds share that; default: the kind's name.
	Engine string
	// Do does a job. Its error goes to the parent as a text, which must not hold anything
	// of the request. After a panic the child is gone.
	Do func(request []byte) (answer []byte, err error)
}

// Exit codes of a child that ends itself.
const (
	exitDone   = 0
	exitUsage  = 2
	exitMemory = 83
	exitCPU    = 84
)

const byHand = "dpp sandbox-child is how dpp starts itself for the parsers of foreign files; it is not for use by hand"

// Serve is a child's life: it does the jobs that arrive on standard input, until that
// ends. It returns the exit code. args is the command line.
func Serve(args []string, handlers ...Handler) int {
	info, err := os.Stdin.Stat()
	if len(args) != 2 || err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		_, _ = fmt.Fprintln(os.Stderr, byHand)
		return exitUsage
	}
	// The parent alone says when a child ends: it still needs it while it shuts down.
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	s, err := hearSetup(os.Stdin)
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, byHand)
		return exitUsage
	}
	d := &duty{setup: s, own: newGauge(os.Getpid()), out: os.Stdout, handlers: map[string]*Handler{}, engines: map[string]string{}, prepared: map[string]bool{}}
	for i := range handlers {
		d.add(&handlers[i])
	}
	if err := d.confine(); err != nil {
		return exitUsage
	}
	for f := range listen(os.Stdin, s.MaxJob) {
		serve := d.serve
		if f.kind == framePrepare {
			serve = d.prepareOnly
		}
		if err := serve(f.body); err != nil {
			return exitUsage
		}
	}
	return exitDone
}

// maxSetup bounds a setup frame: most of it is the path of the cache.
const maxSetup = 8 << 10

func hearSetup(in io.Reader) (s setup, err error) {
	f, err := readFrame(in, maxSetup)
	if err == nil && f.kind == frameSetup {
		err = json.Unmarshal(f.body, &s)
	}
	if err == nil && s.Protocol != protocol {
		err = errFrameKind
	}
	return s, err
}

// listen reads jobs. It goes on reading while one is done, so that the child sees the
// end of its parent, whatever it is doing, and ends.
func listen(in io.Reader, limit int) <-chan frame {
	jobs := make(chan frame, 1) // the parent sends one at a time
	go func() {
		for {
			f, err := readFrame(in, limit)
			if err != nil || f.kind != frameJob && f.kind != framePrepare {
				os.Exit(exitDone)
			}
			jobs <- f
		}
	}()
	return jobs
}

// duty is a child's side of the talk.
type duty struct {
	setup    setup
	own      *gauge
	out      io.Writer
	handlers map[string]*Handler
	engines  map[string]string // by kind
	prepared map[string]bool   // engines
	done     int               // jobs
}

func (d *duty) add(h *Handler) {
	d.handlers[h.Kind] = h
	if h.Prepare != nil {
		d.engines[h.Kind] = cmp.Or(h.Engine, h.Kind)
	}
}

// prepare prepares what a kind of jobs needs, unless that is done or there is nothing.
func (d *duty) prepare(kind string) error {
	engine := d.engines[kind]
	if engine == "" || d.prepared[engine] {
		return nil
	}
	if err := d.handlers[kind].Prepare(d.setup.Cache); err != nil {
		return err
	}
	d.prepared[engine] = true
	return nil
}

// prepareOnly prepares what a kind of jobs needs, and says so. An error is one of the pipe.
func (d *duty) prepareOnly(kind []byte) error {
	// Compilers leave more garbage than they need memory; with less of it this child stays
	// near what they need, and ends when it is done.
	const compiling = 280 << 20
	debug.SetMemoryLimit(min(compiling, d.setup.Memory*3/4))
	w := watch(d.setup, d.own)
	defer w.stop()
	if err := d.prepare(string(kind)); err != nil {
		return d.answer(nil, err)
	}
	return writeFrame(d.out, frameAccepted)
}

// confine applies the limits that a process can put on itself, and says so.
func (d *duty) confine() error {
	runtime.GOMAXPROCS(2) // one for the job, one for whoever watches it
	debug.SetMemoryLimit(d.setup.Memory * 3 / 4)
	r := ready{Protocol: protocol, Privileges: renounced(), Memory: limit(d.setup, d.own), Files: closeWorld(d.setup.Cache, d.setup.Readable), Engines: d.engines}
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return writeFrame(d.out, frameReady, body)
}

// serve does one job. An error is one of the pipe.
func (d *duty) serve(job []byte) error {
	if len(job) == 0 || len(job) <= int(job[0]) {
		return errFrameSize
	}
	kind, request := string(job[1:1+int(job[0])]), job[1+int(job[0]):]
	handler := d.handlers[kind]
	w := watch(d.setup, d.own)
	defer w.stop()
	if err := d.prepare(kind); err != nil {
		return d.answer(nil, err)
	}
	w.begin()
	if err := writeFrame(d.out, frameAccepted); err != nil {
		return err
	}
	if handler == nil {
		return d.answer(nil, errKind)
	}
	return d.answer(handler.Do(request))
}

var (
	errKind   = errors.New("there is no such kind of job")
	errAnswer = errors.New("the answer is too large")
)

// answer sends what became of a job, and whether the child can do another one.
func (d *duty) answer(answer []byte, failed error) error {
	d.done++
	next := byte(goesOn)
	if now, ok := d.own.read(); d.done >= d.setup.Jobs || ok && now.memory > d.setup.Memory/2 {
		next = retires
	}
	if len(answer) > d.setup.MaxAnswer {
		failed = errAnswer
	}
	if failed != nil {
		text := failed.Error()
		return writeFrame(d.out, frameFailure, []byte{next}, []byte(text[:min(len(text), maxText)]))
	}
	return writeFrame(d.out, frameAnswer, []byte{next}, answer)
}
