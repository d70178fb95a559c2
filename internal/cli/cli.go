// Package cli is the command line. Each command is a struct with its flags and a
// Run method; what a command needs of the platform itself comes in as a table of
// functions, what it asks of a server goes through package client.
package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/alecthomas/kong"

	"dpp/internal/config"
	"dpp/internal/ops"
	"dpp/internal/store"
)

// Exit codes.
const (
	exitDone        = 0
	exitFailed      = 1 // or a discrepancy
	exitUsage       = 2
	exitUnreachable = 3
)

// Platform is what the commands that are no clients do.
type Platform struct {
	// Serve runs a process of the configuration's role until ctx ends. It says on out
	// where it listens.
	Serve func(ctx context.Context, cfg config.Config, out io.Writer) error
	// OpenStore opens the store, beside running processes too. The caller closes it.
	OpenStore func(ctx context.Context, cfg config.Config) (store.Store, error)
	// Migrate brings the schema up to date and names the steps that it took.
	Migrate func(ctx context.Context, cfg config.Config) ([]string, error)
	// MigrationStatus lists every step of the schema.
	MigrationStatus func(ctx context.Context, cfg config.Config) ([]ops.MigrationState, error)
	// Audit proves the books, and reports each discrepancy as it is found.
	Audit func(ctx context.Context, cfg config.Config, report func(discrepancy string)) (ops.AuditSummary, error)
	// Doctor checks every dependency.
	Doctor func(ctx context.Context, cfg config.Config) []ops.Finding
	// Version is which build this is.
	Version func() ops.Version
}

// Streams are what a process reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	Env      []string // as os.Environ gives it
}

type commands struct {
	JSON bool `name:"json" help:"Print JSON documents."`

	Up     upCmd     `cmd:"" help:"Run everything in one process on the embedded default."`
	API    apiCmd    `cmd:"" name:"api" help:"Run the API alone on shared backends."`
	Worker workerCmd `cmd:"" help:"Run a worker alone on shared backends."`
	Reaper reaperCmd `cmd:"" help:"Run the reaper alone on shared backends."`
	Run    runCmds   `cmd:"" help:"Submit runs, follow them, fetch their results."`
	Packs  packsCmd  `cmd:"" help:"Show the kinds of work on offer."`
	Budget budgetCmd `cmd:"" help:"Show what the key's account has."`
	Ledger ledgerCmd `cmd:"" help:"Show the entries of the key's account, newest first."`

	Tenant  tenantCmds  `cmd:"" help:"Manage tenants."`
	Key     keyCmds     `cmd:"" help:"Manage API keys."`
	Credit  creditCmd   `cmd:"" help:"Add what a tenant paid in."`
	Audit   auditCmd    `cmd:"" help:"Prove the books; exit 1 and name each discrepancy."`
	Doctor  doctorCmd   `cmd:"" help:"Check configuration and every dependency."`
	Health  healthCmd   `cmd:"" help:"Ask a process whether it is ready to serve; exit 1 where it is not."`
	Migrate migrateCmds `cmd:"" help:"Manage the schema."`
	Version versionCmd  `cmd:"" help:"Print version, commit and Go version."`
}

// Main runs one command line, without the program's name, and returns the exit
// code. When ctx ends the command stops.
func Main(ctx context.Context, platform Platform, args []string, io Streams) int {
	s := &session{platform: platform, Streams: io, terminal: terminalWidth}
	return s.main(ctx, args)
}

func newCommands() *commands {
	var c commands
	c.Up.Plugins, c.API.Plugins, c.Worker.Plugins, c.Reaper.Plugins, c.Doctor.Plugins = allFlags(), allFlags(), allFlags(), allFlags(), allFlags()
	c.Tenant.Plugins, c.Key.Plugins, c.Credit.Plugins, c.Audit.Plugins, c.Migrate.Plugins = placeFlags(), placeFlags(), placeFlags(), placeFlags(), placeFlags()
	return &c
}

func (s *session) main(ctx context.Context, args []string) int {
	grammar, helped, code := newCommands(), false, exitDone
	parser, err := kong.New(grammar,
		kong.Name("dpp"),
		kong.Description("The Decision Pack Platform: prepaid runs of packs, with books that add up."),
		kong.Writers(s.Out, s.Err),
		kong.Exit(func(int) { helped = true }), // parsing goes on to its end, then nothing is run
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	)
	if err != nil {
		return s.fail(ctx, fmt.Errorf("command line: %w", err))
	}
	if len(args) == 0 {
		args, code = []string{"--help"}, exitUsage
	}
	chosen, err := parser.Parse(args)
	if helped {
		return code
	}
	if err != nil {
		return s.fail(ctx, &usageError{err.Error()})
	}
	s.json, s.flags = grammar.JSON, settingsGiven(chosen)
	chosen.BindTo(ctx, (*context.Context)(nil))
	return s.fail(ctx, chosen.Run(s))
}
