package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"dpp"
	"dpp/client"
	"dpp/internal/config"
	"dpp/internal/store"
	"dpp/internal/tenants"
)

// usageError is a command line that makes no sense.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// errTold ends a command with exit 1 when its output has said already why.
var errTold = errors.New("told")

// fail says what went wrong, if anything, and returns the exit code.
func (s *session) fail(ctx context.Context, err error) int {
	if err == nil {
		return exitDone
	}
	var refused *client.Error
	switch {
	case errors.Is(err, errTold):
	case interrupted(ctx, err):
		s.say("dpp: interrupted")
	case errors.As(err, &refused):
		s.sayProblem(refused)
	default:
		s.say("dpp: %s%s", err, advice(err))
	}
	return code(err)
}

// interrupted tells whether err is no more than the end of ctx.
func interrupted(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx)))
}

func code(err error) int {
	var usage *usageError
	var setting *config.Error
	var refusal *tenants.Refusal
	var lost *client.UnreachableError
	switch {
	case errors.As(err, &usage), errors.As(err, &setting), errors.Is(err, client.ErrURL), errors.Is(err, client.ErrHeader):
		return exitUsage
	case errors.As(err, &refusal) && (refusal.Reason == dpp.ReasonValidationFailed || refusal.Reason == dpp.ReasonInvalidMoney):
		return exitUsage
	case errors.As(err, &lost), errors.Is(err, errNotRunning), errors.Is(err, store.ErrUnavailable):
		return exitUnreachable
	default:
		return exitFailed
	}
}

func advice(err error) string {
	var usage *usageError
	switch {
	case errors.As(err, &usage):
		return " (see dpp --help, or dpp COMMAND --help)"
	case errors.Is(err, store.ErrSchema):
		return " (bring it up to date with dpp migrate up)"
	case errors.Is(err, store.ErrInDoubt):
		return " (look whether it was done before you repeat it)"
	default:
		return ""
	}
}

// sayProblem prints a problem document: as it is with --json, else in words.
func (s *session) sayProblem(refused *client.Error) {
	if s.json && refused.Problem.Reason != "" {
		onto := *s
		onto.Out = s.Err
		if onto.printJSON(refused.Problem) == nil {
			return
		}
	}
	s.say("dpp: %s", refused)
	// Where nobody reads the rest, nothing can be done.
	_ = printTable(s.Err, func(w io.Writer) { problemRows(w, refused) })
}

func problemRows(w io.Writer, refused *client.Error) {
	p := refused.Problem
	if p.Hint != "" {
		row(w, "  hint", p.Hint)
	}
	for _, field := range p.Errors {
		row(w, "  "+place(field), strings.TrimSpace(field.Message+" "+expected(field)))
	}
	if p.Required != nil && p.Available != nil {
		row(w, "  needed", p.Required.String()+" USD, available "+p.Available.String())
	}
	for _, pointer := range slices.Sorted(maps.Keys(p.Remedy.Set)) {
		row(w, "  set "+pointer, string(p.Remedy.Set[pointer]))
	}
	if refused.RetryAfter > 0 {
		row(w, "  retry in", strconv.FormatInt(int64(refused.RetryAfter/time.Second), 10)+"s")
	}
	if p.RunID != "" {
		row(w, "  run", p.RunID)
	}
	if p.TraceID != "" {
		row(w, "  trace", p.TraceID)
	}
}

func place(field dpp.FieldError) string {
	switch {
	case field.Pointer != nil:
		return "at " + strconv.Quote(*field.Pointer)
	case field.Parameter != "":
		return "parameter " + field.Parameter
	default:
		return "header " + field.Header
	}
}

func expected(field dpp.FieldError) string {
	if field.Expected == "" {
		return ""
	}
	return fmt.Sprintf("(expected: %s)", field.Expected)
}
