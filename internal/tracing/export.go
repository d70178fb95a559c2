package tracing

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Options say what is exported, and who hears of what is not. All fields but Exporter
// are needed.
type Options struct {
	// Ratio is the share of all traces that is exported.
	Ratio float64
	// Resource are the attributes of the process.
	Resource map[string]string
	Log      *slog.Logger
	// Failed is told of each batch of spans that could not be exported.
	Failed func()
	// Exporter is one for tests; nil: OTLP over HTTP, as the OTEL_EXPORTER_OTLP_*
	// variables say.
	Exporter sdktrace.SpanExporter
}

// Start makes the spans of this process from now on. The collector need not be there.
func Start(ctx context.Context, opts Options) (*Tracing, error) {
	if opts.Exporter == nil {
		exporter, err := otlptracehttp.New(ctx) // connects to nobody
		if err != nil {
			return nil, fmt.Errorf("traces cannot be exported: %w", err)
		}
		opts.Exporter = exporter
	}
	attributes := make([]attribute.KeyValue, 0, len(opts.Resource))
	for name, value := range opts.Resource {
		attributes = append(attributes, attribute.String(name, value))
	}
	closing, stop := context.WithCancel(context.WithoutCancel(ctx))
	e := &exporter{SpanExporter: opts.Exporter, opts: opts, closing: closing.Done()}
	// What the SDK itself complains of would else be written past the log.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { e.complain(context.Background(), err) })) // of no call
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(e), sdktrace.WithSampler(sdktrace.AlwaysSample()), // what is not in the share is never begun
		sdktrace.WithIDGenerator(generator{}), sdktrace.WithResource(resource.NewSchemaless(attributes...)),
	)
	return &Tracing{tracer: provider.Tracer(scope), share: newShare(opts.Ratio), close: func() error {
		defer stop()                                                           // an export that is still under way
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout) // the caller's has ended
		defer cancel()
		return provider.Shutdown(ctx)
	}}, nil
}

const (
	// closeTimeout is how long the last spans may take.
	closeTimeout = 5 * time.Second
	// complaintInterval is how often at most the log hears of a collector that is away.
	complaintInterval = time.Minute
)

// exporter keeps an eye on another one, whose failures are nobody else's.
type exporter struct {
	sdktrace.SpanExporter
	opts    Options
	closing <-chan struct{}

	mu   sync.Mutex
	said time.Time
}

// ExportSpans implements the SDK's exporter. It reports no error: there is nobody who
// could do more about it.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	exported := make(chan struct{})
	defer close(exported)
	go func() { // ends with the export
		select {
		case <-e.closing:
			cancel()
		case <-exported:
		}
	}()
	if err := e.SpanExporter.ExportSpans(ctx, spans); err != nil {
		e.opts.Failed()
		e.complain(ctx, err)
	}
	return nil
}

// complain logs an error, unless another one was logged a short time ago.
func (e *exporter) complain(ctx context.Context, err error) {
	e.mu.Lock()
	recently := !e.said.IsZero() && time.Since(e.said) < complaintInterval
	if !recently {
		e.said = time.Now()
	}
	e.mu.Unlock()
	if !recently {
		e.opts.Log.WarnContext(ctx, "traces are not exported; this is said once a minute at most", "error", brief(err))
	}
}

const briefLength = 300

// brief is an error on one line of bounded length: a collector's answer may be a page.
func brief(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if len(text) > briefLength {
		text = strings.ToValidUTF8(text[:briefLength], "") + "…"
	}
	return text
}
