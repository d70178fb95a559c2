package arch

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// These count or keep money, in their production files and those of their
// subfolders. Patterns that match nothing are for what is still to come.
var nearMoney = []string{
	".", "./internal/ledger/...", "./internal/budget/...", "./internal/runs/...", "./internal/store/...", "./internal/gate/...",
}

const typed = packages.NeedImports | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo

func TestNoFloatComesNearMoney(t *testing.T) {
	loaded, err := Load(root, typed, false, nearMoney...)
	if err != nil {
		t.Fatalf("what does not compile cannot be checked: %v", err)
	}
	var looked []string
	for _, p := range loaded {
		looked = append(looked, strings.TrimPrefix(p.PkgPath, p.Module.Path))
		for _, float := range FindFloats(p) {
			t.Errorf("%s: %s: money is counted in integers, exactly", p.PkgPath, float)
		}
	}
	for _, must := range []string{"", "/internal/ledger", "/internal/budget", "/internal/runs", "/internal/store", "/internal/gate"} {
		if !slices.Contains(looked, must) {
			t.Errorf("%q was not looked at, only %q", must, looked)
		}
	}
}

// The fixture says line by line, in "want" comments, what must be found.
func TestFloatsAreFoundInEveryForm(t *testing.T) {
	loaded, err := Load(".", typed, false, "./testdata/floats")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, float := range FindFloats(loaded[0]) {
		got = append(got, fmt.Sprintf("%s:%d", float.File, float.Line))
	}
	var want []string
	for _, file := range loaded[0].GoFiles {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(content), "\n") {
			if strings.Contains(line, "// want") {
				want = append(want, fmt.Sprintf("%s:%d", filepath.Base(file), i+1))
			}
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || len(want) < 20 {
		t.Errorf("floats were found at\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
