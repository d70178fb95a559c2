package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"dpp/internal/config"
)

// Up runs everything in one process until ctx ends. It says on out where it
// listens and how to go on, and logs to standard error.
func Up(ctx context.Context, cfg config.Config, out io.Writer) error {
	s, err := Start(ctx, cfg, os.Stderr, Options{})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, greeting, s.Address(), cfg.DevKeyPath(), cfg.OperatorKeyPath(), s.Address(), cfg.Data); err != nil {
		return errors.Join(err, s.Stop())
	}
	return s.Wait(ctx)
}

const greeting = `DPP listens on http://%s
  the key of tenant dev   %s
  the operator's key      %s
  the API, explained      http://%s/docs
  buy a decision          dpp run submit --data %s --pack decision --example --watch
Ctrl-C stops it.
`
