package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// realSleeps returns the lines where a file lets real time pass: it names time.Sleep
// and holds no testing/synctest bubble, in which sleeping takes no time.
func realSleeps(name string, content []byte) ([]int, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, content, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(file.Imports, func(s *ast.ImportSpec) bool { return s.Path.Value == `"testing/synctest"` }) {
		return nil, nil
	}
	var lines []int
	ast.Inspect(file, func(node ast.Node) bool {
		if selector, ok := node.(*ast.SelectorExpr); ok && selector.Sel.Name == "Sleep" {
			if of, ok := selector.X.(*ast.Ident); ok && of.Name == "time" {
				lines = append(lines, files.Position(selector.Pos()).Line)
			}
		}
		return true
	})
	return lines, nil
}

// The linters forbid time.Sleep in production files, and leave tests to this.
func TestNoTestWaitsBySleeping(t *testing.T) {
	sources(t, func(name string, content []byte) {
		if filepath.Ext(name) != ".go" || !isTestCode(name) {
			return
		}
		lines, err := realSleeps(name, content)
		if err != nil {
			t.Error(err)
		}
		for _, line := range lines {
			t.Errorf("%s:%d: time.Sleep: wait for a signal, or use a testing/synctest bubble", name, line)
		}
	})
}

func isTestCode(name string) bool {
	at, ok := locate(Rooms(), path.Dir(name))
	return strings.HasSuffix(name, "_test.go") || ok && at.room.TestOnly
}

func TestSleepsAreRecognised(t *testing.T) {
	const sleep = "\"time\"\n)\n\nfunc f() { time.Sleep(1) }\n\nvar g = time.Sleep\n"
	for imported, want := range map[string]int{`"os"`: 2, `"testing/synctest"`: 0} {
		content := []byte("package p\n\nimport (\n" + imported + "\n" + sleep)
		if lines, err := realSleeps("p.go", content); err != nil || len(lines) != want {
			t.Errorf("with %s: sleeps at %v (%v), want %d of them", imported, lines, err, want)
		}
	}
}
