package servers

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"
)

func TestStatOfAProcessIsRead(t *testing.T) {
	const line = "42 (a) b (c) S 7 42 42 0 -1 4194560 1 2 3 4 100 20 3 4 20 0 1 0 5 6 7"
	pid, its, ok := readStat([]byte(line))
	if !ok || pid != 42 || its.parent != 7 || its.own != 127*tick {
		t.Errorf("read %d, %+v, %v", pid, its, ok)
	}
	for _, short := range []string{"", "42", "42 (a", "42 (a) S 7", "x" + line, strings.Replace(line, " 100 ", " many ", 1)} {
		if _, _, ok := readStat([]byte(short)); ok {
			t.Errorf("%q was read", short)
		}
	}
	all := Times{1: {0, time.Second}, 2: {1, time.Second}, 3: {2, time.Second}, 4: {0, time.Second}}
	if sum := all.Of(1); sum != 3*time.Second {
		t.Errorf("a process and all below it used %s, want 3s", sum)
	}
}

// Where there is no /proc, nothing is known.
func TestTimesOfThisProcess(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		if all := ProcessTimes(); len(all) > 0 {
			t.Errorf("times from nowhere: %v", all)
		}
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for ProcessTimes().Of(os.Getpid()) == 0 { // looking takes time itself
		if ctx.Err() != nil {
			t.Fatal("this process takes no time")
		}
	}
}
