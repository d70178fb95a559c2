package servers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// program finds a command in one of the folders, which may be patterns, or on the
// PATH. Of several versions it takes the newest.
func program(name string, folders ...string) (string, error) {
	var found []string
	for _, folder := range folders {
		matches, err := filepath.Glob(filepath.Join(folder, name))
		if err != nil {
			return "", err
		}
		found = append(found, matches...)
	}
	if len(found) > 0 {
		return slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) }), nil
	}
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	return "", notInstalled(name)
}

var numbers = regexp.MustCompile(`\d+`)

// version is the last number in the path of a folder, such as the 15 of
// /usr/lib/postgresql/15/bin.
func version(path string) int {
	found := numbers.FindAllString(filepath.Dir(path), -1)
	if len(found) == 0 {
		return 0
	}
	number, err := strconv.Atoi(found[len(found)-1])
	if err != nil {
		return 0
	}
	return number
}

func notInstalled(name string) error {
	return fmt.Errorf("%s is not installed; this installs it: %s", name, filepath.Join(checkout, "scripts", "deps"))
}

// Checkout is the root of the repository, above the folder in which the process
// started; empty where there is none.
func Checkout() string { return checkout }

var checkout = func() string {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "scripts", "deps")); missing == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	return ""
}()
