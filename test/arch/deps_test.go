package arch

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// modFile is what `go mod edit -json` tells.
type modFile struct {
	Require []struct {
		Path     string
		Indirect bool
	}
	Tool []struct{ Path string }
}

func readModFile(t *testing.T, dir string) modFile {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json")
	cmd.Dir = filepath.Join(root, dir)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var file modFile
	if err := json.Unmarshal(out, &file); err != nil {
		t.Fatal(err)
	}
	return file
}

// directDependencies are the modules that the project chose itself: those without
// "// indirect", also of the benchmark's own module, and those of its tools.
func directDependencies(t *testing.T) []string {
	t.Helper()
	var direct []string
	for _, module := range []string{".", "test/bench/river"} {
		for _, require := range readModFile(t, module).Require {
			if !require.Indirect {
				direct = append(direct, require.Path)
			}
		}
	}
	tools := readModFile(t, "tools")
	for _, require := range tools.Require {
		for _, tool := range tools.Tool {
			if strings.HasPrefix(tool.Path, require.Path+"/") {
				direct = append(direct, require.Path)
			}
		}
	}
	return direct
}

// A row of the tables in docs/dependencies.md: the module, why, what to watch.
var dependencyRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([^|]+) \\|")

func TestEveryDirectDependencyIsExplained(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	var explained []string
	for _, row := range dependencyRow.FindAllStringSubmatch(string(page), -1) {
		explained = append(explained, row[1])
	}
	direct := directDependencies(t)
	for _, path := range direct {
		if !slices.Contains(explained, path) {
			t.Errorf("docs/dependencies.md does not say why %s is used", path)
		}
	}
	for _, path := range explained {
		if !slices.Contains(direct, path) {
			t.Errorf("docs/dependencies.md explains %s, which nothing uses directly", path)
		}
	}
}
