// Package telemetry makes the logger and the metrics of a process.
package telemetry

import (
	"io"
	"log/slog"
)

// NewLogger writes structured lines of at least the given level, as JSON or, for
// people, as text.
func NewLogger(w io.Writer, level slog.Level, text bool) *slog.Logger {
	opts := &slog.HandlerOptions{Level: level}
	if text {
		return slog.New(slog.NewTextHandler(w, opts))
	}
	return slog.New(slog.NewJSONHandler(w, opts))
}
