package inputs_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"dpp"
	"dpp/internal/inputs"
)

func text(size int) []byte { return bytes.Repeat([]byte("a"), size) }

func TestTheFilesOfARunHaveABoundTogether(t *testing.T) {
	w := newWorld(t, inputs.Options{RunBytes: 100}, func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(text(40)) })
	known := need(inline("text/plain", text(60)))
	sent := need(upload(w.sent("text/plain", text(41))))
	url := need(w.at("/"))
	for name, needs := range map[string][]inputs.Need{
		"two that are told":      {known, sent},
		"no room is left at all": {known, need(inline("text/plain", text(40))), url},
	} {
		_, err := w.loader.Open(t.Context(), w.owner(), needs)
		failed(t, name, err, dpp.ReasonInputRejected, "together more than 100 bytes")
	}
	files, err := w.loader.Open(t.Context(), w.owner(), []inputs.Need{known, url, url})
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	for i := range 2 {
		if _, err := files.Load(t.Context(), i); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	_, err = files.Load(t.Context(), 2)
	failed(t, "a URL more", err, dpp.ReasonInputRejected, "together more than 100 bytes")
}

// A part of the room is left, but not enough.
func TestAURLThatNeedsMoreThanIsLeft(t *testing.T) {
	w := newWorld(t, inputs.Options{RunBytes: 100}, func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(text(40)) })
	files, err := w.loader.Open(t.Context(), w.owner(), []inputs.Need{need(inline("text/plain", text(61))), need(w.at("/"))})
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	_, err = files.Load(t.Context(), 1)
	failed(t, "a URL", err, dpp.ReasonInputRejected, "together more than 100 bytes")
}

// Runs wait for each other's room, and one that is told to stop waits no longer.
func TestRunsShareTheRoomOfTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		loader := inputs.New(nil, nil, nil, inputs.Options{RunBytes: 100, HeldBytes: 150})
		open := func(ctx context.Context, size int) (*inputs.Files, error) {
			return loader.Open(ctx, "ten_1", []inputs.Need{need(inline("text/plain", text(size)))})
		}
		first, err := open(t.Context(), 100)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		impatient := make(chan error, 1)
		go func() {
			_, err := open(ctx, 100)
			impatient <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-impatient; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		second := make(chan *inputs.Files, 1)
		go func() {
			files, err := open(t.Context(), 80)
			if err != nil {
				t.Error(err)
			}
			second <- files
		}()
		synctest.Wait()
		select {
		case <-second:
			t.Error("there was room for both")
		default:
		}
		first.Close()
		first.Close() // gives back once
		(<-second).Close()
	})
}

func TestUploadsAreLookedUpTogether(t *testing.T) {
	w := newWorld(t, inputs.Options{}, nil)
	u := w.sent("application/pdf", pdf)
	needs := []inputs.Need{need(upload(u)), need(inline("text/plain", text(1))), need(upload(w.sent("image/png", png))), need(upload(u))}
	files, err := w.loader.Open(t.Context(), w.owner(), needs)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	for i := range needs {
		if _, err := files.Load(t.Context(), i); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	if *w.rows.lookups != 1 {
		t.Errorf("%d lookups", *w.rows.lookups)
	}
	nothing, err := w.loader.Open(t.Context(), w.owner(), nil)
	if err != nil {
		t.Fatal(err)
	}
	nothing.Close()
}
