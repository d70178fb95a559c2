package sandbox

import (
	"context"
	"fmt"
)

// Prepare has what a kind of jobs needs prepared, so that the first job finds it in the
// cache. The error is as that of [Pool.Do].
func (p *Pool) Prepare(ctx context.Context, kind string) error {
	if len(kind) > maxKind {
		return ErrTooLarge
	}
	if !p.enter() {
		return ErrClosed
	}
	defer p.users.Done()
	if err := p.await(ctx); err != nil {
		return err
	}
	defer func() { <-p.prepare }()
	return p.prepareAlone(ctx, kind)
}

// await takes the token of whoever prepares.
func (p *Pool) await(ctx context.Context) error {
	select {
	case p.prepare <- struct{}{}:
		return nil
	case <-p.closing:
		return ErrClosed
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrBusy, context.Cause(ctx))
	}
}

// compiled sees to it that an engine is in the cache, which takes more memory than to do
// jobs with what is found there: it is done once, by a child that does nothing else.
func (p *Pool) compiled(ctx context.Context, engine, kind string) error {
	if p.cached[engine] || p.cache() == "" {
		return nil
	}
	return p.prepareAlone(ctx, kind)
}

// prepareAlone has a child of its own prepare what a kind of jobs needs, and end. The
// caller has the token.
func (p *Pool) prepareAlone(ctx context.Context, kind string) error {
	c, err := p.start(ctx)
	if err != nil {
		return err
	}
	defer c.end()
	engine := c.engines[kind]
	if engine == "" || p.cached[engine] {
		return nil
	}
	err = p.guarded(ctx, c, func(func()) error { return c.prepare(kind) })
	if err != nil {
		return beforeJob(err)
	}
	p.cached[engine] = true
	return nil
}

// prepare has the child prepare what a kind of jobs needs.
func (c *child) prepare(kind string) error {
	if err := writeFrame(c.in, framePrepare, []byte(kind)); err != nil {
		return c.died(err)
	}
	f, err := c.hear(1+maxText, frameAccepted, frameFailure)
	if err != nil {
		return err
	}
	if f.kind == frameFailure {
		return fmt.Errorf("%w: %s", ErrStart, sayable(f.body[min(1, len(f.body)):]))
	}
	return nil
}
