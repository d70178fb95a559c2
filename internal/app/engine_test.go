package app

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dpp/internal/config"
)

// installed makes the only program on the PATH one that says it is tesseract of this
// version, with two languages.
func installed(t *testing.T, version string) {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/sh\nif [ \"$1\" = --version ]; then echo tesseract " + version + "; else echo 'List of available languages (2):'; echo eng; echo fra; fi\n"
	if err := os.WriteFile(filepath.Join(dir, "tesseract"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
}

func TestWhichEngineReads(t *testing.T) {
	const none, program, refused = "", "program", "refused"
	for _, c := range []struct {
		version string // of what is installed; empty: nothing
		engine  config.OCREngine
		role    config.Role
		want    string
	}{
		{"", config.OCRAuto, config.Up, none},
		{"", config.OCRWASM, config.Up, none},
		{"", config.OCRTesseract, config.Up, refused},
		{"", config.OCRTesseract, config.API, refused},
		{"", config.OCRTesseract, config.Tool, refused},
		{"", config.OCRTesseract, config.Reaper, none},
		{"4.1.1", config.OCRAuto, config.Up, none},
		{"4.1.1", config.OCRTesseract, config.Worker, refused},
		{"5.3.0", config.OCRAuto, config.Up, program},
		{"v5.5.0", config.OCRTesseract, config.Worker, program},
		{"5.3.0", config.OCRAuto, config.API, program},
		{"5.3.0", config.OCRWASM, config.Worker, none},
		{"5.3.0", config.OCRAuto, config.Reaper, none},
	} {
		t.Setenv("PATH", t.TempDir())
		if c.version != "" {
			installed(t, c.version)
		}
		r, err := openReading(t.Context(), config.Config{OCREngine: c.engine, Role: c.role, SandboxChildren: 1}, slog.New(slog.DiscardHandler))
		got := none
		switch wrong := (*config.Error)(nil); {
		case errors.As(err, &wrong):
			if got = refused; wrong.Where != "DPP_OCR_ENGINE" || strings.Contains(err.Error(), "\n") {
				t.Errorf("%+v: %v", c, err)
			}
		case err != nil:
			t.Fatal(err)
		case r.program != nil:
			got = program
		}
		if got != c.want {
			t.Errorf("%+v: %q, want %q", c, got, c.want)
		}
		if err == nil {
			if err := r.close(); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestTheDoctorNamesTheEngine(t *testing.T) {
	installed(t, "5.3.0")
	if f := checkOCR(t.Context(), config.Config{OCREngine: config.OCRAuto}); !f.OK || !strings.Contains(f.Detail, "eng, fra") {
		t.Errorf("%+v", f)
	}
	t.Setenv("PATH", t.TempDir())
	if f := checkOCR(t.Context(), config.Config{OCREngine: config.OCRAuto}); !f.OK {
		t.Errorf("%+v", f)
	}
	if f := checkOCR(t.Context(), config.Config{OCREngine: config.OCRTesseract}); f.OK || f.Remedy == "" || !strings.Contains(f.Detail, "DPP_OCR_ENGINE") {
		t.Errorf("%+v", f)
	}
}
