package servers

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// childEnding is the variable that makes the test program a child: it starts
// servers, and ends in the way that the variable names.
const childEnding = "DPP_SERVERS_CHILD"

// child never returns.
func child(ending string) {
	guard, err := theGuard()
	if err != nil {
		panic(err)
	}
	fmt.Println(guard.dir)
	kinds := []kind{redisKind()}
	if ending == "kill" {
		kinds = append(kinds, postgresKind()) // which has children of its own
	}
	for _, k := range kinds {
		s, err := launch(context.Background(), k)
		if err != nil {
			panic(err)
		}
		fmt.Println(s.Address())
	}
	fmt.Println("ready")
	switch ending {
	case "exit":
		os.Exit(3)
	case "panic":
		go func() { panic("on purpose") }() // not even deferred functions run
	}
	select {} // until it is killed
}

func TestServersEndWithTheProcessThatStartedThem(t *testing.T) {
	for ending, how := range map[string]func(*os.Process) error{
		"exit":  func(*os.Process) error { return nil },
		"panic": func(*os.Process) error { return nil },
		"kill":  (*os.Process).Kill,
		"interrupt": func(p *os.Process) error { // as from the terminal, to all that belong to it
			return syscall.Kill(-p.Pid, syscall.SIGINT)
		},
	} {
		t.Run(ending, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), childEnding+"="+ending)
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = cmd.Process.Kill() })
			dir, addresses := started(t, out)
			if err := how(cmd.Process); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err == nil {
				t.Error("the child ended well")
			}
			eventually(t, "its folder is removed", func() bool {
				_, err := os.Stat(dir)
				return errors.Is(err, fs.ErrNotExist)
			})
			for _, address := range addresses {
				refuses(t, address)
			}
			eventually(t, "no process names its folder, the guard included", func() bool { return !isNamed(t, dir) })
		})
	}
}

// started reads what a child says until it is ready.
func started(t *testing.T, out io.Reader) (dir string, addresses []string) {
	t.Helper()
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "ready" {
		if dir == "" {
			dir = lines.Text()
		} else {
			addresses = append(addresses, lines.Text())
		}
	}
	if len(addresses) == 0 {
		t.Fatalf("the child started servers at %v (%v)", addresses, lines.Err())
	}
	return dir, addresses
}

// isNamed tells whether the command line of a process contains a text.
func isNamed(t *testing.T, text string) bool {
	t.Helper()
	out, err := exec.Command("ps", "-A", "-o", "args=").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(out), text)
}
