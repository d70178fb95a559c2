//go:build !linux

package tesseract

import "syscall"

// attributes keep Ctrl-C away from the program.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// limit does nothing: other systems limit nobody else's memory.
func limit(int) {}
