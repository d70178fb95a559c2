package app

import (
	"math"
	"runtime/debug"
)

// ballastBytes is memory that a server reserves and never touches, so that it is never
// in RAM. The collector starts when the heap has doubled; beside this it has at least
// that much to do each time, where a few megabytes of live data would start it after
// every few hundred requests. It bounds what garbage adds to a small server, and is
// nothing to one with a large heap, where a higher GOGC would be out of proportion.
const ballastBytes = 64 << 20

// newBallast makes it, unless an operator bounds the heap (GOMEMLIMIT): it would count
// there as memory that is in use.
func newBallast() []byte {
	if debug.SetMemoryLimit(-1) != math.MaxInt64 {
		return nil
	}
	return make([]byte, ballastBytes)
}
