package arch

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sources calls do for each text file that belongs to the project.
func sources(t *testing.T, do func(name string, content []byte)) {
	t.Helper()
	built := []string{".git", "bin", ".cache", "dpp-data", "rapid"} // testdata/rapid: what a failing property left behind
	count := 0
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains(built, entry.Name()):
			return fs.SkipDir
		case !entry.Type().IsRegular():
			return nil
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if !bytes.ContainsRune(content, 0) { // else it is no text
			count++
			do(filepath.ToSlash(strings.TrimPrefix(name, root+string(filepath.Separator))), content)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if count < 30 {
		t.Fatalf("only %d files were looked at", count)
	}
}

// The patterns are written so that they do not match themselves.
var foreign = []struct {
	pattern *regexp.Regexp
	why     string
	but     string // the file that may
}{
	{
		regexp.MustCompile(`(?i)(^|[^\w.-])/(work|root|home/\w+|Users/\w+)[/]\w`),
		"a path of somebody's machine: the project works in any folder",
		"",
	},
	{
		regexp.MustCompile(`\.\.[/]shared\b|\bshared[/](design|truth|accept)`),
		"a file outside the repository: it stands alone; only make looks whether there are true answers beside it",
		"Makefile",
	},
	{
		regexp.MustCompile(`\b(proxy|sum)[.]golang\.org|\bregistry[.](npmjs|yarnpkg)\.|\b(deb|security)[.]debian\.org|\bpypi[.]org|\bcrates[.]io`),
		"the host of a package registry: which one is asked is the machine's affair",
		"",
	},
}

func TestFilesNameNothingOutsideTheRepository(t *testing.T) {
	sources(t, func(name string, content []byte) {
		for _, rule := range foreign {
			if at := rule.pattern.FindIndex(content); at != nil && name != rule.but {
				line := 1 + bytes.Count(content[:at[0]], []byte("\n"))
				t.Errorf("%s:%d: %q: %s", name, line, content[at[0]:at[1]], rule.why)
			}
		}
	})
}

func TestForeignNamesAreRecognised(t *testing.T) {
	slash := "/" // kept apart, so that this file passes the rule that it tests
	for text, want := range map[string]bool{
		"see " + slash + "work/main":              true,
		"cd '" + slash + "home/me/dpp'":           true,
		".." + slash + "shared" + slash + "truth": true,
		"https://registry" + ".npmjs.org/":        true,
		"internal/work/file.go":                   false,
		"a shared folder; /v1/runs; /rooted":      false,
		"https://example.com/work/1":              false,
	} {
		got := false
		for _, rule := range foreign {
			got = got || rule.pattern.MatchString(text)
		}
		if got != want {
			t.Errorf("%q: recognised %t, want %t", text, got, want)
		}
	}
}

const longestFile = 800

// A generated file says so before its package clause, in this form.
var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

func TestGoFilesStaySmall(t *testing.T) {
	sources(t, func(name string, content []byte) {
		lines := bytes.Count(content, []byte("\n"))
		if filepath.Ext(name) == ".go" && lines > longestFile && !generated.Match(content) {
			t.Errorf("%s has %d lines; more than %d are several rooms in one", name, lines, longestFile)
		}
	})
}

// A link of a Markdown page to a file of the repository.
var fileLink = regexp.MustCompile(`\]\(([^)#:\s]+)(#[^)]*)?\)`)

func TestLinksBetweenPagesLeadSomewhere(t *testing.T) {
	sources(t, func(name string, content []byte) {
		if filepath.Ext(name) != ".md" {
			return
		}
		for _, link := range fileLink.FindAllSubmatch(content, -1) {
			target := filepath.Join(root, filepath.Dir(name), string(link[1]))
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s, which is not there", name, link[1])
			}
		}
	})
}
