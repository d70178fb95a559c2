package tesseract

import (
	"bytes"
	"compress/gzip"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"dpp/internal/document/linear"
)

// assets are what `make assets` brings; a fresh clone has a page there that says so.
//
//go:embed assets
var assets embed.FS

const (
	assetFolder = "assets"
	engineFile  = "tesseract-core-simd-lstm.wasm"
	modelSuffix = ".traineddata"
	packed      = ".gz" // behind that, of models that are embedded so
	// modelFolder is where an instance finds its languages.
	modelFolder = "/"
	// maxModel bounds an unpacked language; the largest that there is has a quarter.
	maxModel = 64 << 20
)

// BuiltIn are the languages that this program reads by itself, sorted; none where it
// was built without an engine.
func BuiltIn() []string {
	if _, err := assets.Open(path.Join(assetFolder, engineFile)); err != nil {
		return nil
	}
	entries, err := assets.ReadDir(assetFolder)
	if err != nil {
		return nil
	}
	var all []string
	for _, entry := range entries {
		if name, ok := strings.CutSuffix(strings.TrimSuffix(entry.Name(), packed), modelSuffix); ok {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// WASM is the engine that is part of this program: WebAssembly with its own memory, no
// files and no system calls.
type WASM struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	models   map[string][]byte // unpacked, by language
}

// memoryPages bounds an instance's memory, in pages of 64 KiB.
const memoryPages = 192 << 20 / (64 << 10)

// NewWASM compiles the engine, or takes what was compiled before out of the folder
// cache; empty: there is none. The error is [ErrAbsent] where it was not built in.
func NewWASM(cache string) (*WASM, error) {
	code, err := assets.ReadFile(path.Join(assetFolder, engineFile))
	if err != nil {
		return nil, ErrAbsent
	}
	config := wazero.NewRuntimeConfig().WithCoreFeatures(api.CoreFeaturesV2).WithMemoryLimitPages(memoryPages)
	if cache != "" {
		kept, err := wazero.NewCompilationCacheWithDir(cache)
		if err != nil {
			return nil, errors.New("the cache folder cannot be used")
		}
		config = config.WithCompilationCache(kept)
	}
	ctx := context.Background() // a child's life
	w := &WASM{runtime: wazero.NewRuntimeWithConfig(ctx, config), models: map[string][]byte{}}
	if err = defineHost(ctx, w.runtime); err == nil {
		w.compiled, err = w.runtime.CompileModule(linear.Compiling(ctx), code)
	}
	if err != nil {
		return nil, errors.Join(errors.New("the OCR engine could not be compiled"), w.Close())
	}
	return w, nil
}

// Close gives back what the engine holds.
func (w *WASM) Close() error { return w.runtime.Close(context.Background()) }

// Languages are those built in.
func (w *WASM) Languages() []string { return BuiltIn() }

// model returns a language, unpacked once.
func (w *WASM) model(name string) ([]byte, error) {
	if model := w.models[name]; model != nil {
		return model, nil
	}
	file := path.Join(assetFolder, name+modelSuffix)
	model, err := assets.ReadFile(file)
	if err != nil {
		model, err = unpack(file + packed)
	}
	if err != nil {
		return nil, err
	}
	w.models[name] = model
	return model, nil
}

func unpack(file string) ([]byte, error) {
	content, err := assets.ReadFile(file)
	if err != nil {
		return nil, ErrLanguage
	}
	reader, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(reader, maxModel))
}

// Open starts an instance, which no picture was in.
func (w *WASM) Open(languages []string) (Reader, error) {
	names, err := list(languages, w.Languages())
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, name := range languages {
		model, err := w.model(name)
		if err != nil {
			return nil, fmt.Errorf("%w: a language cannot be unpacked", ErrFailed)
		}
		files[modelFolder+name+".traineddata"] = model
	}
	ctx := linear.With(context.WithValue(context.Background(), hostKey{}, newHost(files)))
	module, err := w.runtime.InstantiateModule(ctx, w.compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions(exportStart))
	if err != nil {
		return nil, fmt.Errorf("%w: it does not start", ErrFailed)
	}
	i := &instance{ctx: ctx, module: module}
	if err := i.init(names); err != nil {
		return nil, errors.Join(err, i.Close())
	}
	return i, nil
}
