package cli

import (
	"context"

	"github.com/alecthomas/kong"

	"dpp/internal/config"
)

type upCmd struct{ kong.Plugins }

// Run is part of the command line.
func (c *upCmd) Run(ctx context.Context, s *session) error {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	err = s.platform.Up(ctx, cfg, s.Out)
	if interrupted(ctx, err) {
		return nil // told to stop, and stopped
	}
	return err
}

// apartCmd is a part of the platform as a process of its own.
type apartCmd struct{ kong.Plugins }

// Run is part of the command line.
func (c *apartCmd) Run(s *session) error {
	if _, err := s.config(); err != nil {
		return err
	}
	return &config.Error{
		Where: "dpp api, worker and reaper",
		Why:   "the embedded default runs in one process, dpp up; separate ones need shared backends, which this build does not have",
	}
}
