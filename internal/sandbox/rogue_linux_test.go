package sandbox_test

import (
	"testing"
	"time"

	"dpp/internal/sandbox"
)

// TestTheParentLooksItself: where the system shows what others use, a child need not be
// believed.
func TestTheParentLooksItself(t *testing.T) {
	isEnded(t, "grows", sandbox.ErrMemory, sandbox.Options{Wall: patience})
	isEnded(t, "spins", sandbox.ErrTimeout, sandbox.Options{Wall: patience, CPU: 300 * time.Millisecond})
}
