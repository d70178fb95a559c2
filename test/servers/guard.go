package servers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// guard is a process that outlives this one. It ends the servers that are left, and
// removes their files.
type guard struct {
	dir string // all data of servers is below

	mu     sync.Mutex
	cmd    *exec.Cmd // nil: closed
	orders io.WriteCloser
}

// Its input ends when this process does, however that comes about: the kernel sees
// to it. Each server has a signal of its own, as PostgreSQL leaves its children
// behind when it is killed outright.
const guardScript = `
trap '' HUP INT QUIT TERM
servers=
while read -r order pid signal; do
	case $order in
	watch) servers="$servers $pid:$signal" ;;
	unwatch) servers=$(printf '%s' "$servers" | sed "s/ $pid:[0-9]*//") ;;
	esac
done
for server in $servers; do kill -"${server#*:}" "${server%:*}"; done
for server in $servers; do
	tries=0
	while kill -0 "${server%:*}" && [ $tries -lt 100 ]; do
		sleep 0.05
		tries=$((tries + 1))
	done
	kill -9 "${server%:*}"
done
rm -rf "$1"
`

// theGuard is the one of this process, which the first server brings.
var theGuard = sync.OnceValues(func() (*guard, error) {
	dir, err := os.MkdirTemp("", "dpp-servers-")
	if err != nil {
		return nil, err
	}
	// Servers may run as another user, who must get to the folders below.
	if err := os.Chmod(dir, 0o711); err != nil {
		return nil, err
	}
	g := &guard{dir: dir, cmd: exec.CommandContext(context.Background(), "sh", "-c", guardScript, "sh", dir)}
	g.cmd.Dir = "/"
	// A session of its own: what ends the tests from the terminal spares the guard.
	g.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if g.orders, err = g.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	return g, g.cmd.Start()
})

// folder makes a new folder that belongs to the user.
func (g *guard) folder(name string, user *syscall.Credential) (string, error) {
	dir, err := os.MkdirTemp(g.dir, name+"-")
	if err != nil || user == nil {
		return dir, err
	}
	return dir, os.Chown(dir, int(user.Uid), int(user.Gid))
}

// watch has the guard end a process, with this signal, if this one is gone.
func (g *guard) watch(pid int, signal syscall.Signal) error {
	return g.order(fmt.Sprintf("watch %d %d\n", pid, signal))
}

// unwatch tells that a process has ended: its number may soon be another's.
func (g *guard) unwatch(pid int) {
	_ = g.order(fmt.Sprintf("unwatch %d\n", pid)) // a closed guard needs no orders
}

func (g *guard) order(line string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.cmd == nil {
		return errors.New("the servers of this process have been closed")
	}
	_, err := io.WriteString(g.orders, line)
	return err
}

// close has the guard do its work now, and waits for it.
func (g *guard) close() error {
	g.mu.Lock()
	cmd := g.cmd
	g.cmd = nil
	g.mu.Unlock()
	if cmd == nil {
		return nil
	}
	return errors.Join(g.orders.Close(), cmd.Wait())
}
