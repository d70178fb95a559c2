package sandbox

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// closeWorld has the kernel refuse this process all files but those of the cache and
// what it may read, a look into other processes, whose environment holds secrets, and
// where it knows how TCP. It tells whether it does: Landlock came with Linux 5.13, and not every system has it on.
func closeWorld(cache string, readable []string) bool {
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
	if cache != "" && !allow(ruleset, cache, rules.Handled_access_fs&keeping) {
		return false
	}
	for _, path := range readable {
		allow(ruleset, path, rules.Handled_access_fs&reading)
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

const (
	// keeping is to make, read and remove files and folders.
	keeping = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR |
		unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE |
		unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_DIR |
		unix.LANDLOCK_ACCESS_FS_REMOVE_FILE | unix.LANDLOCK_ACCESS_FS_REMOVE_DIR
	// reading is to read them, and to start programs.
	reading = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR | unix.LANDLOCK_ACCESS_FS_EXECUTE
	// ofFiles is what can be allowed for a file; the rest is of folders.
	ofFiles = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE | unix.LANDLOCK_ACCESS_FS_EXECUTE
)

// allow lets a file, or a folder with all that is below it, be used in these ways.
func allow(ruleset uintptr, path string, ways uint64) bool {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd) //nolint:errcheck // it was only named
	var is unix.Stat_t
	if err := unix.Fstat(fd, &is); err != nil {
		return false
	}
	if is.Mode&unix.S_IFMT != unix.S_IFDIR {
		ways &= ofFiles
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: ways, Parent_fd: int32(fd)}                                                            //nolint:gosec // a descriptor
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, ruleset, unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0) //nolint:gosec // the kernel reads it during the call
	return errno == 0
}
