package tesseract

import (
	"context"
	"errors"
	"io"
	"math"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental/table"
)

// host is the world of one instance of the engine: a few files that can be read, and
// nothing else.
type host struct {
	files map[string][]byte // by path
	open  map[uint32]*openFile
	next  uint32 // descriptor
}

type openFile struct {
	content []byte
	at      int64
}

func newHost(files map[string][]byte) *host {
	return &host{files: files, open: map[uint32]*openFile{}, next: 3}
}

// hostFunction is one thing that the engine may ask for: its parameters are on the
// stack, and its result is put there.
type hostFunction struct {
	name    string
	params  []api.ValueType
	results []api.ValueType
	call    func(h *host, c call)
}

// call is one call of a host function.
type call struct {
	ctx    context.Context //nolint:containedctx // it lives as long as the call
	module api.Module
	of     *hostFunction
	memory api.Memory
	stack  []uint64
}

// i32 is a parameter. Upper bits of what is on the stack for one mean nothing.
func (c call) i32(i int) uint32 { return uint32(c.stack[i]) } //nolint:gosec // that is the point

func (c call) answer(n uint32) {
	if len(c.of.results) > 0 {
		c.stack[0] = uint64(n)
	}
}

// hostKey is where a context has the host of the instance that runs.
type hostKey struct{}

// defineHost makes the module that all instances import from.
func defineHost(ctx context.Context, runtime wazero.Runtime) error {
	builder := runtime.NewHostModuleBuilder(hostModule)
	for short, f := range imports() {
		builder.NewFunctionBuilder().WithName(f.name).WithGoModuleFunction(
			api.GoModuleFunc(func(ctx context.Context, m api.Module, stack []uint64) {
				h, ok := ctx.Value(hostKey{}).(*host)
				if !ok {
					panic(errTrap)
				}
				f.call(h, call{ctx: ctx, module: m, of: &f, memory: m.Memory(), stack: stack})
			}), f.params, f.results).Export(short)
	}
	_, err := builder.Instantiate(ctx)
	return err
}

// Ends of a call that come as a panic, which the runtime turns into an error.
var (
	errTrap = errors.New("it ended itself")
	errJump = errors.New("it jumped out")
	errHeap = errors.New("it has pointers that lead nowhere")
)

// Numbers of errors, as Emscripten has them.
const (
	errnoBadFile   = 8
	errnoInvalid   = 28
	errnoNoFile    = 44
	errnoNoSyscall = 52
)

func (h *host) trap(call) { panic(errTrap) }

// zero answers 0 where there is anything to answer.
func (h *host) zero(c call) { c.answer(0) }

// noCall answers a call of WASI with "no such call".
func (h *host) noCall(c call) { c.answer(errnoNoSyscall) }

// noSyscall answers a call of Linux with "no such call", where errors are below zero.
func (h *host) noSyscall(c call) { c.answer(negative(errnoNoSyscall)) }

func negative(errno int32) uint32 { return uint32(-errno) } //nolint:gosec // two's complement, as the engine reads it

// environSizes says that there are no variables.
func (h *host) environSizes(c call) {
	c.put(c.i32(0), 0)
	c.put(c.i32(1), 0)
	c.answer(0)
}

// put writes a word into the engine's memory.
func (c call) put(pointer, value uint32) {
	if !c.memory.WriteUint32Le(pointer, value) {
		panic(errHeap)
	}
}

func (c call) get(pointer uint32) uint32 {
	value, ok := c.memory.ReadUint32Le(pointer)
	if !ok {
		panic(errHeap)
	}
	return value
}

// resizeHeap grows the memory to so many bytes, and some more, so that it is not asked
// for each page: 1 for yes.
func (h *host) resizeHeap(c call) {
	const page, more = 64 << 10, 4 << 20
	have, want := c.memory.Size(), c.i32(0)
	if want <= have {
		c.answer(1)
		return
	}
	for _, slack := range []uint32{more, 0} {
		if want > math.MaxUint32-slack-page {
			continue
		}
		if _, ok := c.memory.Grow((want + slack - have + page - 1) / page); ok {
			c.answer(1)
			return
		}
	}
	c.answer(0)
}

