package app

import (
	"errors"
	"io/fs"
	"testing"
)

func TestErrorsStandOnOneLine(t *testing.T) {
	for text, want := range map[string]string{
		"one":       "one",
		"a\nb\nb\n": "a; b",
		"failed:\n\tfirst try\n\tsecond try\n\tfirst try": "failed: first try; second try",
	} {
		err := oneLine{errors.Join(fs.ErrClosed, errors.New(text))}
		if got := err.Error(); got != fs.ErrClosed.Error()+"; "+want || !errors.Is(err, fs.ErrClosed) {
			t.Errorf("got %q, want %q at its end", got, want)
		}
	}
}
