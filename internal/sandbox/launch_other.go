//go:build !linux

package sandbox

import (
	"os"
	"syscall"
)

const namespaces = false

// attributes: the group of its own keeps Ctrl-C away from the child, whose parent
// decides when it ends.
func attributes(bool) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func renounce() {}

func executable() (string, error) { return os.Executable() }