// maxPath bounds a path; those that are asked for have twenty characters.
const maxPath = 256

func (h *host) openat(c call) {
	path := c.text(c.i32(1), maxPath)
	content, ok := h.files[path]
	if !ok {
		c.answer(negative(errnoNoFile))
		return
	}
	fd := h.next
	h.next++
	h.open[fd] = &openFile{content: content}
	c.answer(fd)
}

// text reads a string that ends with a zero.
func (c call) text(pointer uint32, limit int) string { return readText(c.memory, pointer, limit) }

func (h *host) fdClose(c call) {
	delete(h.open, c.i32(0))
	c.answer(0)
}

// fdSeek moves where a file is read: from its beginning, from there, from its end.
func (h *host) fdSeek(c call) {
	file := h.open[c.i32(0)]
	if file == nil {
		c.answer(errnoBadFile)
		return
	}
	at, size := int64(c.stack[1]), int64(len(file.content)) //nolint:gosec // an offset has a sign
	if at < -size || at > size {
		c.answer(errnoInvalid)
		return
	}
	switch c.i32(2) {
	case io.SeekStart:
	case io.SeekCurrent:
		at += file.at
	case io.SeekEnd:
		at += size
	}
	if at < 0 || at > size {
		c.answer(errnoInvalid)
		return
	}
	file.at = at
	if !c.memory.WriteUint64Le(c.i32(3), uint64(at)) {
		panic(errHeap)
	}
	c.answer(0)
}

// vectors calls for each of the pieces of memory that a call names.
func (c call) vectors(each func(piece []byte) (goOn bool)) {
	first, count := c.i32(1), c.i32(2)
	for i := range min(count, 1024) {
		piece, ok := c.memory.Read(c.get(first+8*i), c.get(first+8*i+4))
		if !ok {
			panic(errHeap)
		}
		if !each(piece) {
			return
		}
	}
}

func (h *host) fdRead(c call) {
	file := h.open[c.i32(0)]
	if file == nil {
		c.answer(errnoBadFile)
		return
	}
	var total uint32
	c.vectors(func(piece []byte) bool {
		n := copy(piece, file.content[file.at:])
		file.at += int64(n)
		total += uint32(n) //nolint:gosec // at most the memory's size
		return n == len(piece)
	})
	c.put(c.i32(3), total)
	c.answer(0)
}

// fdWrite takes what the engine says, which is about the picture, and drops it.
func (h *host) fdWrite(c call) {
	var total uint32
	c.vectors(func(piece []byte) bool {
		total += uint32(len(piece)) //nolint:gosec // at most the memory's size
		return true
	})
	c.put(c.i32(3), total)
	c.answer(0)
}

// invoke calls a function of the engine's table, which its first parameter names. A
// jump out of it ends here: the stack is put back, and the caller told.
func (h *host) invoke(c call) {
	stack := call1(c, exportStack)
	f := table.LookupFunction(c.module, 0, c.i32(0), c.of.params[1:], c.of.results)
	results, err := f.Call(c.ctx, c.stack[1:len(c.of.params)]...)
	switch {
	case err == nil && len(results) > 0:
		c.stack[0] = results[0]
	case errors.Is(err, errJump):
		call1(c, exportRestore, stack)
		call1(c, exportSetThrw, 1, 0)
		c.answer(0)
	case err != nil:
		panic(err)
	}
}

func (h *host) throwLongjmp(call) { panic(errJump) }

// call1 calls an export, and returns its result if it has one.
func call1(c call, name string, params ...uint64) uint64 {
	results, err := c.module.ExportedFunction(name).Call(c.ctx, params...)
	if err != nil {
		panic(err)
	}
	if len(results) == 0 {
		return 0
	}
	return results[0]
}
