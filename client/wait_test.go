package client_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"dpp"
	"dpp/client"
)

// held answers after a time, or not at all once the caller left.
func held(r *http.Request, d time.Duration, answer *http.Response) (*http.Response, error) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return answer, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func TestWaitAsksForTheNextVersionUntilTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &web{answer: func(n int, r *http.Request) (*http.Response, error) {
			switch n {
			case 0:
				return says(200, runDoc("QUEUED", 1, "")), nil
			case 1:
				return held(r, 50*time.Second, says(304, ""))
			case 2:
				return held(r, 10*time.Second, says(200, runDoc("PROCESSING", 2, "")))
			default:
				return held(r, 5*time.Second, says(200, runDoc("COMPLETED", 3, "")))
			}
		}}
		began := time.Now()
		run, err := w.client().Wait(t.Context(), runID)
		if err != nil || run.Status != dpp.StatusCompleted || time.Since(began) != 65*time.Second {
			t.Fatalf("got %+v, %v after %v", run, err, time.Since(began))
		}
		for i, want := range []string{"", `W/"1"`, `W/"1"`, `W/"2"`} {
			if got := w.asked[i].Header.Get("If-None-Match"); got != want {
				t.Errorf("question %d named version %q, want %q", i, got, want)
			}
			if wait := w.asked[i].URL.Query().Get("wait"); i > 0 && wait != "50" {
				t.Errorf("question %d asked to wait %q", i, wait)
			}
		}
	})
}

func TestWatchTellsOfProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		progress := func(done string) string {
			return runDoc("PROCESSING", 2, `,"progress":{"done":`+done+`,"total":3,"unit":"page","used_usd":"0.0100"}`)
		}
		script := []string{runDoc("QUEUED", 1, ""), runDoc("PROCESSING", 2, ""), progress("1"), progress("1"), progress("2"), runDoc("FAILED", 3, "")}
		w := &web{answer: func(n int, r *http.Request) (*http.Response, error) {
			return held(r, 2*time.Second, says(200, script[n]))
		}}
		var seen []int64
		for run, err := range w.client().Watch(t.Context(), runID, 2*time.Second) {
			if err != nil {
				t.Fatal(err)
			}
			at := run.Version * 10
			if run.Progress != nil {
				at += run.Progress.Done
			}
			seen = append(seen, at)
		}
		if want := []int64{10, 20, 21, 22, 30}; !slices.Equal(seen, want) {
			t.Errorf("saw %v, want %v", seen, want)
		}
		if r := w.asked[3]; r.Header.Get("If-None-Match") != "" || r.URL.Query().Get("wait") != "2" {
			t.Errorf("asked for progress with %s, %v", r.URL, r.Header)
		}
	})
}

func TestAServerThatDoesNotHoldAnswersIsNotHammered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &web{}
		w.answer = func(n int, _ *http.Request) (*http.Response, error) {
			if n == 20 {
				return says(200, runDoc("EXPIRED", 2, "")), nil
			}
			return says(200, runDoc("QUEUED", 1, "")), nil
		}
		began := time.Now()
		if _, err := w.client().Wait(t.Context(), runID); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 19*time.Second {
			t.Errorf("20 questions in %v", took)
		}
	})
}

func TestWatchEndsWithItsReader(t *testing.T) {
	w := always(200, runDoc("QUEUED", 1, ""))
	for _, err := range w.client().Watch(t.Context(), runID, time.Second) {
		if err != nil {
			t.Error(err)
		}
		break
	}
	if len(w.asked) != 1 {
		t.Errorf("%d questions after the reader left", len(w.asked))
	}
	w = always(404, `{"reason_code":"NOT_FOUND"}`)
	count := 0
	for _, err := range w.client().Watch(t.Context(), runID, time.Second) {
		var refused *client.Error
		if count++; !errors.As(err, &refused) {
			t.Errorf("got %v", err)
		}
	}
	if count != 1 {
		t.Errorf("an error was told %d times", count)
	}
}

func TestWaitReturnsTheLatestItKnowsWithAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &web{answer: func(n int, _ *http.Request) (*http.Response, error) {
			if n == 0 {
				return says(200, runDoc("PROCESSING", 2, "")), nil
			}
			return says(401, `{"reason_code":"AUTH_INVALID"}`), nil
		}}
		run, err := w.client().Wait(t.Context(), runID)
		var refused *client.Error
		if !errors.As(err, &refused) || run.Version != 2 {
			t.Errorf("got version %d, %v", run.Version, err)
		}
	})
}
