package app

import (
	"context"
	"crypto/rand"
	"maps"
	"strings"

	"github.com/jackc/pgx/v5"

	"dpp/internal/api"
	"dpp/internal/runs"
	"dpp/internal/tracing"
	"dpp/internal/worker"
)

// startTracing begins the export of traces where the operator wants it. Without it
// nothing is traced, and s.traces stays nil.
func (s *Server) startTracing(ctx context.Context, opts Options) error {
	if !s.cfg.Tracing.On && opts.Spans == nil {
		return nil
	}
	resource := map[string]string{
		"service.version": Version().Version, "service.instance.id": strings.ToLower(rand.Text()),
	}
	ratio := s.cfg.Tracing.Ratio
	if opts.Spans != nil {
		ratio = 1
	}
	maps.Copy(resource, s.cfg.Tracing.Resource)
	traces, err := tracing.Start(ctx, tracing.Options{
		Ratio: ratio, Resource: resource, Log: s.log, Failed: s.metrics.TraceExportFailed, Exporter: opts.Spans,
	})
	if err != nil {
		return err
	}
	s.traces = traces
	s.metrics.TraceRuns(traces.ExportedRun)
	return nil
}

// stopTracing exports what is left. What cannot be exported any more is nobody's failure.
func (s *Server) stopTracing() {
	if s.traces == nil {
		return
	}
	if err := s.traces.Close(); err != nil {
		s.log.Warn("the last traces were not exported", "error", err)
	}
}

// tracePorts puts spans around the calls of ports.
func (s *Server) tracePorts(p runs.Ports) runs.Ports {
	if s.traces == nil {
		return p
	}
	return s.traces.Wrap(p)
}

// The following are nil where nothing is traced, and not an interface around nil.

func (s *Server) runTracer() runs.Tracer {
	if s.traces == nil {
		return nil
	}
	return s.traces
}

func (s *Server) workerTracer() worker.Tracer {
	if s.traces == nil {
		return nil
	}
	return s.traces
}

func (s *Server) requestTracer() func(context.Context, string, string, string) (context.Context, func(api.Answer)) {
	if s.traces == nil {
		return nil
	}
	return s.traces.Request
}

func (s *Server) postgresTracer() pgx.QueryTracer {
	if s.traces == nil {
		return nil
	}
	return s.traces.Postgres()
}

func (s *Server) messageTracer() func(context.Context) map[string]string {
	if s.traces == nil {
		return nil
	}
	return tracing.Carried
}

// requested measures an answer.
func (s *Server) requested(a api.Answer) {
	trace := ""
	if s.traces != nil {
		trace = s.traces.Exported(a.Trace)
	}
	s.metrics.Requested(a.Method, a.Route, a.Status, a.Took, trace)
	if a.Reason != "" {
		s.metrics.Refused(string(a.Reason))
	}
}
