package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"strconv"
	"testing"
)

// packageNames returns the lines of a file where a string is the import path of one
// of the given packages. Import declarations are none of them.
func packageNames(name string, content []byte, paths map[string]bool) ([]int, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, content, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var lines []int
	ast.Inspect(file, func(node ast.Node) bool {
		if _, ok := node.(*ast.ImportSpec); ok {
			return false
		}
		if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if text, err := strconv.Unquote(literal.Value); err == nil && paths[text] {
				lines = append(lines, files.Position(literal.Pos()).Line)
			}
		}
		return true
	})
	return lines, nil
}

func TestTheModuleCanBeRenamed(t *testing.T) {
	module, list := project(t)
	paths := map[string]bool{}
	for _, p := range list {
		if p.Dir != "." { // the root's own path may be any word
			paths[path.Join(module, p.Dir)] = true
		}
	}
	sources(t, func(name string, content []byte) {
		if filepath.Ext(name) != ".go" {
			return
		}
		lines, err := packageNames(name, content, paths)
		if err != nil {
			t.Error(err)
		}
		for _, line := range lines {
			t.Errorf("%s:%d names a package by its path in a string, which make rename cannot change: name its folder", name, line)
		}
	})
}

func TestPackageNamesInStringsAreRecognised(t *testing.T) {
	const source = "package p\n\nimport \"m/a\"\n\nconst x = \"m/a\"\n\nvar y = f(`m/a`, \"m/ab\", \"m/a/b\", a.B)\n"
	lines, err := packageNames("p.go", []byte(source), map[string]bool{"m/a": true})
	if err != nil || len(lines) != 2 || lines[0] != 5 || lines[1] != 7 {
		t.Errorf("found on lines %v (%v), want 5 and 7", lines, err)
	}
}
