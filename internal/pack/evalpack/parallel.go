package evalpack

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel calls do for 0 to n-1, on as many goroutines as there are processors, and
// returns when all have ended. A panic of one comes out here, where whoever runs the pack
// can catch it.
func parallel(n int, do func(i int)) {
	var next atomic.Int64
	var failed atomic.Pointer[any]
	var workers sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					failed.CompareAndSwap(nil, &v)
				}
			}()
			for i := next.Add(1) - 1; i < int64(n) && failed.Load() == nil; i = next.Add(1) - 1 {
				do(int(i))
			}
		})
	}
	workers.Wait()
	if v := failed.Load(); v != nil {
		panic(*v)
	}
}
