// Package arch guards the structure of the project by tests: which package may
// import which, that no float comes near money, that dependencies are explained,
// that files stay small and scripts portable. Its rules stand in tables, each
// with its reason; where a rule is in the way, change the table and say why.
package arch

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// Load reads packages of the module in folder dir, and fails where one of them
// cannot be read: a package that is not looked at is not guarded. Patterns that
// match nothing are fine.
func Load(dir string, mode packages.LoadMode, tests bool, patterns ...string) ([]*packages.Package, error) {
	mode |= packages.NeedName | packages.NeedFiles | packages.NeedModule
	config := &packages.Config{Mode: mode, Dir: dir, Tests: tests}
	loaded, err := packages.Load(config, patterns...)
	if err != nil {
		return nil, fmt.Errorf("loading packages: %w", err)
	}
	var broken []error
	for _, p := range loaded {
		for _, e := range p.Errors {
			broken = append(broken, e)
		}
	}
	return loaded, errors.Join(broken...)
}

// Findings are places where a rule does not hold, one sentence each.
type Findings []string

func (f *Findings) add(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(*f, text) {
		*f = append(*f, text)
	}
}

// String gives one finding a line.
func (f Findings) String() string { return strings.Join(f, "\n") }
