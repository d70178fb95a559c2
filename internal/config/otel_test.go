package config_test

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"dpp/internal/config"
)

const collectorAt = "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318"

func tracing(t *testing.T, role config.Role, env ...string) config.Tracing {
	t.Helper()
	flags := map[string]string{}
	if role != config.Up {
		flags = shared()
	}
	c, err := config.Load(role, flags, env)
	if err != nil {
		t.Fatalf("%v: %v", env, err)
	}
	return c.Tracing
}

func TestTracingIsOffUnlessItIsWanted(t *testing.T) {
	for env, on := range map[string]bool{
		"":                             false,
		"OTEL_SERVICE_NAME=x":          false,
		"OTEL_EXPORTER_OTLP_ENDPOINT=": false,
		collectorAt:                    true,
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://collector/v1/traces": true,
		"OTEL_TRACES_EXPORTER=otlp":                                      true,
		collectorAt + ";OTEL_TRACES_EXPORTER=none":                       false,
		collectorAt + ";OTEL_SDK_DISABLED=true":                          false,
		collectorAt + ";OTEL_SDK_DISABLED=False":                         true,
		// what is disabled is not looked at
		"OTEL_SDK_DISABLED=TRUE;OTEL_EXPORTER_OTLP_PROTOCOL=grpc": false,
		collectorAt + ";OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20x;OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf;OTEL_EXPORTER_OTLP_COMPRESSION=gzip" +
			";OTEL_BSP_MAX_QUEUE_SIZE=4096;OTEL_PROPAGATORS=tracecontext,baggage;OTEL_METRICS_EXPORTER=none;OTEL_JAVA_SOMETHING=x": true,
	} {
		if got := tracing(t, config.API, strings.Split(env, ";")...); got.On != on {
			t.Errorf("%q: on %t, want %t", env, got.On, on)
		}
	}
}

func TestTheShareOfTraces(t *testing.T) {
	for env, want := range map[string]float64{
		"":                              1,
		"OTEL_TRACES_SAMPLER=always_on": 1,
		"OTEL_TRACES_SAMPLER=parentbased_always_on":                                 1,
		"OTEL_TRACES_SAMPLER=always_off":                                            0,
		"OTEL_TRACES_SAMPLER=parentbased_always_off":                                0,
		"OTEL_TRACES_SAMPLER=traceidratio":                                          1,
		"OTEL_TRACES_SAMPLER_ARG=0.5":                                               1, // of no sampler that has one
		"OTEL_TRACES_SAMPLER=traceidratio;OTEL_TRACES_SAMPLER_ARG=0.25":             0.25,
		"OTEL_TRACES_SAMPLER=parentbased_traceidratio;OTEL_TRACES_SAMPLER_ARG=1e-3": 0.001,
	} {
		if got := tracing(t, config.API, append(strings.Split(env, ";"), collectorAt)...); got.Ratio != want {
			t.Errorf("%q: %v, want %v", env, got.Ratio, want)
		}
	}
}

func TestAProcessSaysWhatItIs(t *testing.T) {
	for role, name := range map[config.Role]string{config.Up: "dpp-up", config.API: "dpp-api", config.Worker: "dpp-worker", config.Reaper: "dpp-reaper"} {
		if got := tracing(t, role, collectorAt).Resource["service.name"]; got != name {
			t.Errorf("%s is called %s", role, got)
		}
	}
	got := tracing(t, config.API, collectorAt, "OTEL_RESOURCE_ATTRIBUTES=service.name=a, deployment.environment.name=two%20words,").Resource
	if want := map[string]string{"service.name": "a", "deployment.environment.name": "two words"}; !maps.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if got := tracing(t, config.API, collectorAt, "OTEL_RESOURCE_ATTRIBUTES=service.name=a", "OTEL_SERVICE_NAME=b").Resource["service.name"]; got != "b" {
		t.Errorf("%s", got)
	}
	// a command beside the processes has no traces, and no opinion
	if c, err := config.Load(config.Tool, nil, []string{collectorAt, "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"}); err != nil || c.Tracing.On {
		t.Errorf("%v", err)
	}
}

func TestTracingThatIsNotSupportedIsRefused(t *testing.T) {
	for variable, values := range map[string][]string{
		"OTEL_SDK_DISABLED":                  {"hush", "1"},
		"OTEL_TRACES_EXPORTER":               {"hush", "console", "otlp,console", "jaeger", "OTLP"},
		"OTEL_METRICS_EXPORTER":              {"otlp"},
		"OTEL_LOGS_EXPORTER":                 {"otlp"},
		"OTEL_PROPAGATORS":                   {"b3", "tracecontext,hush", "none"},
		"OTEL_TRACES_SAMPLER":                {"hush", "jaeger_remote"},
		"OTEL_EXPORTER_OTLP_PROTOCOL":        {"grpc", "http/json"},
		"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": {"grpc"},
		"OTEL_EXPORTER_OTLP_ENDPOINT":        {"hush", "hush:4318", "grpc://hush:4317", "http://", "http://hush:x"},
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": {"hush"},
		"OTEL_EXPORTER_OTLP_COMPRESSION":     {"zstd"},
		"OTEL_EXPORTER_OTLP_TIMEOUT":         {"hush", "0", "-1", "10s", "99999999"},
		"OTEL_EXPORTER_OTLP_HEADERS":         {"hush", "=hush", "a=%zzhush"},
		"OTEL_EXPORTER_OTLP_CERTIFICATE":     {"hush"},
		"OTEL_BSP_MAX_QUEUE_SIZE":            {"0", "hush", "99999999"},
		"OTEL_RESOURCE_ATTRIBUTES":           {"hush", "a=%zzhush"},
		"OTEL_TRACES_SAMPLER_ARG":            {"hush", "-0.1", "1.1", "NaN", "Inf"},
	} {
		for _, value := range values {
			env := []string{variable + "=" + value, "OTEL_TRACES_SAMPLER=traceidratio"}
			if variable == "OTEL_TRACES_SAMPLER" {
				env = env[:1]
			}
			_, err := config.Load(config.Worker, shared(), env)
			var wrong *config.Error
			if !errors.As(err, &wrong) || wrong.Where != variable {
				t.Errorf("%s=%s: %v", variable, value, err)
				continue
			}
			if said := wrong.Error(); strings.Contains(said, "hush") || strings.Contains(said, "\n") {
				t.Errorf("%q", said)
			}
		}
	}
}
