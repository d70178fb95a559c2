package arch

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What bash 3.2 or the tools of macOS do not know, and what to write instead.
var unportable = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`\b(declare|local|typeset) -[a-z]*[Ang]`), "no associative arrays and name references: use a case or a function"},
	{regexp.MustCompile(`\b(mapfile|readarray|coproc)\b`), "read in a loop"},
	{regexp.MustCompile(`\$\{\w+(,,?|\^\^?|@[A-Z])\}`), "use tr"},
	{regexp.MustCompile(`&>>|\|&|;;?&`), "write the redirection out, or split the case"},
	{regexp.MustCompile(`\bwait -n\b|\bread -[a-z]*N|\bprintf -v\b.*\[|\$EPOCH`), "bash 3.2 has none of these"},
	{regexp.MustCompile(`\bsed (-\w+ )*-[a-zE]*i`), "write to a new file and move it"},
	{regexp.MustCompile(`\bgrep (-\w+ )*-\w*P`), "use -E"},
	{regexp.MustCompile(`(^|[^\w.-])(readlink -f|realpath|tac|timeout|nproc|setsid|shuf|sort -V|stat -c|date -d|xargs -r|mktemp --|head -n -|cp -t|base64 -w)\b`), "macOS has none of these"},
}

func unportableIn(line string) string {
	for _, rule := range unportable {
		if rule.pattern.MatchString(line) {
			return rule.instead
		}
	}
	return ""
}

func TestScriptsRunEverywhere(t *testing.T) {
	count := 0
	sources(t, func(name string, content []byte) {
		isScript := bytes.HasPrefix(content, []byte("#!"))
		if !isScript && name != "Makefile" {
			return
		}
		for i, line := range strings.Split(string(content), "\n") {
			if instead := unportableIn(line); instead != "" {
				t.Errorf("%s:%d: %s: %s", name, i+1, strings.TrimSpace(line), instead)
			}
		}
		if isScript {
			count++
			checkScript(t, name, content)
		}
	})
	if count < 5 {
		t.Errorf("only %d scripts were found", count)
	}
}

func checkScript(t *testing.T, name string, content []byte) {
	t.Helper()
	path := filepath.Join(root, name)
	if info, err := os.Stat(path); err != nil || info.Mode()&0o111 == 0 {
		t.Errorf("%s is a script that cannot be executed (%v)", name, err)
	}
	if !bytes.HasPrefix(content, []byte("#!/usr/bin/env bash\n")) {
		t.Errorf("%s: start scripts with #!/usr/bin/env bash", name)
	}
	if !regexp.MustCompile(`(?m)^set -eu(o pipefail)?$`).Match(content) {
		t.Errorf("%s goes on after a failure: write set -eu", name)
	}
	if out, err := exec.CommandContext(t.Context(), "bash", "-n", path).CombinedOutput(); err != nil {
		t.Errorf("%s: %v: %s", name, err, out)
	}
}

func TestUnportableLinesAreRecognised(t *testing.T) {
	for line, want := range map[string]bool{
		"declare" + " -A seen":            true,
		"map" + "file -t lines <file":     true,
		`echo "${name` + `,,}"`:           true,
		"make test &" + ">>log":           true,
		"sed " + "-i s/a/b/ file":         true,
		"sed -n " + "-i s/a/b/ file":      true,
		"grep " + "-oP x":                 true,
		"dir=$(readlink" + " -f .)":       true,
		"time" + "out 5 make test":        true,
		"go test -timeout 5m":             false,
		"x.test -test.timeout 5m":         false,
		`sed -n 's/.*-i//p'`:              false,
		`echo "${name:-x}" >>log 2>&1`:    false,
		"local name=$1; grep -q ^x file":  false,
		`case $x in a) y ;; esac; go & :`: false,
	} {
		if got := unportableIn(line) != ""; got != want {
			t.Errorf("%q: recognised %t, want %t", line, got, want)
		}
	}
}
