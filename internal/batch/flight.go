package batch

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

const firstPause = 10 * time.Millisecond

// verdict says what is to follow an attempt.
type verdict int

const (
	done        verdict = iota
	failed              // an item may be to blame
	inDoubt             // may or may not have been carried out
	unreachable         // no item is to blame
	broken              // do itself is to blame
)

// fly carries out one batch under its own deadline and answers everyone in it.
func (g *Group[I, O]) fly(batch []*passenger[I, O]) {
	ctx, cancel := context.WithTimeout(context.Background(), g.opts.Timeout) // a batch belongs to no caller
	defer cancel()
	g.carry(ctx, batch, nil)
}

// carry answers every passenger of the batch, halving it for as long as one of the
// items makes the whole fail. Doubt is an earlier attempt's, at a batch that held
// this one, which may have been carried out.
func (g *Group[I, O]) carry(ctx context.Context, batch []*passenger[I, O], doubt error) {
	outs, after, doubt, err := g.insist(ctx, batch, doubt)
	if after == failed && len(batch) > 1 && ctx.Err() == nil {
		half := len(batch) / 2
		g.carry(ctx, batch[:half], doubt)
		g.carry(ctx, batch[half:], doubt)
		return
	}
	if err != nil && doubt != nil && after != inDoubt {
		err = fmt.Errorf("%w, after %w", err, doubt)
	}
	for i, p := range batch {
		if p.err = err; err == nil {
			p.out = outs[i]
		}
		close(p.landed)
	}
}

// insist attempts a batch and repeats it while its fate is in doubt, also where the
// connection cannot be had any more. It returns the last doubt beside the outcome.
func (g *Group[I, O]) insist(
	ctx context.Context, batch []*passenger[I, O], doubt error,
) (outs []O, after verdict, lastDoubt, err error) {
	pause := firstPause
	for repeats := 0; ; repeats++ {
		outs, after, err = g.attempt(ctx, batch)
		if after == inDoubt {
			doubt = err
		}
		again := after == inDoubt || after == unreachable && doubt != nil
		if !again || repeats == g.opts.Repeats || !sleep(ctx, pause) {
			return outs, after, doubt, err
		}
		pause *= 2
	}
}

// sleep tells whether the pause passed before ctx ended.
func sleep(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// attempt carries out the batch once. Whatever panics, do or one of the hooks, only
// this attempt ends.
func (g *Group[I, O]) attempt(ctx context.Context, batch []*passenger[I, O]) (outs []O, after verdict, err error) {
	defer func() {
		if value := recover(); value != nil {
			crash := &PanicError{Group: g.name, Value: value, Stack: debug.Stack()}
			if g.opts.Panicked != nil {
				g.opts.Panicked(crash)
			}
			outs, after, err = nil, broken, crash
		}
	}()
	if came := batch[0].came; !came.IsZero() { // the first attempt, of the whole batch
		for _, p := range batch {
			p.came = time.Time{}
		}
		g.opts.Waited(time.Since(came))
	}
	if g.opts.Observe != nil {
		g.opts.Observe(len(batch))
	}
	if g.opts.Begin == nil {
		return g.once(ctx, batch)
	}
	callers := make([]context.Context, len(batch))
	for i, p := range batch {
		callers[i] = p.ctx //nolint:fatcontext // each is a caller's own, and none is made of another
	}
	ctx, end := g.opts.Begin(ctx, callers)
	ended := errPanicked
	defer func() { end(ended) }()
	outs, after, err = g.once(ctx, batch)
	ended = err
	return outs, after, err
}

// errPanicked is how an attempt ends that does not return.
var errPanicked = errors.New("batch: panicked")

// once hands the batch over.
func (g *Group[I, O]) once(ctx context.Context, batch []*passenger[I, O]) (outs []O, after verdict, err error) {
	ins := make([]I, len(batch)) // each attempt its own: do may keep or reorder them
	for i, p := range batch {
		ins[i] = p.in
	}
	outs, err = g.do(ctx, ins)
	if err == nil && len(outs) != len(batch) {
		return nil, broken, fmt.Errorf("batch %s: %d outputs for %d inputs", g.name, len(outs), len(batch))
	}
	return outs, g.judge(err), err
}

func (g *Group[I, O]) judge(err error) verdict {
	switch {
	case err == nil:
		return done
	case g.opts.InDoubt != nil && g.opts.InDoubt(err):
		return inDoubt
	case g.opts.Unreachable != nil && g.opts.Unreachable(err):
		return unreachable
	default:
		return failed
	}
}
