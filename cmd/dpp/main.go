// Command dpp is the whole platform in one binary: the server, its operator's tools
// and a client.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"dpp/internal/app"
	"dpp/internal/cli"
)

func main() { os.Exit(run()) }

func run() int {
	if code, child := app.Child(os.Args); child {
		return code
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the first signal asks for an end, a second one makes it
	return cli.Main(ctx, platform(), os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Environ()})
}

// platform is what the composition root does for the command line.
func platform() cli.Platform {
	return cli.Platform{
		Serve:           app.Serve,
		OpenStore:       app.OpenStore,
		Migrate:         app.Migrate,
		MigrationStatus: app.MigrationStatus,
		Audit:           app.Audit,
		Doctor:          app.Doctor,
		Version:         app.Version,
	}
}
