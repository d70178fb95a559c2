package evalpack

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// workers is how many goroutines do the work of n parts: one for each processor.
func workers(n int) int { return min(n, runtime.GOMAXPROCS(0)) }

// parallel calls do for the parts 0 to n-1, on a number of goroutines, which are numbered
// from 0, and returns when all have ended. A panic of one comes out here, where whoever runs the pack
// can catch it.
func parallel(n, goroutines int, do func(goroutine, i int)) {
	var next atomic.Int64
	var failed atomic.Pointer[any]
	var group sync.WaitGroup
	for g := range goroutines {
		group.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					failed.CompareAndSwap(nil, &v)
				}
			}()
			for i := next.Add(1) - 1; i < int64(n) && failed.Load() == nil; i = next.Add(1) - 1 {
				do(g, int(i))
			}
		})
	}
	group.Wait()
	if v := failed.Load(); v != nil {
		panic(*v)
	}
}
