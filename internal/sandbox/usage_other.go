//go:build !linux

package sandbox

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// gauge reads what this process uses. What others use a system without /proc does not
// tell: there the child alone watches itself. The memory is the most that it ever had.
type gauge struct {
	own bool
}

func newGauge(pid int) *gauge { return &gauge{own: pid == os.Getpid()} }

func (*gauge) close() {}

// read tells whether the process could be seen.
func (g *gauge) read() (usage, bool) {
	var r unix.Rusage
	if !g.own || unix.Getrusage(unix.RUSAGE_SELF, &r) != nil {
		return usage{}, false
	}
	return usage{memory: r.Maxrss, cpu: time.Duration(r.Utime.Nano() + r.Stime.Nano())}, true
}
