package tesseract

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// programMemory bounds what the program may have, in bytes; a page takes a tenth.
const programMemory = 1 << 30

// attributes have the kernel kill the program with whoever started it.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// limit has the kernel refuse the program more memory. Where it has ended already, that
// is fine, too.
func limit(pid int) {
	_ = unix.Prlimit(pid, unix.RLIMIT_DATA, &unix.Rlimit{Cur: programMemory, Max: programMemory}, nil)
}
