package sqsqueue

import (
	"context"
	"testing"
	"time"
)

// Zero is never asked for: it would not be sent, and the queue's own setting be used,
// so that the answer came after the call's own deadline.
func TestTheShortestWaitIsASecond(t *testing.T) {
	soon, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	for name, got := range map[string]int32{
		"the context ends": waitSeconds(soon, time.Now().Add(time.Minute)),
		"the wait is over": waitSeconds(t.Context(), time.Now()),
	} {
		if got != 1 {
			t.Errorf("%s: %d s", name, got)
		}
	}
}
