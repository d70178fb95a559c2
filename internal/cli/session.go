package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/config"
	"dpp/internal/store"
	"dpp/internal/tenants"
)

// session is one command line on its way.
type session struct {
	Streams
	platform Platform
	json     bool
	flags    map[string]string // settings that stood on the command line
	sent     bool              // local files became uploads
	// terminal tells whether a stream is one, and how wide.
	terminal func(stream io.Writer) (width int, ok bool)
}

// config is what flags, environment and file say.
func (s *session) config() (config.Config, error) { return s.configOf(config.Tool) }

// configOf is the configuration of a process.
func (s *session) configOf(role config.Role) (config.Config, error) {
	return config.Load(role, s.flags, s.Env)
}

// operate opens the store for an operator's use case.
func (s *session) operate(ctx context.Context, use func(*tenants.Service) error) error {
	return s.withStore(ctx, func(db store.Store) error { return use(tenants.New(db)) })
}

// withStore opens the store for as long as it is used.
func (s *session) withStore(ctx context.Context, use func(store.Store) error) (err error) {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	var db store.Store
	if db, err = s.platform.OpenStore(ctx, cfg); err != nil {
		return err
	}
	defer func() {
		if closing := db.Close(); err == nil {
			err = closing
		}
	}()
	return use(db)
}

// print writes a document, or its form for people: columns are parted by tabs.
func (s *session) print(document any, people func(w io.Writer)) error {
	if s.json {
		return s.printJSON(document)
	}
	return printTable(s.Out, people)
}

func (s *session) printJSON(document any) error {
	text, err := json.Marshal(document, jsontext.WithIndent("  "), json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("document: %w", err)
	}
	return write(s.Out, append(text, '\n'))
}

// printTable aligns columns, and lets nothing through that could steer a terminal:
// some of the text comes from a server.
func printTable(out io.Writer, people func(w io.Writer)) error {
	var buffer bytes.Buffer
	table := tabwriter.NewWriter(&buffer, 0, 8, 2, ' ', 0)
	people(table)
	if err := table.Flush(); err != nil {
		return fmt.Errorf("table: %w", err)
	}
	return write(out, []byte(printable(buffer.String())))
}

func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text)
}

func write(out io.Writer, text []byte) error {
	if _, err := out.Write(text); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	return nil
}

// say writes one line beside the output. Where nobody reads it, nothing can be done.
func (s *session) say(format string, args ...any) {
	_, _ = io.WriteString(s.Err, printable(fmt.Sprintf(format, args...))+"\n")
}

// row writes one line of a table.
func row(w io.Writer, cells ...any) {
	for i, cell := range cells {
		if i > 0 {
			_, _ = io.WriteString(w, "\t") // a table is written into memory
		}
		_, _ = fmt.Fprint(w, cell)
	}
	_, _ = io.WriteString(w, "\n")
}
