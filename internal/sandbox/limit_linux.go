package sandbox

import "golang.org/x/sys/unix"

// limit has the kernel refuse what a child may not have. It tells whether that holds
// for memory. There it leaves a quarter more, so that whoever watches sees first what
// the matter is: a program that is refused memory just crashes.
func limit(s setup, own *gauge) bool {
	limitAny(s)
	has, ok := own.data() // the runtime reserves some at its start, the race detector a lot
	return ok && setLimit(unix.RLIMIT_DATA, has+s.Memory*5/4) == nil
}

// renounced tells whether this process can gain no privileges.
func renounced() bool {
	set, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	return err == nil && set == 1
}
