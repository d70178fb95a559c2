// Package batch lets concurrent callers share the cost of one expensive step, such
// as a commit. While one batch is on its way the next one gathers; a lone caller
// waits for nobody.
package batch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// ErrClosed is what [Group.Do] returns once the group has been closed.
var ErrClosed = errors.New("batch: closed")

// Options change how a [Group] works. The zero value is a good start.
type Options[I any] struct {
	// MaxItems closes a batch; default 1,024. With 1 and one flight the group does
	// one item at a time.
	MaxItems int
	// MaxBytes closes a batch whose sizes together reach it; default 4 MiB. An item
	// above it travels alone.
	MaxBytes int
	// Size tells how many bytes an item weighs; nil: items weigh nothing.
	Size func(I) int
	// Flights is how many batches may be on their way at once; default 1.
	Flights int

	// Timeout is the time that one batch has, its repeats and halves included;
	// default 30 s. No caller's context shortens or lengthens it.
	Timeout time.Duration

	// InDoubt tells that an error leaves open whether the batch was carried out. Such
	// a batch is repeated whole, at most Repeats times (default 5), after a pause
	// that starts at 10 ms and doubles. It is asked before Unreachable.
	InDoubt func(error) bool
	Repeats int
	// Unreachable tells that an error is the connection's, not an item's: all items
	// fail with it. After any other error the batch is halved.
	Unreachable func(error) bool

	// Observe is told the number of items whenever they are attempted.
	Observe func(items int)
	// Waited is told at take-off how long the first of the batch has waited.
	Waited func(time.Duration)
	// Begin gives each attempt a context of its own, made of the first, and is told of
	// the contexts of the callers aboard. The function that it returns hears how the
	// attempt ended.
	Begin func(ctx context.Context, callers []context.Context) (context.Context, func(error))
	// Panicked is told of every panic, once, whether or not somebody still waits.
	Panicked func(*PanicError)
}

func (o Options[I]) withDefaults() Options[I] {
	orDefault := func(n *int, value int) {
		if *n <= 0 {
			*n = value
		}
	}
	orDefault(&o.MaxItems, 1024)
	orDefault(&o.MaxBytes, 4<<20)
	orDefault(&o.Flights, 1)
	orDefault(&o.Repeats, 5)
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	return o
}

// Group carries out items of many callers in batches. Make it with [New].
type Group[I, O any] struct {
	name string
	do   func(context.Context, []I) ([]O, error)
	opts Options[I]

	pilots sync.WaitGroup // one goroutine for each batch on its way

	mu      sync.Mutex
	waiting []*passenger[I, O] // in order of arrival, none aboard yet
	flying  int
	closed  bool
}

// passenger is one item and the caller behind it.
type passenger[I, O any] struct {
	ctx  context.Context //nolint:containedctx // asked at take-off whether the caller has left
	in   I
	size int
	came time.Time // zero where nobody asks how long it waited, and once that was told

	landed chan struct{} // closed when out and err are set
	out    O
	err    error
}

// New makes a group whose batches are carried out by do: one output for each input,
// in order, or an error for all of them. The name appears in errors.
func New[I, O any](name string, do func(ctx context.Context, in []I) ([]O, error), opts Options[I]) *Group[I, O] {
	return &Group[I, O]{name: name, do: do, opts: opts.withDefaults()}
}

// Do carries out one item, in a batch with those of other callers, and returns its
// own output. Where ctx ends before the batch takes off the item is removed and
// never carried out; where it ends later Do only stops waiting. In both cases Do
// returns the error of ctx. After Close it returns [ErrClosed].
func (g *Group[I, O]) Do(ctx context.Context, in I) (O, error) {
	p := &passenger[I, O]{ctx: ctx, in: in, landed: make(chan struct{})}
	if g.opts.Size != nil {
		p.size = g.opts.Size(in)
	}
	if g.opts.Waited != nil {
		p.came = time.Now()
	}
	var none O
	if err := g.join(p); err != nil {
		return none, err
	}
	select {
	case <-p.landed:
		return p.out, p.err
	case <-ctx.Done():
		g.leave(p)
		return none, ctx.Err()
	}
}

// join adds the passenger to those who wait, and starts a flight if one is free.
func (g *Group[I, O]) join(p *passenger[I, O]) error {
	if err := p.ctx.Err(); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return ErrClosed
	}
	g.waiting = append(g.waiting, p)
	if g.flying < g.opts.Flights {
		g.flying++
		g.pilots.Go(g.pilot)
	}
	return nil
}

// leave removes the passenger where it is not aboard yet.
func (g *Group[I, O]) leave(p *passenger[I, O]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.waiting, p); i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
	}
}

// Close lets everything that has gathered be carried out, refuses what comes later,
// and returns when nothing is on its way any more. It may be called again.
func (g *Group[I, O]) Close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.pilots.Wait()
}

// pilot flies one batch after the other until nobody waits.
func (g *Group[I, O]) pilot() {
	for {
		batch := g.board()
		if len(batch) == 0 {
			return
		}
		g.fly(batch)
	}
}

// board takes the next batch from those who wait. Where there is none it ends the
// flight in the same step, so that whoever comes next starts another.
func (g *Group[I, O]) board() []*passenger[I, O] {
	g.mu.Lock()
	defer g.mu.Unlock()
	batch := make([]*passenger[I, O], 0, min(len(g.waiting), g.opts.MaxItems))
	passed, bytes := 0, 0
	for _, p := range g.waiting {
		if len(batch) == g.opts.MaxItems || len(batch) > 0 && bytes+p.size > g.opts.MaxBytes {
			break
		}
		passed++
		if p.ctx.Err() == nil { // else the caller has left and is about to say so
			bytes += p.size
			batch = append(batch, p)
		}
	}
	g.waiting = slices.Delete(g.waiting, 0, passed)
	if len(batch) == 0 {
		g.flying--
	}
	return batch
}

// PanicError is what every waiter gets when a batch panics. Its text does not tell
// the value, which may hold a caller's data; that is for the log.
type PanicError struct {
	Group string
	Value any
	Stack []byte
}

// Error implements error.
func (e *PanicError) Error() string { return fmt.Sprintf("batch %s: panicked", e.Group) }
