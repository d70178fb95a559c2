package app

import (
	"context"
	"errors"
	"io"
	"time"

	"dpp"
	"dpp/internal/blob"
	"dpp/internal/gate"
	"dpp/internal/queue"
	"dpp/internal/runs"
	"dpp/internal/store"
	"dpp/internal/telemetry"
)

// measured puts a clock around every port.
func measured(ports runs.Ports, metrics *telemetry.Metrics) runs.Ports {
	at := func(port string, calls ...string) meter {
		metrics.ExpectCalls(port, calls...)
		return meter{metrics, port}
	}
	return runs.Ports{
		Store: measuredStore{ports.Store, at("store", storeCalls()...)},
		Gate:  measuredGate{ports.Gate, at("gate", "admit", "word")},
		Blob:  measuredBlob{ports.Blob, at("blob", "put", "head", "get", "list", "delete", "sign")},
		Queue: measuredQueue{ports.Queue, at("queue", "send", "receive", "acknowledge")},
	}
}

// meter measures the calls of one port.
type meter struct {
	metrics *telemetry.Metrics
	port    string
}

// begin starts the clock of a call; what it returns stops it, and is deferred.
func (m meter) begin(call string) func(*error) {
	began := time.Now()
	return func(err *error) { m.metrics.PortCalled(m.port, call, time.Since(began), failed(*err)) }
}

// failed tells failures from answers, and from callers who left.
func failed(err error) bool {
	for _, answer := range []error{store.ErrNotFound, blob.ErrNotFound, blob.ErrInvalidKey, context.Canceled} {
		if errors.Is(err, answer) {
			return false
		}
	}
	return err != nil
}

type measuredGate struct {
	gate.Gate
	m meter
}

func (g measuredGate) Admit(ctx context.Context, requests []gate.Request) (answers []gate.Answer, err error) {
	defer g.m.begin("admit")(&err)
	return g.Gate.Admit(ctx, requests)
}

func (g measuredGate) Word(ctx context.Context, words []gate.Word) (err error) {
	defer g.m.begin("word")(&err)
	return g.Gate.Word(ctx, words)
}

type measuredBlob struct {
	blob.Store
	m meter
}

// Put has failed where an object of it has.
func (b measuredBlob) Put(ctx context.Context, objects []blob.Object) (outcomes []blob.PutOutcome, err error) {
	var worst error
	defer b.m.begin("put")(&worst)
	outcomes, err = b.Store.Put(ctx, objects)
	worst = err
	for i := range outcomes {
		if outcomes[i].Err != nil {
			worst = outcomes[i].Err
		}
	}
	return outcomes, err
}

func (b measuredBlob) Head(ctx context.Context, key string) (info blob.Info, err error) {
	defer b.m.begin("head")(&err)
	return b.Store.Head(ctx, key)
}

// Get takes as long as the answer's beginning.
func (b measuredBlob) Get(ctx context.Context, key string, offset, length int64) (body io.ReadCloser, info blob.Info, err error) {
	defer b.m.begin("get")(&err)
	return b.Store.Get(ctx, key, offset, length)
}

func (b measuredBlob) List(ctx context.Context, prefix, after string, limit int) (page []blob.Info, err error) {
	defer b.m.begin("list")(&err)
	return b.Store.List(ctx, prefix, after, limit)
}

func (b measuredBlob) DeletePrefix(ctx context.Context, prefix string) (err error) {
	defer b.m.begin("delete")(&err)
	return b.Store.DeletePrefix(ctx, prefix)
}

func (b measuredBlob) SignGet(ctx context.Context, key string, ttl time.Duration) (url string, err error) {
	defer b.m.begin("sign")(&err)
	return b.Store.SignGet(ctx, key, ttl)
}

func (b measuredBlob) SignPut(ctx context.Context, upload blob.Upload, ttl time.Duration) (signed blob.SignedPut, err error) {
	defer b.m.begin("sign")(&err)
	return b.Store.SignPut(ctx, upload, ttl)
}

type measuredQueue struct {
	queue.Queue
	m meter
}

func (q measuredQueue) Send(ctx context.Context, ids []dpp.RunID) (err error) {
	defer q.m.begin("send")(&err)
	return q.Queue.Send(ctx, ids)
}

func (q measuredQueue) Receive(ctx context.Context, limit int) (messages []queue.Message, err error) {
	defer q.m.begin("receive")(&err)
	return q.Queue.Receive(ctx, limit)
}

func (q measuredQueue) Acknowledge(ctx context.Context, messages []queue.Message) (err error) {
	defer q.m.begin("acknowledge")(&err)
	return q.Queue.Acknowledge(ctx, messages)
}
