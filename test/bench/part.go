package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/app"
	"dpp/internal/config"
	"dpp/internal/pack"
)

// settings of every platform that is measured: nothing but the work itself bounds it.
var settings = map[string]string{
	"listen": "127.0.0.1:0", "log-level": "error", "worker-concurrency": "128",
	"rate-limit-post-per-min": "1000000000", "rate-limit-get-per-min": "1000000000",
}

// batching is how many items share a batch, and how many batches are on their way at
// once; the zero value is a user's.
type batching struct{ items, flights int }

// bePart is the life of one process of the platform: it says where it listens, tells
// for every line that it hears what its ports spent since the last one, and ends when
// whoever started it has no more to say.
func bePart(role config.Role, b batching) error {
	signal.Ignore(os.Interrupt) // the terminal's is for the one that started this
	cfg, err := config.Load(role, settings, os.Environ())
	if err != nil {
		return err
	}
	clock := newStopwatch()
	server, err := app.Start(context.Background(), cfg, os.Stderr, app.Options{Packs: []pack.Pack{noop{}}, BatchItems: b.items, BatchFlights: b.flights, Wrap: clock.wrap})
	if err != nil {
		return err
	}
	out := jsontext.NewEncoder(os.Stdout)
	err = json.MarshalEncode(out, server.Address())
	for lines := bufio.NewScanner(os.Stdin); err == nil && lines.Scan(); {
		var stages []stage
		if stages, err = clock.take(); err == nil {
			err = json.MarshalEncode(out, stages)
		}
	}
	return errors.Join(err, server.Stop())
}

// part is such a process, seen from outside.
type part struct {
	role    config.Role
	cmd     *exec.Cmd
	orders  io.WriteCloser
	answers *jsontext.Decoder
	address string
}

// startPart starts a process and waits until it listens. profile is a file for its CPU
// profile, or empty.
func startPart(role config.Role, env []string, b batching, profile string) (*part, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &part{role: role, cmd: exec.CommandContext(context.Background(), self, "-part="+string(role),
		"-batch-items="+strconv.Itoa(b.items), "-batch-flights="+strconv.Itoa(b.flights))}
	if profile != "" {
		ending := filepath.Ext(profile)
		p.cmd.Args = append(p.cmd.Args, "-cpuprofile="+strings.TrimSuffix(profile, ending)+"-"+string(role)+ending)
	}
	p.cmd.Env, p.cmd.Stderr = env, os.Stderr
	answers, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if p.orders, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	p.answers = jsontext.NewDecoder(answers)
	if err := json.UnmarshalDecode(p.answers, &p.address); err != nil {
		return nil, errors.Join(fmt.Errorf("dpp %s did not start: %w", role, err), p.close())
	}
	return p, nil
}

// take tells what the ports of the process spent since it was last asked.
func (p *part) take() (stages []stage, err error) {
	if _, err := io.WriteString(p.orders, "\n"); err != nil {
		return nil, err
	}
	err = json.UnmarshalDecode(p.answers, &stages)
	return stages, err
}

// patience bounds how long a process may take to get ready.
const patience = 30 * time.Second

// awaitReady waits until the process says that everything it needs answers.
func (p *part) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if ready(ctx, "http://"+p.address+"/readyz") {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("dpp %s is not ready: %w", p.role, context.Cause(ctx))
		case <-tick.C:
		}
	}
}

// close ends the process as an operator would, and waits for it.
func (p *part) close() error { return errors.Join(p.orders.Close(), p.cmd.Wait()) }
