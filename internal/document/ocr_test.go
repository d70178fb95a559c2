package document_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"dpp/internal/document"
	"dpp/internal/document/picture"
	"dpp/internal/document/picturetest"
	"dpp/internal/document/tesseract"
)

// programs are the engines that this machine has; nil is the one built in.
func programs(t *testing.T) []*tesseract.Program {
	t.Helper()
	program, err := tesseract.FindProgram(t.Context())
	if err != nil {
		t.Fatalf("%v; scripts/deps installs it", err)
	}
	if len(tesseract.BuiltIn()) == 0 {
		t.Log("the engine was not built in (make assets): it is not tested")
		return []*tesseract.Program{program}
	}
	return []*tesseract.Program{program, nil}
}

func drawn(lines ...string) *picture.Gray { return grayOf(picturetest.Page(300, lines...), 300) }

func TestPicturesAreReadInAChild(t *testing.T) {
	want := strings.Join(picturetest.Letter(), " ")
	for _, program := range programs(t) {
		read, err := document.New(opened).Picture(t.Context(), drawn(picturetest.Letter()...), document.OCR{Program: program, Time: patience})
		if err != nil {
			t.Fatal(err)
		}
		if got := words(read.Page.Text()); got != want {
			t.Errorf("%v reads %q", program, got)
		}
	}
}

func TestKoreanPages(t *testing.T) {
	content, ok := truth(t, "ocr/08_kor_300.png")
	if !ok {
		return
	}
	want, _ := truth(t, "ocr/08_kor_300.gt.txt")
	g, err := picture.Decode(content, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range programs(t) {
		read, err := document.New(opened).Picture(t.Context(), g, document.OCR{Languages: []string{"kor"}, Program: program, Time: patience})
		if err != nil {
			t.Fatal(err)
		}
		if got := words(read.Page.Text()); got != words(string(want)) {
			t.Errorf("%v reads %q", program, got)
		}
	}
}

func TestWhatIsAskedForIsCheckedBeforeAChildHears(t *testing.T) {
	for _, program := range programs(t) {
		d := document.New(nil) // of which a job would make a panic
		if _, err := d.Picture(t.Context(), drawn("text"), document.OCR{Program: program, Languages: []string{"tlh"}}); !errors.Is(err, tesseract.ErrLanguage) || !strings.Contains(err.Error(), "eng") {
			t.Errorf("a language that is not there: %v", err)
		}
		if _, err := d.Picture(t.Context(), &picture.Gray{Width: 5, Height: 5}, document.OCR{Program: program}); !errors.Is(err, picture.ErrDamaged) {
			t.Errorf("a picture without pixels: %v", err)
		}
	}
}

func TestWithoutAnEngineThePictureIsNotRead(t *testing.T) {
	languages, err := document.OCRLanguages(nil)
	if (len(tesseract.BuiltIn()) == 0) != errors.Is(err, tesseract.ErrAbsent) || (err == nil) != (len(languages) > 0) {
		t.Errorf("%q, %v", languages, err)
	}
	if err == nil {
		return
	}
	if _, err := document.New(nil).Picture(t.Context(), drawn("text"), document.OCR{}); !errors.Is(err, tesseract.ErrAbsent) {
		t.Errorf("got %v", err)
	}
}

// script makes a program of one line.
func script(t *testing.T, line string) *tesseract.Program {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tesseract")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+line+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return &tesseract.Program{Path: path, Installed: []string{"eng"}}
}

func TestProgramsThatMisbehaveInAChild(t *testing.T) {
	for line, want := range map[string]error{
		"exit 1":       document.ErrDamaged,
		"echo garbage": nil, // text without a table is a page without words
		"sleep 600":    document.ErrDemanding,
	} {
		_, err := document.New(opened).Picture(t.Context(), drawn("text"), document.OCR{Program: script(t, line), Time: time.Second})
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", line, err, want)
		}
	}
}

// A child that is killed takes the program with it. Other systems than Linux leave that
// to the program's own end.
func TestTheProgramDiesWithItsChild(t *testing.T) {
	if runtime.GOOS != "linux" {
		return
	}
	says := filepath.Join(cache, "pid") // the one place where a child may write
	program := script(t, fmt.Sprintf("echo $$ >%q.part; mv %q.part %q; exec sleep 600", says, says, says))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := document.New(opened).Picture(ctx, drawn("text"), document.OCR{Program: program, Time: patience})
		done <- err
	}()
	var pid int
	eventually(t, "it starts", func() bool {
		text, err := os.ReadFile(says)
		if err == nil {
			pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
		}
		return err == nil
	})
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	eventually(t, "it dies", func() bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) || isZombie(pid) })
}

// isZombie: nobody has waited for it yet, as init does where there is one.
func isZombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(stat), ") Z ")
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ticker, end := time.NewTicker(10*time.Millisecond), time.After(patience)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-ticker.C:
		case <-end:
			t.Fatalf("%s: that did not come", what)
		}
	}
}

func rectOf(b tesseract.Box) image.Rectangle { return image.Rect(b[0], b[1], b[2], b[3]) }

func TestEnginesKnowLanguagesTogether(t *testing.T) {
	engine := document.Engine{Languages: []string{"eng", "kor"}}
	for languages, want := range map[string]bool{"eng": true, "kor eng": true, "": true, "deu": false, "eng deu": false} {
		if got := engine.Knows(strings.Fields(languages)); got != want {
			t.Errorf("%q: %v, want %v", languages, got, want)
		}
	}
}
