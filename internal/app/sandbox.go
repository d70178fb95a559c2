package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"dpp/internal/config"
	"dpp/internal/document"
	"dpp/internal/ops"
	"dpp/internal/sandbox"
)

// Child tells whether a command line, with the program's name, makes this process a
// child of the sandbox. Then it lives that life, and returns its exit code.
func Child(args []string) (code int, isChild bool) {
	if !sandbox.IsChild(args) {
		return 0, false
	}
	return sandbox.Serve(args, document.Handlers()...), true
}

// newSandbox makes the pool of children in which foreign formats are parsed. None is
// started before there is something to parse. readable is what they may read, and start.
// lasting: what they compile is kept for other processes.
func newSandbox(ctx context.Context, cfg config.Config, log *slog.Logger, readable ...string) (_ *sandbox.Pool, lasting bool) {
	cache, err := sandbox.UserCache()
	if err != nil {
		log.DebugContext(ctx, "sandbox children prepare in a temporary folder, anew at each start", "error", err)
	}
	return sandbox.New(sandbox.Options{Children: cfg.SandboxChildren, Cache: cache, Readable: readable, Log: log}), err == nil
}

// childTimeout bounds how long a child may take that only shows that it starts.
const childTimeout = 10 * time.Second

// checkSandbox starts a child, as a worker does for the first document.
func checkSandbox(ctx context.Context, cfg config.Config) ops.Finding {
	const name = "sandbox"
	ctx, cancel := context.WithTimeout(ctx, childTimeout)
	defer cancel()
	pool, _ := newSandbox(ctx, cfg, slog.New(slog.DiscardHandler))
	is, err := pool.Isolation(ctx)
	if err = errors.Join(err, pool.Close()); err != nil {
		return bad(name, err, "Let the user that runs dpp start processes, and see that /proc and the program's file can be read.")
	}
	return good(name, "%d children for foreign files, each with %s", cfg.SandboxChildren, isolation(is))
}

// isolation says what the system does for children.
func isolation(is sandbox.Isolation) string {
	network := "no network namespace of its own, as the kernel permits none"
	if is.Network {
		network = "a network namespace of its own"
	}
	privileges := ""
	if is.Privileges {
		privileges = ", no way to privileges"
	}
	files := ""
	if is.Files {
		files = ", no files but a cache"
	}
	memory := "memory that it limits itself"
	if is.Memory {
		memory = "memory that the kernel limits"
	}
	return fmt.Sprintf("%s%s%s, %s", network, files, privileges, memory)
}
