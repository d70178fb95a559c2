package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

const maxrssUnit = 1 << 10

// childrenUse adds up what the children of this process have used so far, and what those
// have that they waited for.
func childrenUse() usage {
	const tick = 10 * time.Millisecond
	var all usage
	lists, _ := filepath.Glob("/proc/self/task/*/children") // the pattern is right
	for _, list := range lists {
		pids, _ := os.ReadFile(list) // a thread that is gone has none
		for pid := range bytes.FieldsSeq(pids) {
			stat, _ := os.ReadFile(fmt.Sprintf("/proc/%s/stat", pid)) // the same
			fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
			if len(fields) > 13 {
				all.user += time.Duration(number(fields[11])+number(fields[13])) * tick // its own, and of those it waited for
			}
			all.peak = max(all.peak, peakOf(string(pid)))
		}
	}
	return all
}

func peakOf(pid string) int64 {
	status, _ := os.ReadFile("/proc/" + pid + "/status") // a process that is gone has none
	_, line, _ := bytes.Cut(status, []byte("VmHWM:"))
	fields := bytes.Fields(line)
	if len(fields) == 0 {
		return 0
	}
	return number(fields[0]) << 10
}

func number(text []byte) int64 {
	n, _ := strconv.ParseInt(string(text), 10, 64) // the kernel wrote it
	return n
}
