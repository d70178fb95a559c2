package urlpack

import "context"

// heavyAtOnce is how many bodies above maxBody are held at the same time, of all runs:
// what a process needs is bounded by pages, and by these.
const heavyAtOnce = 4

// weight is what one body weighs so far.
type weight struct {
	places chan struct{}
	bytes  int
	holds  bool // a place
}

// add waits for a place before a body grows beyond a page's bound, or for ctx to end.
// Who holds one waits for nothing but its own server and reader, which are bounded.
func (w *weight) add(ctx context.Context, n int) error {
	w.bytes += n
	if w.holds || w.bytes <= maxBody {
		return nil
	}
	select {
	case w.places <- struct{}{}:
		w.holds = true
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// release gives the place back, once nobody needs the body any more.
func (w *weight) release() {
	if w.holds {
		<-w.places
	}
}
