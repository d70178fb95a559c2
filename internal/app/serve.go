package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"dpp/internal/config"
)

// Serve runs a process of the configuration's role until ctx ends. It says on out
// where it listens, and logs to standard error.
func Serve(ctx context.Context, cfg config.Config, out io.Writer) error {
	s, err := Start(ctx, cfg, os.Stderr, Options{})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprint(out, s.greeting()); err != nil {
		return errors.Join(err, s.Stop())
	}
	return s.Wait(ctx)
}

// greeting says where the server listens and, where everything is new, how to go on.
func (s *Server) greeting() string {
	if s.cfg.Role != config.Up {
		return fmt.Sprintf("dpp %s listens on http://%s\n", s.cfg.Role, s.Address())
	}
	return fmt.Sprintf(greeting, s.Address(), s.cfg.DevKeyPath(), s.cfg.OperatorKeyPath(), s.Address(), s.cfg.Data)
}

const greeting = `DPP listens on http://%s
  the key of tenant dev   %s
  the operator's key      %s
  the API, explained      http://%s/docs
  buy a decision          dpp run submit --data %s --pack decision --example --watch
Ctrl-C stops it.
`
