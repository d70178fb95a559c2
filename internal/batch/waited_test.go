package batch_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"dpp/internal/batch"
)

// What is told is the wait of the first aboard, once per batch, however often the
// batch is halved.
func TestTheWaitOfABatchIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage()
		var waits []time.Duration
		g := batch.New("t", s.do, batch.Options[int]{Waited: func(d time.Duration) { waits = append(waits, d) }})
		calls := []<-chan answer{call(t.Context(), g, 0)}
		time.Sleep(time.Second)
		calls = append(calls, call(t.Context(), g, 1))
		time.Sleep(2 * time.Second)
		calls = append(calls, call(t.Context(), g, 2))
		close(s.open)
		for i, c := range calls {
			(<-c).want(t, 2*i, nil)
		}
		if want := []time.Duration{0, 2 * time.Second}; !slices.Equal(waits, want) {
			t.Errorf("told %v, want %v", waits, want)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		waits := 0
		s := &script{errs: []error{errPoison}}
		opts := s.options()
		opts.Waited = func(time.Duration) { waits++ }
		answers, _ := together(t, 3, opts, s.do)
		for i, a := range answers {
			a.want(t, 2*i, nil)
		}
		if len(s.attempts) != 3 || waits != 2 { // the whole and its halves; the batch before it and this one
			t.Errorf("told %d times of two batches, the second in %d attempts", waits, len(s.attempts))
		}
	})
}
