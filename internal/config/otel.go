package config

import (
	"errors"
	"math"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Tracing says whether and how traces are exported. It comes from the standard OTEL_*
// variables alone. What of them is about the connection and about the size of batches
// (OTEL_EXPORTER_OTLP_*, OTEL_BSP_*) is only checked here: the exporter, which reads
// it by itself, would go on without what it cannot read.
type Tracing struct {
	// On: traces are exported.
	On bool
	// Ratio is the share of all traces that is exported, from 0 to 1.
	Ratio float64
	// Resource are the attributes of the process; service.name is always among them
	// where traces are exported.
	Resource map[string]string
}

const otelPrefix = "OTEL_"

// otelRule is what may stand in a variable.
type otelRule struct {
	names []string
	check func(string) error
}

var otelRules = []otelRule{
	{[]string{"OTEL_TRACES_EXPORTER"}, oneOf("otlp", "none")},
	{[]string{"OTEL_METRICS_EXPORTER"}, oneOf("none", "prometheus")},
	{[]string{"OTEL_LOGS_EXPORTER"}, oneOf("none")},
	{[]string{"OTEL_PROPAGATORS"}, propagators},
	{[]string{"OTEL_TRACES_SAMPLER"}, oneOf(
		"always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio",
	)},
	{otlp("PROTOCOL"), oneOf("http/protobuf")},
	{otlp("ENDPOINT"), otelEndpoint},
	{otlp("COMPRESSION"), oneOf("gzip", "none")},
	{otlp("TIMEOUT"), otelCount},
	{otlp("HEADERS"), otelPairs},
	{otlp("CERTIFICATE"), otelFile},
	{otlp("CLIENT_CERTIFICATE"), otelFile},
	{otlp("CLIENT_KEY"), otelFile},
	{[]string{"OTEL_BSP_SCHEDULE_DELAY", "OTEL_BSP_EXPORT_TIMEOUT", "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"}, otelCount},
	{[]string{"OTEL_RESOURCE_ATTRIBUTES"}, otelPairs},
}

// otlp are the two names of a setting of the exporter.
func otlp(setting string) []string {
	return []string{"OTEL_EXPORTER_OTLP_" + setting, "OTEL_EXPORTER_OTLP_TRACES_" + setting}
}

func oneOf(known ...string) func(string) error {
	return func(value string) error {
		if !slices.Contains(known, value) {
			return errors.New("is not supported: it can be " + strings.Join(known, ", "))
		}
		return nil
	}
}

func propagators(value string) error {
	for one := range strings.SplitSeq(value, ",") {
		if one = strings.TrimSpace(one); one != "tracecontext" && one != "baggage" {
			return errors.New("is not supported: W3C trace context is what callers are understood in, so it can be tracecontext, with or without baggage")
		}
	}
	return nil
}

func otelEndpoint(value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New("is no address of a collector: write http://HOST:4318")
	}
	return nil
}

func otelFile(path string) error {
	f, err := os.Open(path) //nolint:gosec // the path comes from the operator's own configuration
	if err != nil {
		return errors.New("is no file that can be read")
	}
	return f.Close()
}

const otelMost = 1 << 20

func otelCount(value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > otelMost {
		return errors.New("is no whole number from 1 to 1048576")
	}
	return nil
}

func otelPairs(value string) error {
	_, err := readPairs(value)
	return err
}

var errPairs = errors.New("is no list of pairs: write name=value with commas between, values percent-encoded")

// readPairs reads name=value,name=value.
func readPairs(text string) (map[string]string, error) {
	pairs := map[string]string{}
	for pair := range strings.SplitSeq(text, ",") {
		if pair = strings.TrimSpace(pair); pair == "" {
			continue
		}
		name, value, ok := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		read, err := url.PathUnescape(strings.TrimSpace(value))
		if !ok || name == "" || err != nil {
			return nil, errPairs
		}
		pairs[name] = read
	}
	return pairs, nil
}

// tracing reads the OTEL_* variables. Those that are known to the standard but not
// here are left to whom they are meant for.
func tracing(role Role, env []string) (Tracing, error) {
	set := otelVariables(env)
	switch disabled := set["OTEL_SDK_DISABLED"]; {
	case strings.EqualFold(disabled, "true"):
		return Tracing{}, nil
	case disabled != "" && !strings.EqualFold(disabled, "false"):
		return Tracing{}, &Error{Where: "OTEL_SDK_DISABLED", Why: errYesNo.Error()}
	}
	for _, rule := range otelRules {
		for _, name := range rule.names {
			if value, ok := set[name]; ok {
				if err := rule.check(value); err != nil {
					return Tracing{}, &Error{Where: name, Why: err.Error()}
				}
			}
		}
	}
	ratio, err := otelRatio(set["OTEL_TRACES_SAMPLER"], set["OTEL_TRACES_SAMPLER_ARG"])
	if err != nil {
		return Tracing{}, &Error{Where: "OTEL_TRACES_SAMPLER_ARG", Why: err.Error()}
	}
	wanted := set["OTEL_TRACES_EXPORTER"] == "otlp"
	for _, name := range otlp("ENDPOINT") {
		wanted = wanted || set[name] != ""
	}
	if !wanted || set["OTEL_TRACES_EXPORTER"] == "none" {
		return Tracing{}, nil
	}
	t := Tracing{On: true, Ratio: ratio, Resource: map[string]string{"service.name": "dpp-" + string(role)}}
	given, _ := readPairs(set["OTEL_RESOURCE_ATTRIBUTES"]) // checked above
	for name, value := range given {
		t.Resource[name] = value
	}
	if name := set["OTEL_SERVICE_NAME"]; name != "" {
		t.Resource["service.name"] = name
	}
	return t, nil
}

// otelVariables are those that are set; an empty one counts as not set.
func otelVariables(env []string) map[string]string {
	set := map[string]string{}
	for _, line := range env {
		name, value, _ := strings.Cut(line, "=")
		if value = strings.TrimSpace(value); strings.HasPrefix(name, otelPrefix) && value != "" {
			set[name] = value
		}
	}
	return set
}

// otelRatio is the share that a sampler takes. Whether a caller's own span was sampled
// changes nothing, so the forms that look at the parent are the same as those that do
// not: no other process could know of it, and a trace would be torn.
func otelRatio(sampler, arg string) (float64, error) {
	switch strings.TrimPrefix(sampler, "parentbased_") {
	case "always_off":
		return 0, nil
	case "traceidratio":
		if arg == "" {
			return 1, nil
		}
		ratio, err := strconv.ParseFloat(arg, 64)
		if err != nil || math.IsNaN(ratio) || ratio < 0 || ratio > 1 {
			return 0, errors.New("is no number from 0 to 1")
		}
		return ratio, nil
	default:
		return 1, nil
	}
}
