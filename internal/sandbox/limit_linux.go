package sandbox

import "golang.org/x/sys/unix"

// limit has the kernel refuse what a child may not have. It tells whether that holds
// for memory.
func limit(s setup) bool {
	limitAny(s)
	has, ok := dataOf() // the runtime reserves some at its start, the race detector a lot
	return ok && setLimit(unix.RLIMIT_DATA, has+s.Memory) == nil
}

// renounced tells whether this process can gain no privileges.
func renounced() bool {
	set, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	return err == nil && set == 1
}
