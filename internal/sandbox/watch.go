package sandbox

import (
	"os"
	"sync"
	"time"
)

// usage is what a process has taken of the machine.
type usage struct {
	memory int64 // bytes that are in RAM
	cpu    time.Duration
}

// watcher is a child's own eye on its limits. The parent has one, too, where the system
// shows it what others use; the kernel's limits stand behind both.
type watcher struct {
	begun, done chan struct{}
	ended       sync.WaitGroup
}

// watch begins with the memory; the processor's time counts from begin on.
func watch(limits setup, own *gauge) *watcher {
	w := &watcher{begun: make(chan struct{}), done: make(chan struct{})}
	w.ended.Go(func() { w.run(limits, own) })
	return w
}

func (w *watcher) begin() { close(w.begun) }

func (w *watcher) stop() {
	close(w.done)
	w.ended.Wait()
}

func (w *watcher) run(limits setup, own *gauge) {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	begun, before := w.begun, usage{}
	for {
		select {
		case <-w.done:
			return
		case <-begun:
			begun = nil
			before, _ = own.read()
		case <-ticker.C:
			now, _ := own.read()
			if now.memory > limits.Memory {
				os.Exit(exitMemory)
			}
			if begun == nil && now.cpu-before.cpu > time.Duration(limits.CPU) {
				os.Exit(exitCPU)
			}
		}
	}
}
