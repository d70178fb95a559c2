package sandbox

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"testing"
)

func TestFramesArriveAsTheyWereSent(t *testing.T) {
	var pipe bytes.Buffer
	for _, f := range []frame{{frameJob, []byte("\x04echoone")}, {frameAccepted, []byte{}}, {frameAnswer, bytes.Repeat([]byte("x"), 1000)}} {
		if err := writeFrame(&pipe, f.kind, f.body[:len(f.body)/2], f.body[len(f.body)/2:]); err != nil {
			t.Fatal(err)
		}
		got, err := readFrame(&pipe, 1000)
		if err != nil || got.kind != f.kind || !bytes.Equal(got.body, f.body) {
			t.Errorf("got %c with %d bytes, %v", got.kind, len(got.body), err)
		}
	}
}

func TestWhatIsNoFrame(t *testing.T) {
	for stream, want := range map[string]error{
		"":                     io.EOF,
		"O":                    io.ErrUnexpectedEOF,
		"O\x00\x00\x00\x02x":   io.ErrUnexpectedEOF,
		"O\x00\x00\x00\x02":    io.ErrUnexpectedEOF,
		"O\x00\x00\x00\x03xx":  io.ErrUnexpectedEOF,
		"O\x00\x00\x00\x65":    errFrameSize,
		"O\xff\xff\xff\xff":    errFrameSize,
		"PASS\nok":             errFrameKind,
		"\x00\x00\x00\x00\x00": errFrameKind,
	} {
		if _, err := readFrame(bytes.NewReader([]byte(stream)), 100); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", stream, err, want)
		}
	}
}

// FuzzFrame: whatever a child sends, reading it takes no more memory than a frame may
// have, and what was understood is what was there.
func FuzzFrame(f *testing.F) {
	f.Add([]byte("O\x00\x00\x00\x02\x00x"), 10)
	f.Add([]byte("O\xff\xff\xff\xff"), 10)
	f.Add([]byte("A\x00\x00\x00\x00A\x00\x00\x00\x00"), 0)
	f.Add([]byte("PASS"), -1)
	f.Fuzz(func(t *testing.T, stream []byte, limit int) {
		limit = min(limit, 1<<20)
		r := bytes.NewReader(stream)
		for {
			at := len(stream) - r.Len()
			got, err := readFrame(r, limit)
			if err != nil {
				return
			}
			if len(got.body) > max(limit, 0) {
				t.Fatalf("%d bytes in a frame of at most %d", len(got.body), limit)
			}
			var again bytes.Buffer
			if err := writeFrame(&again, got.kind, got.body); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(again.Bytes(), stream[at:len(stream)-r.Len()]) {
				t.Fatalf("%q became %q", stream[at:len(stream)-r.Len()], again.Bytes())
			}
		}
	})
}

func TestALyingHeaderCostsNoMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 1000 {
		_, _ = readFrame(bytes.NewReader([]byte("O\x7f\xff\xff\xff")), 1<<20)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
		t.Errorf("%d bytes for a thousand headers", took)
	}
}
