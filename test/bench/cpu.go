package main

import (
	"bytes"
	"os"
	"syscall"
	"time"
)

// cpuTime is what this process has used of the processors.
func cpuTime() time.Duration { return rusage(syscall.RUSAGE_SELF) }

// childrenTime is what processes have used that this one started and waited for.
func childrenTime() time.Duration { return rusage(syscall.RUSAGE_CHILDREN) }

func rusage(whose int) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(whose, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// others tells, where Linux does, how many programs wanted to run in the minute before,
// which should be none.
func others() string {
	text, err := os.ReadFile("/proc/loadavg")
	load, _, found := bytes.Cut(text, []byte(" "))
	if err != nil || !found {
		return ""
	}
	return ", load average " + string(load) + " at the beginning"
}
