package sandbox

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// tick is the unit of processor time in /proc, on every architecture of Linux.
const tick = 10 * time.Millisecond

// usageOf reads what a process uses, and tells whether it could.
func usageOf(pid int) (usage, bool) {
	memory, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return usage{}, false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return usage{}, false
	}
	pages, ok1 := field(memory, 1)
	// The name of the program is in brackets, and may hold anything.
	after := stat[bytes.LastIndexByte(stat, ')')+1:]
	user, ok2 := field(after, 11)
	system, ok3 := field(after, 12)
	return usage{memory: pages * int64(os.Getpagesize()), cpu: time.Duration(user+system) * tick}, ok1 && ok2 && ok3
}

// dataOf returns what this process has of the memory that RLIMIT_DATA counts.
func dataOf() (int64, bool) {
	memory, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, false
	}
	pages, ok := field(memory, 5)
	return pages * int64(os.Getpagesize()), ok
}

func field(line []byte, i int) (int64, bool) {
	fields := bytes.Fields(line)
	if i >= len(fields) {
		return 0, false
	}
	n, err := strconv.ParseInt(string(fields[i]), 10, 64)
	return n, err == nil
}
