package runs_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"dpp"
	"dpp/internal/runs"
	"dpp/internal/store"
	"dpp/test/platform"
)

// hanging is a store some of whose next reads answer only when their context ends.
type hanging struct {
	store.Store
	left atomic.Int64
}

var errNoDeadline = errors.New("the read had no deadline")

func (h *hanging) RunStates(ctx context.Context, above map[dpp.RunID]int64) ([]store.RunState, error) {
	if h.left.Add(-1) < 0 {
		return h.Store.RunStates(ctx, above)
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(time.Hour):
		return nil, errNoDeadline
	}
}

// inHangingBubble runs a test in fake time with a platform whose store can hang.
func inHangingBubble(t *testing.T, log *platform.LogBuffer, test func(t *testing.T, p *platform.Platform, h *hanging)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := &hanging{}
		p := platform.New(t, platform.Options{LogTo: log, Wrap: func(ports runs.Ports) runs.Ports {
			h.Store = ports.Store
			ports.Store = h
			return ports
		}})
		defer p.Close()
		test(t, p, h)
	})
}

func TestAWaitWhoseReadHangsEnds(t *testing.T) {
	inHangingBubble(t, &platform.LogBuffer{}, func(t *testing.T, p *platform.Platform, h *hanging) {
		run := p.Submit("hang-key")
		h.left.Store(1)
		if _, err := p.Service.Wait(t.Context(), p.Key, run.ID, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the wait ended with %v", err)
		}
		if _, err := p.Service.Get(t.Context(), p.Key, run.ID); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

func TestALookUpThatHangsIsGivenUpAndRepeated(t *testing.T) {
	log := &platform.LogBuffer{}
	inHangingBubble(t, log, func(t *testing.T, p *platform.Platform, h *hanging) {
		run := p.Submit("hang-key")
		next := waiting(t, func(ctx context.Context) (store.RunState, error) {
			return p.Service.Wait(ctx, p.Key, run.ID, run.Version)
		})
		synctest.Wait() // it has read the run
		h.left.Store(1)
		slot := []store.Slot{{Token: "other", TTL: time.Minute}}
		if _, err := p.Ports.Store.Claim(t.Context(), slot); err != nil { // as another process would
			t.Fatal(err)
		}
		if got := <-next; got.Run.Version < 2 {
			t.Errorf("the wait ended with version %d", got.Run.Version)
		}
	})
	if text := log.String(); !strings.Contains(text, "awaited runs could not be looked up") {
		t.Errorf("nobody was told: %s", text)
	}
}
