package runs

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"dpp"
	"dpp/internal/ledger"
	"dpp/internal/store"
)

const (
	hubInterval = 100 * time.Millisecond
	hubTimeout  = 5 * time.Second // of one look-up
)

// Hub wakes those who wait for runs to change: at once for transitions of this
// process, and by one batched look-up of all awaited runs for those of others.
type Hub struct {
	loop
	reader   store.Reader
	interval time.Duration
	log      *slog.Logger

	mu      sync.Mutex
	waiters map[dpp.RunID]map[*Watch]struct{}
	ended   bool // no more waiting: the server shuts down
	awaited chan struct{}
}

// Watch follows some runs from the versions that its owner knows.
type Watch struct {
	hub   *Hub
	known map[dpp.RunID]int64 // guarded by hub.mu
	fresh map[dpp.RunID]store.RunState
	ready chan struct{}
}

func newHub(reader store.Reader, interval time.Duration, log *slog.Logger) *Hub {
	if interval <= 0 {
		interval = hubInterval
	}
	h := &Hub{reader: reader, interval: interval, log: log, waiters: make(map[dpp.RunID]map[*Watch]struct{}), awaited: make(chan struct{}, 1)}
	h.loop = startLoop(h.run)
	return h
}

// Watch begins to follow runs, from the versions that the caller has. The caller
// closes it.
func (h *Hub) Watch(known map[dpp.RunID]int64) *Watch {
	w := &Watch{hub: h, known: known, fresh: make(map[dpp.RunID]store.RunState), ready: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	for id := range known {
		if h.waiters[id] == nil {
			h.waiters[id] = make(map[*Watch]struct{})
		}
		h.waiters[id][w] = struct{}{}
	}
	if h.ended {
		w.wake()
	}
	select {
	case h.awaited <- struct{}{}:
	default:
	}
	return w
}

// Ready receives when a run of the watch has changed, or when waiting has no more
// point because the server shuts down.
func (w *Watch) Ready() <-chan struct{} { return w.ready }

// Changed returns the runs that changed since the last call, as they are now. The
// account is empty where the change did not touch it.
func (w *Watch) Changed() []store.RunState {
	w.hub.mu.Lock()
	defer w.hub.mu.Unlock()
	states := slices.Collect(maps.Values(w.fresh))
	clear(w.fresh)
	return states
}

// Ended tells that waiting has no more point.
func (w *Watch) Ended() bool {
	w.hub.mu.Lock()
	defer w.hub.mu.Unlock()
	return w.hub.ended
}

// follow keeps runs, of which done holds of none, as they are now until it holds of
// one, ctx ends or waiting has no more point.
func (w *Watch) follow(ctx context.Context, states []store.RunState, done func(*dpp.Run) bool) {
	at := make(map[dpp.RunID]int, len(states))
	for i := range states {
		at[states[i].Run.ID] = i
	}
	for !w.Ended() {
		select {
		case <-ctx.Done():
			return
		case <-w.Ready():
		}
		ended := false
		for _, changed := range w.Changed() {
			i, ok := at[changed.Run.ID]
			if !ok || changed.Run.Version <= states[i].Run.Version {
				continue
			}
			states[i].Run = changed.Run
			if changed.Account.Version > states[i].Account.Version {
				states[i].Account = changed.Account
			}
			ended = ended || done(&states[i].Run)
		}
		if ended {
			return
		}
	}
}

// Close ends the watch.
func (w *Watch) Close() {
	w.hub.mu.Lock()
	defer w.hub.mu.Unlock()
	for id := range w.known {
		delete(w.hub.waiters[id], w)
		if len(w.hub.waiters[id]) == 0 {
			delete(w.hub.waiters, id)
		}
	}
}

// count is how many watches are open, each once for each of its runs.
func (h *Hub) count() (watches int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, of := range h.waiters {
		watches += len(of)
	}
	return watches
}

func (w *Watch) wake() {
	select {
	case w.ready <- struct{}{}:
	default:
	}
}

// notify tells of a run that changed. The account is empty where it did not.
func (h *Hub) notify(run *dpp.Run, account ledger.Account) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.waiters[run.ID] {
		if run.Version > w.known[run.ID] {
			w.known[run.ID] = run.Version
			w.fresh[run.ID] = store.RunState{Run: *run, Account: account}
			w.wake()
		}
	}
}

func (h *Hub) endWaits() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = true
	for _, watches := range h.waiters {
		for w := range watches {
			w.wake()
		}
	}
}

// run looks up what others changed for as long as somebody waits.
func (h *Hub) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.awaited:
		}
		ticker := time.NewTicker(h.interval)
		for h.poll(ctx) {
			select {
			case <-ctx.Done():
			case <-ticker.C:
			}
		}
		ticker.Stop()
	}
}

// poll tells whether there is still somebody to look for.
func (h *Hub) poll(ctx context.Context) bool {
	known := h.awaitedVersions()
	if len(known) == 0 || ctx.Err() != nil {
		return false
	}
	reading, cancel := context.WithTimeout(ctx, hubTimeout)
	defer cancel()
	states, err := h.reader.RunStates(reading, known)
	if err != nil {
		h.complain(ctx, err)
	}
	for i := range states {
		h.notify(&states[i].Run, states[i].Account)
	}
	return true
}

func (h *Hub) complain(ctx context.Context, err error) {
	if ctx.Err() == nil {
		h.log.WarnContext(ctx, "awaited runs could not be looked up", "error", err)
	}
}

// awaitedVersions is the lowest version that anybody knows of each awaited run.
func (h *Hub) awaitedVersions() map[dpp.RunID]int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	known := make(map[dpp.RunID]int64, len(h.waiters))
	for id, watches := range h.waiters {
		first := true
		for w := range watches {
			if v := w.known[id]; first || v < known[id] {
				known[id], first = v, false
			}
		}
	}
	return known
}
