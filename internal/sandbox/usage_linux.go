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

// gauge reads what a process uses. Its files are opened once, as a child may open none
// later.
type gauge struct {
	memory, stat *os.File
}

// newGauge measures a process. One that has no files to read sees nothing.
func newGauge(pid int) *gauge {
	memory, err := os.Open(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return &gauge{}
	}
	stat, err := os.Open(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		_ = memory.Close()
		return &gauge{}
	}
	return &gauge{memory, stat}
}

func (g *gauge) close() {
	if g.memory != nil {
		_, _ = g.memory.Close(), g.stat.Close()
	}
}

// read tells whether the process could be seen.
func (g *gauge) read() (usage, bool) {
	pages, seen := g.pages(1)
	if !seen {
		return usage{}, false
	}
	var buffer [1024]byte
	n, _ := g.stat.ReadAt(buffer[:], 0) // up to its end, which is an error
	// The name of the program is in brackets, and may hold anything.
	after := buffer[bytes.LastIndexByte(buffer[:n], ')')+1 : n]
	user, ok := field(after, 11)
	system, also := field(after, 12)
	return usage{memory: pages * int64(os.Getpagesize()), cpu: time.Duration(user+system) * tick}, ok && also
}

// data is what the process has of the memory that RLIMIT_DATA counts, in bytes.
func (g *gauge) data() (int64, bool) {
	pages, seen := g.pages(5)
	return pages * int64(os.Getpagesize()), seen
}

func (g *gauge) pages(i int) (int64, bool) {
	if g.memory == nil {
		return 0, false
	}
	var buffer [256]byte
	n, _ := g.memory.ReadAt(buffer[:], 0)
	return field(buffer[:n], i)
}

func field(line []byte, i int) (int64, bool) {
	fields := bytes.Fields(line)
	if i >= len(fields) {
		return 0, false
	}
	n, err := strconv.ParseInt(string(fields[i]), 10, 64)
	return n, err == nil
}
