package sandbox

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// closeWorld has the kernel refuse this process all files but those of the cache, a look
// into other processes, whose environment holds secrets, and where it knows how TCP. It
// tells whether it does: Landlock came with Linux 5.13, and not every system has it on.
func closeWorld(cache string) bool {
	version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 || version < 1 {
		return false
	}
	rules := landlockRules(int(version))
	ruleset, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&rules)), unsafe.Sizeof(rules), 0) //nolint:gosec // the kernel reads it during the call
	if errno != 0 {
		return false
	}
	defer unix.Close(int(ruleset)) //nolint:errcheck // it was only built with
	if cache != "" && !allowCache(ruleset, cache, rules.Handled_access_fs) {
		return false
	}
	// Each thread has rights of its own, and those that come later take them from these.
	// A binary with cgo, as the race detector needs, cannot do that.
	_, _, errno = syscall.AllThreadsSyscall(unix.SYS_LANDLOCK_RESTRICT_SELF, ruleset, 0, 0)
	return errno == 0
}

// landlockRules is all that a version of Landlock can refuse. Signals are left out:
// threads would refuse those of each other.
func landlockRules(version int) unix.LandlockRulesetAttr {
	r := unix.LandlockRulesetAttr{Handled_access_fs: unix.LANDLOCK_ACCESS_FS_MAKE_SYM<<1 - 1}
	if version >= 2 {
		r.Handled_access_fs |= unix.LANDLOCK_ACCESS_FS_REFER
	}
	if version >= 3 {
		r.Handled_access_fs |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	if version >= 4 {
		r.Handled_access_net = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	}
	if version >= 5 {
		r.Handled_access_fs |= unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	}
	if version >= 6 {
		r.Scoped = unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET
	}
	return r
}

// allowCache lets files and folders be made, read and removed in the cache.
func allowCache(ruleset uintptr, cache string, handled uint64) bool {
	dir, err := unix.Open(cache, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(dir) //nolint:errcheck // it was only named
	rule := unix.LandlockPathBeneathAttr{
		Allowed_access: handled & (unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR |
			unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE |
			unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_DIR |
			unix.LANDLOCK_ACCESS_FS_REMOVE_FILE | unix.LANDLOCK_ACCESS_FS_REMOVE_DIR),
		Parent_fd: int32(dir), //nolint:gosec // a descriptor
	}
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, ruleset, unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0) //nolint:gosec // the same
	return errno == 0
}
