package worker

import (
	"context"
	"time"

	"dpp/internal/store"
)

// progressBeat is how often progress is told at most between two heartbeats.
const progressBeat = time.Second

// beat renews all held leases together: every heartbeat interval, and earlier when
// a pack has progress to tell.
func (w *Worker) beat(ctx context.Context) {
	timing := w.service.Config().Timing
	regular := time.NewTicker(timing.Heartbeat)
	defer regular.Stop()
	var last time.Time
	early := time.NewTimer(progressBeat)
	early.Stop()
	defer early.Stop()
	waiting := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.notify:
			if !waiting {
				early.Reset(max(0, progressBeat-time.Since(last)))
				waiting = true
			}
			continue
		case <-regular.C:
		case <-early.C:
			waiting = false
		}
		last = time.Now()
		w.beatOnce(ctx, timing.LeaseTTL-timing.Heartbeat)
	}
}

// beatOnce sends one heartbeat for every held run. An execution whose lease is
// lost, or was not renewed for longer than silence, stops: its lease may run out
// before the next word, and somebody else may begin.
func (w *Worker) beatOnce(ctx context.Context, silence time.Duration) {
	held := w.executions()
	if len(held) == 0 {
		return
	}
	beats := make([]store.Beat, len(held))
	for i, e := range held {
		beats[i] = store.Beat{Run: e.claimed.Run.ID, Token: e.claimed.Token, Progress: e.meter.Progress()}
	}
	sent := time.Now()
	bounded, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	alive, err := w.service.Heartbeat(bounded, beats)
	if err != nil && ctx.Err() == nil {
		w.log.WarnContext(ctx, "leases were not renewed", "runs", len(held), "error", err)
	}
	for i, e := range held {
		switch {
		case err == nil && alive[i]:
			e.renewed(sent, silence)
		case err == nil:
			e.cancel(errLeaseLost)
		}
	}
}

func (w *Worker) executions() []*execution {
	w.mu.Lock()
	defer w.mu.Unlock()
	held := make([]*execution, 0, len(w.held))
	for _, e := range w.held {
		held = append(held, e)
	}
	return held
}
