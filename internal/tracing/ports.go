package tracing

import (
	"context"
	"errors"
	"io"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"dpp"
	"dpp/internal/blob"
	"dpp/internal/gate"
	"dpp/internal/ledger"
	"dpp/internal/runs"
	"dpp/internal/store"
)

// Wrap gives the calls of ports spans of their own, each inside of what it is made for.
// Calls that are made for nothing in particular, as loops make them, get none.
func (t *Tracing) Wrap(p runs.Ports) runs.Ports {
	p.Store = tracedStore{p.Store, t.tracer}
	p.Gate = tracedGate{p.Gate, t.tracer}
	p.Blob = tracedBlob{p.Blob, t.tracer}
	return p
}

// call begins the span of a call for n things, where it is made inside of another.
func call(ctx context.Context, tracer trace.Tracer, name string, n int) (context.Context, func(error)) {
	if !trace.SpanFromContext(ctx).IsRecording() {
		return ctx, unfollowed
	}
	ctx, span := tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attribute.Int("dpp.batch.items", n)))
	return ctx, func(err error) { end(span, err, dpp.ReasonDependencyDown) }
}

// tracedStore follows what requests and runs ask of the store. What else there is, only
// commands and sweeps ask.
type tracedStore struct {
	store.Store
	tracer trace.Tracer
}

func (t tracedStore) Submit(ctx context.Context, batch []store.Submission) (out []store.Submitted, err error) {
	ctx, end := call(ctx, t.tracer, "store.submit", len(batch))
	defer func() { end(err) }()
	return t.Store.Submit(ctx, batch)
}

func (t tracedStore) Claim(ctx context.Context, slots []store.Slot) (out []*store.Claimed, err error) {
	ctx, end := call(ctx, t.tracer, "store.claim", len(slots))
	defer func() { end(err) }()
	return t.Store.Claim(ctx, slots)
}

func (t tracedStore) Transition(ctx context.Context, batch []store.Transition) (out []store.Transitioned, err error) {
	ctx, end := call(ctx, t.tracer, "store.transition", len(batch))
	defer func() { end(err) }()
	return t.Store.Transition(ctx, batch)
}

func (t tracedStore) RunStates(ctx context.Context, above map[dpp.RunID]int64) (out []store.RunState, err error) {
	ctx, end := call(ctx, t.tracer, "store.run_states", len(above))
	defer func() { end(err) }()
	return t.Store.RunStates(ctx, above)
}

func (t tracedStore) RunsByKey(ctx context.Context, keys []store.KeyRef) (out []*store.KnownKey, err error) {
	ctx, end := call(ctx, t.tracer, "store.runs_by_key", len(keys))
	defer func() { end(err) }()
	return t.Store.RunsByKey(ctx, keys)
}

func (t tracedStore) CreateUploads(ctx context.Context, batch []store.NewUpload) (out []store.CreatedUpload, err error) {
	ctx, end := call(ctx, t.tracer, "store.create_uploads", len(batch))
	defer func() { end(err) }()
	return t.Store.CreateUploads(ctx, batch)
}

func (t tracedStore) UploadsByID(ctx context.Context, ids []dpp.UploadID) (out []store.KnownUpload, err error) {
	ctx, end := call(ctx, t.tracer, "store.uploads_by_id", len(ids))
	defer func() { end(err) }()
	return t.Store.UploadsByID(ctx, ids)
}

func (t tracedStore) ListRuns(ctx context.Context, q store.ListQuery) (out []dpp.Run, err error) {
	ctx, end := call(ctx, t.tracer, "store.list_runs", q.Limit)
	defer func() { end(err) }()
	return t.Store.ListRuns(ctx, q)
}

func (t tracedStore) Accounts(ctx context.Context, ids []dpp.AccountID) (out []ledger.Account, err error) {
	ctx, end := call(ctx, t.tracer, "store.accounts", len(ids))
	defer func() { end(err) }()
	return t.Store.Accounts(ctx, ids)
}

func (t tracedStore) Entries(ctx context.Context, q store.EntryQuery) (out []ledger.Entry, err error) {
	ctx, end := call(ctx, t.tracer, "store.entries", q.Limit)
	defer func() { end(err) }()
	return t.Store.Entries(ctx, q)
}

func (t tracedStore) Usage(ctx context.Context, account dpp.AccountID, from, to time.Time) (out []store.UsageDay, err error) {
	ctx, end := call(ctx, t.tracer, "store.usage", 1)
	defer func() { end(err) }()
	return t.Store.Usage(ctx, account, from, to)
}

type tracedGate struct {
	gate.Gate
	tracer trace.Tracer
}

func (t tracedGate) Admit(ctx context.Context, requests []gate.Request) (out []gate.Answer, err error) {
	ctx, end := call(ctx, t.tracer, "gate.admit", len(requests))
	defer func() { end(err) }()
	return t.Gate.Admit(ctx, requests)
}

type tracedBlob struct {
	blob.Store
	tracer trace.Tracer
}

func (t tracedBlob) Put(ctx context.Context, objects []blob.Object) (out []blob.PutOutcome, err error) {
	ctx, end := call(ctx, t.tracer, "blob.write", len(objects))
	defer func() { end(err) }()
	return t.Store.Put(ctx, objects)
}

// Get follows the opening of an object. That there is none is an answer.
func (t tracedBlob) Get(ctx context.Context, key string, offset, length int64) (body io.ReadCloser, info blob.Info, err error) {
	ctx, end := call(ctx, t.tracer, "blob.read", 1)
	defer func() {
		if errors.Is(err, blob.ErrNotFound) {
			end(nil)
			return
		}
		end(err)
	}()
	return t.Store.Get(ctx, key, offset, length)
}
