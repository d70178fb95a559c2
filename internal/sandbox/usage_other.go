//go:build !linux

package sandbox

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// usageOf reads what this process uses. What others use a system without /proc does
// not tell: there the child alone watches itself. The memory is the most that it ever
// had.
func usageOf(pid int) (usage, bool) {
	var r unix.Rusage
	if pid != os.Getpid() || unix.Getrusage(unix.RUSAGE_SELF, &r) != nil {
		return usage{}, false
	}
	return usage{memory: r.Maxrss, cpu: time.Duration(r.Utime.Nano() + r.Stime.Nano())}, true
}
