package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"dpp"
	"dpp/internal/api/intake"
	"dpp/internal/problem"
)

// exchange is one request and its answer under way. It is the ResponseWriter that
// handlers see.
type exchange struct {
	http.ResponseWriter
	api     *API
	r       *http.Request
	began   time.Time
	pattern string // of the path, for logs and metrics; never the path itself
	traced  bool   // the caller named the trace
	trace   string // that the answer names
	own     string // trace of the request itself
	ended   func(Answer)
	key     dpp.Key
	run     *dpp.Run // that the answer speaks of, for logs
	err     error    // between the multiplexer and dispatch

	status int        // 0 until the answer has begun
	reason dpp.Reason // of a problem, for logs
	cause  error      // of a failure, for logs
}

func newExchange(a *API, w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{ResponseWriter: w, api: a, r: r, began: time.Now(), pattern: "none"}
	var parent string
	x.trace, parent = intake.FromTraceparent(r.Header.Values("Traceparent"))
	if x.traced = x.trace != ""; !x.traced {
		x.trace = intake.NewTrace()
	}
	x.own = x.trace
	if a.Trace != nil && !ofOperators(r.URL.Path) {
		var ctx context.Context
		if ctx, x.ended = a.Trace(r.Context(), methodName(r.Method), x.trace, parent); ctx != r.Context() {
			x.r = r.WithContext(ctx)
		}
	}
	return x
}

// ofOperators tells of paths that are asked again and again by machines, and for no run.
func ofOperators(path string) bool {
	return path == "/health" || path == "/readyz" || path == "/metrics"
}

// Answer is a request and what became of it.
type Answer struct {
	// Method is one of HTTP's own, or "other".
	Method string
	// Route is the pattern of the path, never the path itself, or "none".
	Route  string
	Status int
	// Took is the time to answer, long polls included.
	Took time.Duration
	// Trace is the id of the request's own trace.
	Trace string
	// Reason is that of a problem document; empty where the answer is none.
	Reason dpp.Reason
	// Tenant is whose key it was, where it was one.
	Tenant dpp.TenantID
	// Run is the run that the answer speaks of, where it does of one.
	Run *dpp.Run
}

// Unwrap serves [http.ResponseController].
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// WriteHeader notes the status.
func (x *exchange) WriteHeader(status int) {
	if x.status == 0 {
		x.status = status
		x.ResponseWriter.WriteHeader(status)
	}
}

func (x *exchange) Write(b []byte) (int, error) {
	x.WriteHeader(http.StatusOK)
	return x.ResponseWriter.Write(b) //nolint:gosec // JSON, or HTML from html/template, or what the object store holds as a download
}

// rescue answers a panic. It is deferred.
func (x *exchange) rescue() {
	value := recover()
	if value == nil {
		return
	}
	if value == http.ErrAbortHandler { //nolint:errorlint // the server compares so, too
		panic(value)
	}
	// The value of a panic may hold a caller's data, so only what the runtime says
	// of itself is logged in words.
	what := fmt.Sprintf("%T", value)
	if e, ok := value.(runtime.Error); ok {
		what = e.Error()
	}
	x.api.Log.LogAttrs(x.r.Context(), slog.LevelError, "a request panicked",
		slog.String("trace_id", x.trace), slog.String("route", x.pattern), slog.String("panic", what), slog.String("stack", string(debug.Stack())))
	if x.status == 0 {
		x.refuse(errPanicked)
	}
}

var errPanicked = errors.New("panicked")

// refuse answers with the problem document of an error, if nothing was answered yet.
func (x *exchange) refuse(err error) {
	refusal := problem.Cause(err)
	x.reason = refusal.Reason
	if problem.Of(refusal.Reason).Status >= http.StatusInternalServerError {
		x.cause = err
	}
	if x.status != 0 {
		return
	}
	p := problem.Document(x.api.PublicURL, x.trace, refusal)
	h := x.Header()
	for _, name := range ofSuccess {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
	h.Set("X-Trace-Id", x.trace)
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", challenge(refusal.Reason))
	}
	if seconds := problem.RetryAfter(refusal); seconds > 0 {
		h.Set("Retry-After", itoa(seconds))
	}
	if refusal.Rate != nil {
		x.rateHeaders(*refusal.Rate)
	}
	x.send(p.Status, problem.MediaType, p)
	if p.Reason == dpp.ReasonBodyTooLarge {
		x.drain()
	}
}

// ofSuccess are headers of an answer that was begun and then failed.
var ofSuccess = []string{
	"ETag", "Location", "Content-Encoding", "Content-Length", "Last-Modified", "Retry-After", "Idempotent-Replayed", "Preference-Applied",
	"X-DPP-Cost-Reserved", "X-DPP-Cost-Used", "X-DPP-Cost-Minimum-Fee", "X-DPP-Budget-Remaining",
}

func challenge(reason dpp.Reason) string {
	if reason == dpp.ReasonAuthInvalid {
		return `Bearer realm="dpp", error="invalid_token"`
	}
	return `Bearer realm="dpp"`
}

// tell measures the request and writes its line in the log. It is deferred.
func (x *exchange) tell() {
	took := time.Since(x.began)
	answer := Answer{
		Method: methodName(x.r.Method), Route: x.pattern, Status: x.status, Took: took,
		Trace: x.own, Reason: x.reason, Tenant: x.key.Tenant, Run: x.run,
	}
	if x.ended != nil {
		x.ended(answer)
	}
	if x.api.Observe != nil {
		x.api.Observe(answer)
	}
	x.log(took)
}

// log writes the line of the request. Neither the path nor the query nor anything
// else of the caller's stands in it.
func (x *exchange) log(took time.Duration) {
	level := x.level()
	if !x.api.Log.Enabled(x.r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", methodName(x.r.Method)), slog.String("route", x.pattern), slog.Int("status", x.status),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000), slog.String("trace_id", x.trace),
	}
	run := dpp.RunID("")
	if x.run != nil {
		run = x.run.ID
	}
	for _, a := range []struct{ name, value string }{
		{"tenant_id", string(x.key.Tenant)}, {"key_id", string(x.key.ID)}, {"run_id", string(run)}, {"reason_code", string(x.reason)},
	} {
		if a.value != "" {
			attrs = append(attrs, slog.String(a.name, a.value))
		}
	}
	if x.cause != nil {
		attrs = append(attrs, slog.Any("error", x.cause))
	}
	x.api.Log.LogAttrs(x.r.Context(), level, "request", attrs...)
}

func (x *exchange) level() slog.Level {
	switch {
	case x.r.Context().Err() != nil: // the caller left; nobody saw the answer
		return slog.LevelInfo
	case x.status == http.StatusServiceUnavailable:
		return slog.LevelWarn
	case x.status >= http.StatusInternalServerError:
		return slog.LevelError
	case ofOperators(x.pattern):
		return slog.LevelDebug
	default:
		return slog.LevelInfo
	}
}

// methodName is a request's method where it is one of HTTP's own: any other is the
// caller's own text.
func methodName(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return method
	default:
		return "other"
	}
}
