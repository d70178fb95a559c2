package client_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"dpp/client"
)

const busy = `{"status":503,"reason_code":"DEPENDENCY_DOWN","retryable":true}`

var errCut = errors.New("connection cut")

func submission() client.Submission {
	return client.Submission{PackType: "decision", Inputs: map[string]any{}, MaxCost: 250_000}
}

func TestASubmitIsRepeatedUnderOneKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &web{answer: func(n int, _ *http.Request) (*http.Response, error) {
			switch n {
			case 0:
				return nil, errCut
			case 1:
				return says(503, busy, "Retry-After: 7"), nil
			case 2:
				return says(502, "<html>", "Content-Type: text/html"), nil
			default:
				return says(202, runDoc("QUEUED", 1, ""), "Idempotent-Replayed: true"), nil
			}
		}}
		began, c := time.Now(), w.client()
		var causes []error
		var paused time.Duration
		c.OnRetry = func(cause error, pause time.Duration) { causes, paused = append(causes, cause), paused+pause }
		got, err := c.Submit(t.Context(), submission())
		if err != nil || got.Run.ID != runID || !got.Replayed {
			t.Fatalf("got %+v, %v", got, err)
		}
		if took := time.Since(began); took < 7*time.Second || took > 10*time.Second {
			t.Errorf("took %v; the server asked to wait 7s", took)
		}
		var refused *client.Error
		if len(causes) != 3 || !errors.Is(causes[0], errCut) || !errors.As(causes[1], &refused) || paused != time.Since(began) {
			t.Errorf("told of %v and pauses of %v", causes, paused)
		}
		for i, r := range w.asked {
			if key := r.Header.Get("Idempotency-Key"); key != got.IdempotencyKey || len(key) < 8 {
				t.Errorf("try %d went under key %q, the answer names %q", i, key, got.IdempotencyKey)
			}
			if w.bodies[i] != w.bodies[0] {
				t.Errorf("try %d had another body", i)
			}
		}
	})
}

func TestTriesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &web{answer: func(int, *http.Request) (*http.Response, error) { return nil, errCut }}
		began := time.Now()
		_, err := w.client().Budget(t.Context())
		var lost *client.UnreachableError
		if !errors.As(err, &lost) || !errors.Is(err, errCut) {
			t.Errorf("got %v, want an UnreachableError", err)
		}
		if len(w.asked) != 5 || time.Since(began) > 10*time.Second {
			t.Errorf("%d tries in %v", len(w.asked), time.Since(began))
		}
	})
}

func TestAServerThatNeverAnswersIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &web{answer: func(_ int, r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}}
		began := time.Now()
		_, err := w.client().Budget(t.Context())
		var lost *client.UnreachableError
		if !errors.As(err, &lost) {
			t.Errorf("got %v, want an UnreachableError", err)
		}
		if took := time.Since(began); took > 3*time.Minute {
			t.Errorf("took %v", took)
		}
	})
}

func TestWhatIsNotTransientIsNotRepeated(t *testing.T) {
	for _, status := range []int{400, 401, 402, 403, 404, 409, 410, 413, 415, 422, 500} {
		w := always(status, `{"reason_code":"X"}`)
		_, err := w.client().Submit(t.Context(), submission())
		var refused *client.Error
		if !errors.As(err, &refused) || refused.Problem.Status != status || len(w.asked) != 1 {
			t.Errorf("%d: %v after %d tries", status, err, len(w.asked))
		}
	}
}

func TestALongRetryAfterIsTheCallersDecision(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, seconds := range []int{91, 3600, 2_000_000_000} {
			w := always(429, `{"reason_code":"RATE_LIMITED"}`, "Retry-After: "+strconv.Itoa(seconds))
			began := time.Now()
			_, err := w.client().Budget(t.Context())
			var refused *client.Error
			if !errors.As(err, &refused) || refused.RetryAfter != min(time.Duration(seconds)*time.Second, time.Hour) {
				t.Errorf("got %#v", err)
			}
			if time.Since(began) != 0 || len(w.asked) != 1 {
				t.Errorf("%d s: waited %v over %d tries", seconds, time.Since(began), len(w.asked))
			}
		}
	})
}

func TestAnUnreadableRetryAfterIsIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, value := range []string{"-1", "soon", "1.5", "99999999999999999999"} {
			w := &web{answer: func(n int, _ *http.Request) (*http.Response, error) {
				if n == 0 {
					return says(429, busy, "Retry-After: "+value), nil
				}
				return says(200, `{"available_usd":"1.0000"}`), nil
			}}
			began := time.Now()
			if _, err := w.client().Budget(t.Context()); err != nil || time.Since(began) > time.Second {
				t.Errorf("%q: %v after %v", value, err, time.Since(began))
			}
		}
	})
}

func TestTheContextEndsThePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("the caller left")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(3*time.Second, func() { cancel(why) })
		began := time.Now()
		got, err := always(503, busy, "Retry-After: 30").client().Submit(ctx, submission())
		if !errors.Is(err, why) || time.Since(began) != 3*time.Second {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
		if got.IdempotencyKey == "" {
			t.Error("the key is lost, so the submit cannot be repeated")
		}
	})
}
