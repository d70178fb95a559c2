package tracing

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"dpp"
	"dpp/internal/runs"
)

// Postgres gives each round trip to PostgreSQL a span, inside of what it is made for.
// It tells the kinds of its statements, and nothing of what the server says: the text of
// an error may hold a row.
func (t *Tracing) Postgres() pgx.QueryTracer { return roundTrips{t.tracer} }

type roundTrips struct{ tracer trace.Tracer }

var _ pgx.BatchTracer = roundTrips{}

type roundTripKey struct{}

func (r roundTrips) begin(ctx context.Context, summary string, statements int) context.Context {
	if !trace.SpanFromContext(ctx).IsRecording() {
		return ctx
	}
	_, span := r.tracer.Start(ctx, "postgresql", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("db.system.name", "postgresql"), attribute.String("db.query.summary", summary), attribute.Int("db.operation.batch.size", statements),
	))
	return context.WithValue(ctx, roundTripKey{}, span)
}

func (roundTrips) end(ctx context.Context, err error) {
	if span, ok := ctx.Value(roundTripKey{}).(trace.Span); ok {
		end(span, said(err), dpp.ReasonDependencyDown)
	}
}

// said is an error that the server gives by its code, which is all that may be told.
func said(err error) error {
	if state, ok := errors.AsType[*pgconn.PgError](err); ok {
		return runs.Code(state.Code)
	}
	return err
}

// TraceQueryStart implements [pgx.QueryTracer].
func (r roundTrips) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	return r.begin(ctx, verb(q.SQL), 1)
}

// TraceQueryEnd implements [pgx.QueryTracer].
func (r roundTrips) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryEndData) {
	r.end(ctx, q.Err)
}

// TraceBatchStart implements [pgx.BatchTracer].
func (r roundTrips) TraceBatchStart(ctx context.Context, _ *pgx.Conn, b pgx.TraceBatchStartData) context.Context {
	verbs := make([]string, 0, b.Batch.Len())
	for _, q := range b.Batch.QueuedQueries {
		verbs = append(verbs, verb(q.SQL))
	}
	return r.begin(ctx, strings.Join(verbs, " "), len(verbs))
}

// TraceBatchQuery implements [pgx.BatchTracer].
func (roundTrips) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd implements [pgx.BatchTracer].
func (r roundTrips) TraceBatchEnd(ctx context.Context, _ *pgx.Conn, b pgx.TraceBatchEndData) {
	r.end(ctx, b.Err)
}

// verb is the first word of a statement.
func verb(sql string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(sql), " ")
	return word
}
