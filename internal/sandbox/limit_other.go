//go:build !linux

package sandbox

// limit has the kernel refuse what a child may not have. It tells whether that holds
// for memory, which other kernels than Linux do not limit.
func limit(s setup, _ *gauge) bool {
	limitAny(s)
	return false
}

// closeWorld tells whether the kernel refuses this process files, connections and a look
// into others.
func closeWorld(string, []string) bool { return false }

// renounced tells whether this process can gain no privileges.
func renounced() bool { return false }
