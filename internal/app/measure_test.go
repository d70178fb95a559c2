package app

import (
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"dpp"
	"dpp/internal/blob"
	"dpp/internal/gate"
	"dpp/internal/queue"
	"dpp/internal/runs"
	"dpp/internal/store"
	"dpp/internal/telemetry"
)

// errDown is what all of these answer.
var errDown = errors.New("down")

type downStore struct{ store.Store }

func (downStore) Submit(context.Context, []store.Submission) ([]store.Submitted, error) {
	return nil, errDown
}

type downGate struct{ gate.Gate }

func (downGate) Word(context.Context, []gate.Word) error { return errDown }

type downBlob struct{ blob.Store }

func (downBlob) Put(context.Context, []blob.Object) ([]blob.PutOutcome, error) {
	return []blob.PutOutcome{{}, {Err: errDown}}, nil
}

func (downBlob) Get(context.Context, string, int64, int64) (io.ReadCloser, blob.Info, error) {
	return nil, blob.Info{}, blob.ErrNotFound
}

type downQueue struct{ queue.Queue }

func (downQueue) Send(context.Context, []dpp.RunID) error { return errDown }

func (downQueue) Receive(context.Context, int) ([]queue.Message, error) {
	return nil, context.Canceled
}

func TestCallsOfPortsAreMeasured(t *testing.T) {
	metrics := telemetry.NewMetrics()
	ports := measured(runs.Ports{Store: downStore{}, Gate: downGate{}, Blob: downBlob{}, Queue: downQueue{}}, metrics)
	ctx := t.Context()
	if _, err := ports.Store.Submit(ctx, nil); !errors.Is(err, errDown) {
		t.Error(err)
	}
	if err := ports.Gate.Word(ctx, nil); !errors.Is(err, errDown) {
		t.Error(err)
	}
	if outcomes, err := ports.Blob.Put(ctx, nil); err != nil || len(outcomes) != 2 {
		t.Error(outcomes, err)
	}
	if _, _, err := ports.Blob.Get(ctx, "", 0, 0); !errors.Is(err, blob.ErrNotFound) {
		t.Error(err)
	}
	if err := ports.Queue.Send(ctx, nil); !errors.Is(err, errDown) {
		t.Error(err)
	}
	if _, err := ports.Queue.Receive(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	answer := httptest.NewRecorder()
	metrics.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(ctx, "GET", "/metrics", nil))
	for _, want := range []string{
		`dpp_port_errors_total{call="submit",port="store"} 1`,
		`dpp_port_errors_total{call="claim",port="store"} 0`,
		`dpp_port_errors_total{call="word",port="gate"} 1`,
		`dpp_port_errors_total{call="put",port="blob"} 1`,
		`dpp_port_errors_total{call="get",port="blob"} 0`,
		`dpp_port_errors_total{call="send",port="queue"} 1`,
		`dpp_port_errors_total{call="receive",port="queue"} 0`,
		`dpp_port_seconds_count{call="submit",port="store"} 1`,
		`dpp_port_seconds_count{call="receive",port="queue"} 1`,
		`dpp_port_seconds_count{call="due",port="store"} 0`,
	} {
		if !strings.Contains(answer.Body.String(), want+"\n") {
			t.Errorf("no %s", want)
		}
	}
}
