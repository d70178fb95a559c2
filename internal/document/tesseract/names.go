package tesseract

import "github.com/tetratelabs/wazero/api"

// Emscripten's names were minified when the engine was built, so they are those of one
// build: tesseract-core-simd-lstm.wasm of tesseract.js-core 7.0.0. They were found in
// the loader that lies beside it, tesseract-core-simd-lstm.js, which hands each import
// in under its short name (`Xh={P:function…`) and takes each export out of it
// (`e._emscripten_bind_TessBaseAPI_Init_3=pf=c.ad`). A test asks the engine for its
// version and has it read a page.
const (
	hostModule = "a" // the module that all imports come from

	exportMemory  = "T"
	exportStart   = "U"  // __wasm_call_ctors
	exportFree    = "wf" // free(pointer)
	exportMalloc  = "xf" // malloc(bytes) pointer
	exportSetThrw = "Af" // setThrew(threw, value)
	exportRestore = "Bf" // _emscripten_stack_restore(pointer)
	exportStack   = "Cf" // emscripten_stack_get_current() pointer

	exportNew        = "Kc" // TessBaseAPI() self
	exportVersion    = "Lc" // Version(self) string
	exportInit       = "ad" // Init(self, folder, languages, engine mode) int; 0: done
	exportVariable   = "Tc" // SetVariable(self, name, value) bool
	exportSegment    = "gd" // SetPageSegMode(self, mode)
	exportSetImage   = "ld" // SetImage(self, pixels, width, height, bytes per pixel, bytes per line, EXIF orientation, float angle)
	exportResolution = "nd" // SetSourceResolution(self, dpi)
	exportRecognize  = "Ed" // Recognize(self, monitor) int; 0: done
	exportText       = "Id" // GetUTF8Text(self) string, which the caller frees
	exportTSV        = "Ld" // GetTSVText(self, page) string, which the caller frees
	exportClear      = "Rd" // Clear(self)
)

// Types of WebAssembly, short for the table below.
const (
	i32 = api.ValueTypeI32
	i64 = api.ValueTypeI64
	f64 = api.ValueTypeF64
)

// imports are all that the engine asks for, by its short name for it.
func imports() map[string]hostFunction {
	return map[string]hostFunction{
		// Memory and files.
		"u": {"emscripten_resize_heap", types(i32), types(i32), (*host).resizeHeap},
		"n": {"__syscall_openat", types(i32, i32, i32, i32), types(i32), (*host).openat},
		"o": {"fd_read", types(i32, i32, i32, i32), types(i32), (*host).fdRead},
		"E": {"fd_seek", types(i32, i64, i32, i32), types(i32), (*host).fdSeek},
		"l": {"fd_write", types(i32, i32, i32, i32), types(i32), (*host).fdWrite},
		"m": {"fd_close", types(i32), types(i32), (*host).fdClose},

		// Calls through the table, which setjmp needs, and the jump back.
		"c": {"invoke_ii", types(i32, i32), types(i32), (*host).invoke},
		"e": {"invoke_iii", types(i32, i32, i32), types(i32), (*host).invoke},
		"b": {"invoke_iiii", types(i32, i32, i32, i32), types(i32), (*host).invoke},
		"h": {"invoke_iiiii", types(i32, i32, i32, i32, i32), types(i32), (*host).invoke},
		"i": {"invoke_iiiiii", types(i32, i32, i32, i32, i32, i32), types(i32), (*host).invoke},
		"d": {"invoke_vi", types(i32, i32), nil, (*host).invoke},
		"f": {"invoke_vii", types(i32, i32, i32), nil, (*host).invoke},
		"g": {"invoke_viii", types(i32, i32, i32, i32), nil, (*host).invoke},
		"j": {"invoke_viiii", types(i32, i32, i32, i32, i32), nil, (*host).invoke},
		"q": {"invoke_viiiii", types(i32, i32, i32, i32, i32, i32), nil, (*host).invoke},
		"r": {"invoke_viiiiiiiii", types(i32, i32, i32, i32, i32, i32, i32, i32, i32, i32), nil, (*host).invoke},
		"t": {"_emscripten_throw_longjmp", nil, nil, (*host).throwLongjmp},

		// The engine's ends.
		"a": {"__assert_fail", types(i32, i32, i32, i32), nil, (*host).trap},
		"k": {"__cxa_throw", types(i32, i32, i32), nil, (*host).trap},
		"N": {"abort", nil, nil, (*host).trap},
		"R": {"exit", types(i32), nil, (*host).trap},
		// What this build leaves out, as the models that it needs are not there.
		"P": {"TessBaseAPI::GetOsdText", types(i32, i32), types(i32), (*host).trap},
		"S": {"TessBaseAPI::ClearAdaptiveClassifier", types(i32), nil, (*host).trap},
		"J": {"TessBaseAPI::DetectOS", types(i32, i32), types(i32), (*host).trap},
		"y": {"OSResults::print_scores", types(i32), nil, (*host).trap},

		// A world without a clock, an environment, and any files but those above.
		"L": {"emscripten_date_now", nil, types(f64), (*host).zero},
		"M": {"clock_time_get", types(i32, i64, i32), types(i32), (*host).noCall},
		"A": {"_gmtime_js", types(i64, i32), nil, (*host).zero},
		"B": {"_localtime_js", types(i64, i32), nil, (*host).zero},
		"C": {"_mktime_js", types(i32), types(i64), (*host).zero},
		"D": {"_tzset_js", types(i32, i32, i32, i32), nil, (*host).zero},
		"F": {"environ_get", types(i32, i32), types(i32), (*host).zero},
		"G": {"environ_sizes_get", types(i32, i32), types(i32), (*host).environSizes},
		"Q": {"embedded files", types(i32), nil, (*host).zero},
		"s": {"emscripten_asm_const_int", types(i32, i32, i32), types(i32), (*host).zero},
		"p": {"__syscall_fcntl64", types(i32, i32, i32), types(i32), (*host).noSyscall},
		"O": {"__syscall_ioctl", types(i32, i32, i32), types(i32), (*host).noSyscall},
		"K": {"__syscall_fstat64", types(i32, i32), types(i32), (*host).noSyscall},
		"I": {"__syscall_newfstatat", types(i32, i32, i32, i32), types(i32), (*host).noSyscall},
		"H": {"__syscall_getcwd", types(i32, i32), types(i32), (*host).noSyscall},
		"v": {"__syscall_rmdir", types(i32), types(i32), (*host).noSyscall},
		"w": {"__syscall_unlinkat", types(i32, i32, i32), types(i32), (*host).noSyscall},
		"x": {"_mmap_js", types(i32, i32, i32, i32, i64, i32, i32), types(i32), (*host).noSyscall},
		"z": {"_munmap_js", types(i32, i32, i32, i32, i32, i64), types(i32), (*host).noSyscall},
	}
}

func types(all ...api.ValueType) []api.ValueType { return all }
