package tesseract

import (
	"errors"
	"strings"
	"testing"
)

// The short names are those of one build of the engine: what is behind them answers as
// it should.
func TestNamesAreThoseOfThisEngine(t *testing.T) {
	engine, err := NewWASM(t.TempDir())
	if len(BuiltIn()) == 0 {
		if !errors.Is(err, ErrAbsent) {
			t.Errorf("without an engine: %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close() //nolint:errcheck // nothing depends on it
	for _, imported := range engine.compiled.ImportedFunctions() {
		module, name, _ := imported.Import()
		f, ok := imports()[name]
		if module != hostModule || !ok {
			t.Errorf("nobody hands in %s.%s", module, name)
		}
		if got, want := imported.ParamTypes(), f.params; string(got) != string(want) || string(imported.ResultTypes()) != string(f.results) {
			t.Errorf("%s takes %v and returns %v", f.name, got, imported.ResultTypes())
		}
	}
	reader, err := engine.Open([]string{"eng"})
	if err != nil {
		t.Fatal(err)
	}
	i, ok := reader.(*instance)
	if !ok {
		t.Fatalf("%T", reader)
	}
	if version, err := i.version(); err != nil || !strings.HasPrefix(version, "5.") {
		t.Errorf("version %q, %v", version, err)
	}
	const exportSegmentation = "hd" // GetPageSegMode(self) mode
	if _, err := i.call(exportSegment, i.self, uint64(SegSparse)); err != nil {
		t.Error(err)
	}
	if mode, err := i.call(exportSegmentation, i.self); err != nil || mode != uint64(SegSparse) {
		t.Errorf("mode %d, %v", mode, err)
	}
	if err := i.Close(); err != nil {
		t.Error(err)
	}
	if _, err := i.call(exportNew); !errors.Is(err, ErrFailed) {
		t.Errorf("after its end: %v", err)
	}
}
