package tesseract

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero/api"

	"dpp/internal/document/picture"
)

// instance is the engine at work, as WebAssembly.
type instance struct {
	ctx    context.Context //nolint:containedctx // it holds the instance's host, and ends with nothing
	module api.Module
	self   uint64 // the engine's own object
}

// lstmOnly is the one mode of recognition that this build has.
const lstmOnly = 1

// init makes the engine's object and loads languages.
func (i *instance) init(languages string) error {
	self, err := i.call(exportNew)
	if err != nil {
		return err
	}
	i.self = self
	failed, err := i.callWith(exportInit, []string{modelFolder, languages}, lstmOnly)
	if err == nil && failed != 0 {
		err = fmt.Errorf("%w: it does not take a language", ErrFailed)
	}
	if err == nil {
		_, err = i.callWith(exportVariable, []string{spacesVariable, spacesValue})
	}
	return err
}

// version is that of the engine.
func (i *instance) version() (string, error) {
	pointer, err := i.call(exportVersion, i.self)
	if err != nil {
		return "", err
	}
	return readText(i.module.Memory(), uint32(pointer), 64), nil //nolint:gosec // an i32
}

// Read reads a picture.
func (i *instance) Read(_ context.Context, g *picture.Gray, seg Segmentation) (*Page, error) {
	if err := g.Check(); err != nil {
		return nil, err
	}
	if err := i.show(g, seg); err != nil {
		return nil, err
	}
	failed, err := i.call(exportRecognize, i.self, 0)
	if err == nil && failed != 0 {
		err = fmt.Errorf("%w: it cannot read the picture", ErrFailed)
	}
	if err != nil {
		return nil, err
	}
	table, err := i.text(exportTSV, i.self, 0)
	if err != nil {
		return nil, err
	}
	text, err := i.text(exportText, i.self)
	if err != nil {
		return nil, err
	}
	if _, err := i.call(exportClear, i.self); err != nil {
		return nil, err
	}
	return parse(table, text, g)
}

// show has the engine take the picture over.
func (i *instance) show(g *picture.Gray, seg Segmentation) error {
	const bytesPerPixel, upright, level = 1, 1, 0
	pixels, err := i.put(g.Pix)
	if err != nil {
		return err
	}
	width, height := uint64(g.Width), uint64(g.Height) //nolint:gosec // they were checked
	for _, step := range []struct {
		name   string
		params []uint64
	}{
		{exportSegment, []uint64{uint64(seg)}}, //nolint:gosec // one of few
		{exportSetImage, []uint64{pixels, width, height, bytesPerPixel, width, upright, level}},
		{exportResolution, []uint64{uint64(dpi(g))}}, //nolint:gosec // it is bounded
	} {
		if _, err := i.call(step.name, append([]uint64{i.self}, step.params...)...); err != nil {
			return err
		}
	}
	i.free(pixels) // it has a copy
	return nil
}

// Close ends the instance. Nothing of it is left.
func (i *instance) Close() error { return i.module.Close(i.ctx) }

// call calls an export. What an error of the runtime says is about the engine's code. The
// memory of an instance that was closed is gone, and may not be touched.
func (i *instance) call(name string, params ...uint64) (uint64, error) {
	if i.module.IsClosed() {
		return 0, fmt.Errorf("%w: it was closed", ErrFailed)
	}
	results, err := i.module.ExportedFunction(name).Call(i.ctx, params...)
	if err != nil {
		return 0, fmt.Errorf("%w: it ended in the middle of its work", ErrFailed)
	}
	if len(results) == 0 {
		return 0, nil
	}
	return results[0], nil
}

// callWith calls an export of the engine's object whose first parameters are strings.
func (i *instance) callWith(name string, texts []string, params ...uint64) (uint64, error) {
	all := []uint64{i.self}
	for _, text := range texts {
		pointer, err := i.put([]byte(text + "\x00"))
		if err != nil {
			return 0, err
		}
		defer i.free(pointer)
		all = append(all, pointer)
	}
	return i.call(name, append(all, params...)...)
}

// text calls an export that returns a string, and frees that.
func (i *instance) text(name string, params ...uint64) (string, error) {
	pointer, err := i.call(name, params...)
	if err != nil {
		return "", err
	}
	text := readText(i.module.Memory(), uint32(pointer), maxTable+1) //nolint:gosec // an i32
	i.free(pointer)
	return text, nil
}

// put copies bytes into the engine's memory.
func (i *instance) put(content []byte) (uint64, error) {
	pointer, err := i.call(exportMalloc, uint64(len(content)))
	if err != nil {
		return 0, err
	}
	if pointer == 0 || !i.module.Memory().Write(uint32(pointer), content) { //nolint:gosec // an i32
		return 0, fmt.Errorf("%w: the picture is too large for its memory", ErrFailed)
	}
	return pointer, nil
}

// free gives memory back. Where that fails the next call does, too.
func (i *instance) free(pointer uint64) { _, _ = i.call(exportFree, pointer) }

// readText reads a string that ends with a zero, cut to a limit.
func readText(memory api.Memory, pointer uint32, limit int) string {
	available := min(int64(memory.Size())-int64(pointer), int64(limit))
	if available <= 0 {
		return ""
	}
	text, _ := memory.Read(pointer, uint32(available)) //nolint:gosec // it is bounded
	for i, b := range text {
		if b == 0 {
			return string(text[:i])
		}
	}
	return string(text)
}
