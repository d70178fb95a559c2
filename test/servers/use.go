package servers

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
)

// T is whoever needs servers: a test, or what [Use] hands to a program.
type T interface {
	Helper()
	Context() context.Context
	Cleanup(f func())
	Error(args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// Use has a program use servers as a test does, and ends those that f started before
// it returns. The error is that of f, or what a server had to say. Servers that a
// process shares end with the process.
func Use(ctx context.Context, f func(t T) error) error {
	g := &guest{ctx: ctx}
	g.do(func() { g.add(f(g)) })
	for _, cleanup := range slices.Backward(g.cleanups) {
		g.do(cleanup)
	}
	return errors.Join(g.errs...)
}

// guest stands in for a test. It is for one goroutine, as starting servers is.
type guest struct {
	ctx      context.Context //nolint:containedctx // a test has its context, too
	cleanups []func()
	errs     []error
}

// do calls f in a goroutine of its own, which Fatal can end.
func (g *guest) do(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

func (g *guest) add(err error) {
	if err != nil {
		g.errs = append(g.errs, err)
	}
}

func (g *guest) Helper()                  {}
func (g *guest) Context() context.Context { return g.ctx }
func (g *guest) Cleanup(f func())         { g.cleanups = append(g.cleanups, f) }

func (g *guest) Error(args ...any) {
	if len(args) == 1 {
		if err, ok := args[0].(error); ok {
			g.add(err)
			return
		}
	}
	g.add(errors.New(fmt.Sprint(args...)))
}

func (g *guest) Fatal(args ...any) {
	g.Error(args...)
	runtime.Goexit()
}

func (g *guest) Fatalf(format string, args ...any) {
	g.Fatal(fmt.Errorf(format, args...))
}
