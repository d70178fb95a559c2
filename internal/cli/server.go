package cli

import (
	"context"

	"github.com/alecthomas/kong"

	"dpp/internal/config"
)

type upCmd struct{ kong.Plugins }

// Run is part of the command line.
func (c *upCmd) Run(ctx context.Context, s *session) error { return s.serve(ctx, config.Up) }

type apiCmd struct{ kong.Plugins }

// Run is part of the command line.
func (c *apiCmd) Run(ctx context.Context, s *session) error { return s.serve(ctx, config.API) }

type workerCmd struct{ kong.Plugins }

// Run is part of the command line.
func (c *workerCmd) Run(ctx context.Context, s *session) error { return s.serve(ctx, config.Worker) }

type reaperCmd struct{ kong.Plugins }

// Run is part of the command line.
func (c *reaperCmd) Run(ctx context.Context, s *session) error { return s.serve(ctx, config.Reaper) }

// serve is a process that runs until it is told to stop.
func (s *session) serve(ctx context.Context, role config.Role) error {
	cfg, err := s.configOf(role)
	if err != nil {
		return err
	}
	err = s.platform.Serve(ctx, cfg, s.Out)
	if interrupted(ctx, err) {
		return nil // told to stop, and stopped
	}
	return err
}
