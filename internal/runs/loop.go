package runs

import "context"

// loop is a goroutine that lives as long as the service, which closes it.
type loop struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// startLoop starts run, which must return once its context has ended.
func startLoop(run func(context.Context)) loop {
	ctx, cancel := context.WithCancel(context.Background()) // of no call
	l := loop{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(l.done)
		run(ctx)
	}()
	return l
}

// close ends the loop and waits for it.
func (l loop) close() {
	l.cancel()
	<-l.done
}
