package sandbox

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

const namespaces = true

// attributes have the kernel kill the child with the thread that started it. The
// group of its own keeps Ctrl-C away from it: its parent decides when it ends.
func attributes(isolated bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if isolated {
		uid, gid := os.Geteuid(), os.Getegid()
		a.Cloneflags = syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}}
	}
	return a
}

// renounce has this thread and whatever it starts gain no privileges any more.
func renounce() { _ = unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) } // the child looks whether it holds

// executable is this program, also where its file was replaced meanwhile.
func executable() (string, error) {
	const self = "/proc/self/exe"
	if _, err := os.Stat(self); err == nil {
		return self, nil
	}
	return os.Executable()
}
