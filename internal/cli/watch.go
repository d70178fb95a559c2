package cli

import (
	"context"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"dpp"
	"dpp/client"
)

// watchInterval is how often progress inside a version is asked for.
const watchInterval = 2 * time.Second

type runWatchCmd struct {
	target
	ID string `arg:"" name:"run_id" help:"The run."`
}

// Run is part of the command line.
func (c *runWatchCmd) Run(ctx context.Context, s *session) error {
	api, err := s.connect(&c.target)
	if err != nil {
		return err
	}
	return s.watch(ctx, api, dpp.RunID(c.ID))
}

// watch follows a run to its end, with progress beside the output, and prints it.
// Ending ctx ends the watching, not the run.
func (s *session) watch(ctx context.Context, api *client.Client, id dpp.RunID) error {
	line := s.newProgressLine()
	var last dpp.RunView
	for run, err := range api.Watch(ctx, id, watchInterval) {
		if err != nil {
			line.clear()
			if interrupted(ctx, err) {
				s.say("stopped watching; the run goes on: dpp run watch %s", id)
				return errTold
			}
			return err
		}
		line.tell(&run)
		last = run
	}
	line.clear()
	return s.ended(&last)
}

// ended prints a run that should have ended well.
func (s *session) ended(run *dpp.RunView) error {
	if err := s.print(run, func(w io.Writer) { showRun(w, run) }); err != nil {
		return err
	}
	if run.Status != dpp.StatusCompleted {
		return errTold
	}
	return nil
}

// progressLine tells where a run stands: one line that is written over on a
// terminal, a line for each change elsewhere, nothing where JSON is asked for.
type progressLine struct {
	out      io.Writer
	width    int // of the terminal; 0 is none
	silent   bool
	last     string
	occupied bool
}

func (s *session) newProgressLine() *progressLine {
	width, ok := s.terminal(s.Err)
	if !ok {
		width = 0
	} else {
		width = max(width, 20)
	}
	return &progressLine{out: s.Err, width: width, silent: s.json}
}

const eraseLine = "\r\x1b[K"

func (p *progressLine) tell(run *dpp.RunView) {
	words := string(run.Status)
	if run.Progress != nil && !run.Terminal {
		words += "  " + bar(run.Progress) + progressWords(run.Progress)
	}
	words = printable(strings.ReplaceAll(words, "\n", " "))
	if p.silent || words == p.last {
		return
	}
	p.last = words
	if p.width == 0 {
		p.write(words + "\n")
		return
	}
	if runes := []rune(words); len(runes) >= p.width {
		words = string(runes[:p.width-1])
	}
	p.write(eraseLine + words)
	p.occupied = true
}

// clear takes the line away before something else is written.
func (p *progressLine) clear() {
	if p.occupied {
		p.write(eraseLine)
		p.occupied = false
	}
}

// write ignores errors: where nobody reads progress, nothing is lost.
func (p *progressLine) write(text string) { _, _ = io.WriteString(p.out, text) }

const barWidth = 20

func bar(p *dpp.Progress) string {
	if p.Total <= 0 || p.Done < 0 || p.Done > p.Total {
		return ""
	}
	full := int(barWidth * min(p.Done, 1<<40) / min(p.Total, 1<<40))
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", barWidth-full) + "] "
}

// terminalWidth tells whether a stream is a terminal, and how wide.
func terminalWidth(stream io.Writer) (int, bool) {
	f, ok := stream.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		width = 80
	}
	return width, true
}
