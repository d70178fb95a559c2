package servers

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Times are what processes have used of the processors, as Linux tells it. Elsewhere
// there are none, and everything is 0.
type Times map[int]processTime

type processTime struct {
	parent int
	own    time.Duration // with the children that have ended
}

// tick is the unit of times in /proc, on every architecture that Go knows.
const tick = 10 * time.Millisecond

// ProcessTimes reads what all processes of the machine have used until now.
func ProcessTimes() Times {
	all := Times{}
	files, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is good
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		if pid, t, ok := readStat(text); ok {
			all[pid] = t
		}
	}
	return all
}

// readStat reads a line of /proc/PID/stat. The name of the program, in parentheses,
// may hold anything.
func readStat(text []byte) (pid int, t processTime, ok bool) {
	begin, end := bytes.IndexByte(text, ' '), bytes.LastIndexByte(text, ')')
	if begin < 0 || end < begin {
		return 0, t, false
	}
	fields := bytes.Fields(text[end+1:])
	if len(fields) < 15 {
		return 0, t, false
	}
	pid, err := strconv.Atoi(string(text[:begin]))
	if err != nil {
		return 0, t, false
	}
	if t.parent, err = strconv.Atoi(string(fields[1])); err != nil {
		return 0, t, false
	}
	for _, field := range fields[11:15] { // utime, stime, cutime, cstime
		ticks, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, t, false
		}
		t.own += time.Duration(ticks) * tick
	}
	return pid, t, true
}

// Of is what a process and all below it have used.
func (t Times) Of(pid int) time.Duration {
	sum := t[pid].own
	for child, its := range t {
		if its.parent == pid {
			sum += t.Of(child)
		}
	}
	return sum
}
