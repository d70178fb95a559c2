package sandbox

import (
	"time"

	"golang.org/x/sys/unix"
)

const (
	maxFiles    = 64        // open at once
	maxFileSize = 256 << 20 // of what is written into the cache
)

// limitAny sets the limits that every system knows. A core dump would hold the job's
// bytes. The processor's time is that of a whole life: it ends a child whose parent
// died while the child could hear of nothing.
func limitAny(s setup) {
	life := time.Duration(s.Jobs)*time.Duration(s.CPU) + 10*time.Minute
	_ = setLimit(unix.RLIMIT_CORE, 0)
	_ = setLimit(unix.RLIMIT_NOFILE, maxFiles)
	_ = setLimit(unix.RLIMIT_FSIZE, maxFileSize)
	_ = setLimit(unix.RLIMIT_CPU, int64(life/time.Second))
}

// setLimit lowers a limit for good.
func setLimit(resource int, to int64) error {
	var now unix.Rlimit
	if err := unix.Getrlimit(resource, &now); err != nil {
		return err
	}
	now.Max = min(now.Max, uint64(to)) //nolint:gosec // no limit here is negative
	now.Cur = now.Max
	return unix.Setrlimit(resource, &now)
}
