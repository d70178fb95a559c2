// Package linear gives instances of WebAssembly memory of the system's, and the compiler
// the processors that a child has.
package linear

import (
	"context"

	"github.com/tetratelabs/wazero/experimental"
	"golang.org/x/sys/unix"
)

// With has instances that are made with a context take their memory from the system: it
// grows where it is, and goes back at once. Memory of Go's would be copied each time it
// grows, with old and new beside each other, and be there until it is collected.
//
// Nothing of an instance's memory may be touched once it was closed.
func With(ctx context.Context) context.Context {
	return experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(
		func(_, most uint64) experimental.LinearMemory { return &memory{most: most} }))
}

// Compiling has modules that are compiled with a context compiled by two threads, which is
// as many as a child of the sandbox runs at once. Each takes memory of its own.
func Compiling(ctx context.Context) context.Context {
	const threads = 2
	return experimental.WithCompilationWorkers(ctx, threads)
}

// memory is that of one instance: addresses for all that it may have, of which it uses a
// part.
type memory struct {
	most     uint64
	reserved []byte
	used     uint64
}

// Reallocate makes the memory so large. Nil: there is no more.
func (m *memory) Reallocate(size uint64) []byte {
	if m.reserved == nil {
		reserved, err := unix.Mmap(-1, 0, int(m.most), unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON) //nolint:gosec // whoever makes the instance bounds it
		if err != nil {
			return nil
		}
		m.reserved = reserved
	}
	if size > m.most {
		return nil
	}
	if size > m.used {
		if err := unix.Mprotect(m.reserved[m.used:size], unix.PROT_READ|unix.PROT_WRITE); err != nil {
			return nil
		}
		m.used = size
	}
	return m.reserved[:size:size]
}

// Free gives the memory back.
func (m *memory) Free() {
	if m.reserved != nil {
		_ = unix.Munmap(m.reserved) // nothing could be done about it
	}
	m.reserved, m.used = nil, 0
}
