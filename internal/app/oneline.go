package app

import (
	"errors"
	"slices"
	"strings"

	"dpp/internal/config"
	"dpp/internal/store/pgstore"
)

// oneLine is an error whose text stands on one line. Adapters join what they find
// wrong, and drivers what each try met, with line breaks.
type oneLine struct{ error }

func (e oneLine) Error() string {
	var said []string
	for line := range strings.Lines(e.error.Error()) {
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(said, line) {
			said = append(said, line)
		}
	}
	return strings.ReplaceAll(strings.Join(said, "; "), ":; ", ": ")
}

func (e oneLine) Unwrap() error { return e.error }

// wrongSetting is an error of the setting that named a backend.
func wrongSetting(where string, err error) error {
	return &config.Error{Where: where, Why: oneLine{err}.Error()}
}

// databaseError is an error of PostgreSQL as an operator is told of it.
func databaseError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgstore.ErrURL):
		return wrongSetting("DPP_DATABASE_URL", err)
	default:
		return oneLine{err}
	}
}
