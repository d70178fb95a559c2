package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"dpp"
	"dpp/client"
)

type runCmds struct {
	Submit runSubmitCmd `cmd:"" help:"Submit a run."`
	Get    runGetCmd    `cmd:"" help:"Show a run as it is now."`
	Watch  runWatchCmd  `cmd:"" help:"Follow a run to its end; exit 1 unless it is COMPLETED."`
	Cancel runCancelCmd `cmd:"" help:"Cancel a run."`
	List   runListCmd   `cmd:"" help:"List runs, newest first."`
	Result runResultCmd `cmd:"" help:"Fetch the result of a run and check its SHA-256; --json lays it out for reading."`
}

type runGetCmd struct {
	target
	ID string `arg:"" name:"run_id" help:"The run."`
}

// Run is part of the command line.
func (c *runGetCmd) Run(ctx context.Context, s *session) error {
	return s.oneRun(&c.target, func(api *client.Client) (dpp.RunView, error) { return api.Get(ctx, dpp.RunID(c.ID)) })
}

type runCancelCmd struct {
	target
	ID string `arg:"" name:"run_id" help:"The run."`
}

// Run is part of the command line.
func (c *runCancelCmd) Run(ctx context.Context, s *session) error {
	return s.oneRun(&c.target, func(api *client.Client) (dpp.RunView, error) { return api.Cancel(ctx, dpp.RunID(c.ID)) })
}

func (s *session) oneRun(t *target, ask func(*client.Client) (dpp.RunView, error)) error {
	api, err := s.connect(t)
	if err != nil {
		return err
	}
	run, err := ask(api)
	if err != nil {
		return err
	}
	return s.print(run, func(w io.Writer) { showRun(w, &run) })
}

type runListCmd struct {
	target
	Status     string `name:"status" help:"Only runs in this state."`
	Pack       string `name:"pack" help:"Only runs of this pack."`
	ExternalID string `name:"external-id" help:"Only runs with this external id."`
	After      string `name:"after" placeholder:"TIME" help:"Only runs created at or after this time (RFC 3339)."`
	Before     string `name:"before" placeholder:"TIME" help:"Only runs created before this time (RFC 3339)."`
	Limit      int    `name:"limit" default:"20" help:"How many at most."`
}

func (c *runListCmd) filter() (client.Filter, error) {
	f := client.Filter{Status: dpp.Status(c.Status), PackType: c.Pack, ExternalID: c.ExternalID}
	for _, bound := range []struct {
		flag, text string
		into       *time.Time
	}{{"--after", c.After, &f.CreatedAfter}, {"--before", c.Before, &f.CreatedBefore}} {
		if bound.text == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, bound.text)
		if err != nil {
			return f, &usageError{bound.flag + " is no time such as 2025-12-31T23:59:59Z"}
		}
		*bound.into = at
	}
	return f, nil
}

// Run is part of the command line.
func (c *runListCmd) Run(ctx context.Context, s *session) error {
	f, err := c.filter()
	if err != nil {
		return err
	}
	api, err := s.connect(&c.target)
	if err != nil {
		return err
	}
	runs, err := first(c.Limit, api.List(ctx, f))
	if err != nil {
		return err
	}
	return s.print(dpp.List[dpp.RunView]{Data: runs}, func(w io.Writer) {
		row(w, "RUN", "PACK", "STATUS", "USED", "RESERVED", "CREATED")
		for _, run := range runs {
			row(w, run.ID, run.PackType, run.Status, run.Cost.Used, run.Cost.Reserved, when(&run.Meta.CreatedAt))
		}
	})
}

type runResultCmd struct {
	target
	ID     string `arg:"" name:"run_id" help:"The run."`
	Output string `name:"output" short:"o" placeholder:"FILE" help:"Write the result, byte for byte, to a file."`
}

// Run is part of the command line.
func (c *runResultCmd) Run(ctx context.Context, s *session) error {
	api, err := s.connect(&c.target)
	if err != nil {
		return err
	}
	envelope, err := api.Result(ctx, dpp.RunID(c.ID))
	if err != nil {
		return err
	}
	if c.Output == "" {
		return s.printResult(envelope)
	}
	if err := os.WriteFile(c.Output, envelope, 0o600); err != nil {
		return fmt.Errorf("result: %w", err)
	}
	return nil
}

// printResult writes a result as it is stored, so that its SHA-256 can be computed,
// or for people.
func (s *session) printResult(envelope []byte) error {
	if !s.json {
		return write(s.Out, envelope)
	}
	text, err := readable(envelope)
	if err != nil {
		return fmt.Errorf("result: %w", err)
	}
	return write(s.Out, text)
}
