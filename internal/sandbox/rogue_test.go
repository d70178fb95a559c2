package sandbox_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"dpp/internal/sandbox"
)

// rogue is a child that somebody else has taken over: it keeps to no limits, and says
// what it likes.
func rogue(how string) {
	say := func(kind byte, size uint32, body string) {
		header := binary.BigEndian.AppendUint32([]byte{kind}, size)
		_, _ = os.Stdout.Write(append(header, body...))
	}
	frame := func(kind byte, body string) { say(kind, uint32(len(body)), body) }
	ready := func(protocol int) { frame('R', fmt.Sprintf(`{"protocol":%d}`, protocol)) }
	hear := func() {
		var header [5]byte
		_, _ = io.ReadFull(os.Stdin, header[:])
		_, _ = io.CopyN(io.Discard, os.Stdin, int64(binary.BigEndian.Uint32(header[1:])))
	}
	before := map[string]func(){
		"never ready":      func() { wait() },
		"another protocol": func() { ready(99) },
		"no document":      func() { frame('R', "{") },
		"a long welcome":   func() { say('R', 1<<30, "") },
		"talks":            func() { _, _ = os.Stdout.WriteString("PASS\nok  	somewhere\n") },
		"says it is done":  func() { frame('O', "\x00done") },
	}
	during := map[string]func(){
		"never begins":      func() { wait() },
		"no begin":          func() { frame('O', "\x00done") },
		"an endless answer": func() { frame('A', ""); say('O', 1<<32-1, "x") },
		"half an answer":    func() { frame('A', ""); say('O', 100, "x"); wait() },
		"zeros":             func() { frame('A', ""); _, _ = io.Copy(os.Stdout, zeros{}) },
		"an empty answer":   func() { frame('A', ""); frame('O', "") },
		"what next?":        func() { frame('A', ""); frame('O', "\x07done") },
		"two begins":        func() { frame('A', ""); frame('A', "") },
		"a deaf one":        func() { frame('A', ""); _ = os.Stdout.Close(); wait() },
		"grows":             func() { frame('A', ""); grow() },
		"spins": func() {
			frame('A', "")
			for {
				kept = nil
			}
		},
	}
	if how == "never listens" {
		ready(2)
		wait()
	}
	hear()
	if do, ok := before[how]; ok {
		do()
		wait()
	}
	ready(2)
	hear()
	during[how]()
	wait()
}

// wait is for ever, and no deadlock to the runtime.
func wait() {
	for range time.Tick(time.Hour) {
	}
}

// zeros is an endless stream of bytes of which none begins a frame.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestARogueChildIsEnded(t *testing.T) {
	for how, want := range map[string]error{
		"never ready": sandbox.ErrStart, "another protocol": sandbox.ErrStart, "no document": sandbox.ErrStart,
		"a long welcome": sandbox.ErrStart, "talks": sandbox.ErrStart, "says it is done": sandbox.ErrStart,
		"never begins": sandbox.ErrStart, "no begin": sandbox.ErrStart, "never listens": sandbox.ErrStart,
		"an endless answer": sandbox.ErrGarbage, "half an answer": sandbox.ErrTimeout, "zeros": sandbox.ErrGarbage,
		"an empty answer": sandbox.ErrGarbage, "what next?": sandbox.ErrGarbage, "two begins": sandbox.ErrGarbage,
		"a deaf one": sandbox.ErrGarbage,
	} {
		opts := sandbox.Options{Start: patience, Wall: 2 * time.Second}
		if errors.Is(want, sandbox.ErrStart) {
			opts.Start = 500 * time.Millisecond
		}
		t.Run(how, func(t *testing.T) { isEnded(t, how, want, opts) })
	}
}

func isEnded(t *testing.T, how string, want error, opts sandbox.Options) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	opts.Children, opts.Command = 1, []string{self, "rogue", how}
	p := newPool(t, opts)
	// More than a pipe holds, for one who does not listen.
	if _, err := do(t, p, "echo", string(make([]byte, 1<<20))); !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}
