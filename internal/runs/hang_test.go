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
	versions, runs atomic.Int64 // how many reads of each kind
}

func hang(ctx context.Context, left *atomic.Int64) error {
	if left.Add(-1) < 0 {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Hour):
		return errNoDeadline
	}
}

var errNoDeadline = errors.New("the read had no deadline")

func (h *hanging) Versions(ctx context.Context, ids []dpp.RunID) (map[dpp.RunID]int64, error) {
	if err := hang(ctx, &h.versions); err != nil {
		return nil, err
	}
	return h.Store.Versions(ctx, ids)
}

func (h *hanging) RunsByID(ctx context.Context, ids []dpp.RunID) ([]dpp.Run, error) {
	if err := hang(ctx, &h.runs); err != nil {
		return nil, err
	}
	return h.Store.RunsByID(ctx, ids)
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
		h.runs.Store(1)
		if _, err := p.Service.Wait(t.Context(), p.Key, run.ID, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the wait ended with %v", err)
		}
		if _, err := p.Service.Get(t.Context(), p.Key, run.ID); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

func TestALookUpThatHangsIsGivenUpAndRepeated(t *testing.T) {
	for name, left := range map[string]func(*hanging) *atomic.Int64{
		"of versions": func(h *hanging) *atomic.Int64 { return &h.versions },
		"of runs":     func(h *hanging) *atomic.Int64 { return &h.runs },
	} {
		t.Run(name, func(t *testing.T) {
			log := &platform.LogBuffer{}
			inHangingBubble(t, log, func(t *testing.T, p *platform.Platform, h *hanging) {
				run := p.Submit("hang-key")
				next := waiting(t, func(ctx context.Context) (dpp.Run, error) { return p.Service.Wait(ctx, p.Key, run.ID, run.Version) })
				synctest.Wait() // it has read the run
				left(h).Store(1)
				slot := []store.Slot{{Token: "other", TTL: time.Minute}}
				if _, err := p.Ports.Store.Claim(t.Context(), slot); err != nil { // as another process would
					t.Fatal(err)
				}
				if got := <-next; got.Version < 2 {
					t.Errorf("the wait ended with version %d", got.Version)
				}
			})
			if text := log.String(); !strings.Contains(text, "awaited runs could not be looked up") {
				t.Errorf("nobody was told: %s", text)
			}
		})
	}
}
