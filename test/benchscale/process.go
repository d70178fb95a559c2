package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"time"
)

// build makes the binary that is measured.
func build(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "dpp")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", path, "./cmd/dpp") // from the root of the repository, as make does
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build dpp: %w\n%s", err, out)
	}
	return path, nil
}

// part is a process of the product.
type part struct {
	role  string
	cmd   *exec.Cmd
	said  output
	ended chan error
	url   string
}

// output is what a process wrote.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

var greeting = regexp.MustCompile(`listens on (http://\S+)\n`)

// start runs a role and returns once it is ready.
func start(ctx context.Context, binary, role string, env []string) (*part, error) {
	p := &part{role: role, ended: make(chan error, 1)}
	p.cmd = exec.CommandContext(ctx, binary, role, "--listen", "127.0.0.1:0")
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = env, &p.said, &p.said
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = time.Minute
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { p.ended <- p.cmd.Wait() }() // ends with the process, which end or ctx ends
	err := until(ctx, time.Minute, func() (bool, error) {
		select {
		case err := <-p.ended:
			p.ended <- err
			return false, fmt.Errorf("dpp %s ended: %w\n%s", role, err, p.said.String())
		default:
		}
		found := greeting.FindStringSubmatch(p.said.String())
		if found == nil {
			return false, nil
		}
		p.url = found[1]
		answer, err := get(ctx, p.url+"/readyz")
		return err == nil && answer == http.StatusOK, nil
	})
	if err != nil {
		return nil, errors.Join(err, p.end())
	}
	return p, nil
}

// end stops the process as an operator would.
func (p *part) end() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // one that is gone already tells how below
	if err := <-p.ended; err != nil {
		return fmt.Errorf("dpp %s: %w\n%s", p.role, err, p.said.String())
	}
	return nil
}

func get(ctx context.Context, url string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	return answer.StatusCode, answer.Body.Close()
}

// until polls a foreign process.
func until(ctx context.Context, patience time.Duration, holds func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, err := holds(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
