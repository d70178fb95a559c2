package sqsqueue_test

import (
	"strings"
	"testing"

	"dpp/internal/queue/sqsqueue"
)

func TestParse(t *testing.T) {
	for address, want := range map[string]sqsqueue.Options{
		"sqs://runs":                                     {Name: "runs"},
		"sqs://Runs_2-a?region=eu-central-1":             {Name: "Runs_2-a", Region: "eu-central-1"},
		"sqs://runs?endpoint=http://127.0.0.1:4566":      {Name: "runs", Endpoint: "http://127.0.0.1:4566"},
		"sqs://runs?endpoint=http%3A%2F%2F%5B::1%5D:1":   {Name: "runs", Endpoint: "http://[::1]:1"},
		"sqs://r?region=x&endpoint=https://mq.test/base": {Name: "r", Endpoint: "https://mq.test/base", Region: "x"},
	} {
		got, err := sqsqueue.Parse(address)
		if err != nil || got.Name != want.Name || got.Endpoint != want.Endpoint || got.Region != want.Region {
			t.Errorf("%s: %+v, %v", address, got, err)
		}
	}
}

// Each wrong thing has a line of its own, and no value is repeated: "hush" stands where
// somebody may put a secret.
func TestParseSaysWhatIsWrong(t *testing.T) {
	for address, want := range map[string][]string{
		"":                                     {"is no address"},
		"hush":                                 {"is no address"},
		"https://hush/queue":                   {"is no address"},
		"sqs://%zz?hush":                       {"is no address"},
		"sqs://" + strings.Repeat("hush", 600): {"is no address"},
		"sqs:runs":                             {"no name of a queue", "more than a name"},
		"sqs://":                               {"no name of a queue"},
		"sqs:///runs":                          {"no name of a queue", "more than a name"},
		"sqs://hush.dot":                       {"no name of a queue"},
		"sqs://hush:80":                        {"no name of a queue"},
		"sqs://" + strings.Repeat("h", 81):     {"no name of a queue"},
		"sqs://hush.fifo":                      {"names a FIFO queue"},
		"sqs://runs/hush":                      {"more than a name"},
		"sqs://runs#hush":                      {"more than a name"},
		"sqs://AKIA:hush@runs":                 {"AWS_* variables only"},
		"sqs://runs?secret_key=hush":           {"unknown parameter secret_key"},
		"sqs://runs?HushHush1":                 {"unknown parameter:"},
		"sqs://runs?" + strings.Repeat("hush", 10): {"unknown parameter:"},
		"sqs://runs?region=%zz&hush":               {"cannot be read"},
		"sqs://runs?region=":                       {"region is empty"},
		"sqs://runs?region=hush&region=a":          {"region is given 2 times"},
		"sqs://runs?region=hush/":                  {"region is no name"},
		"sqs://runs?endpoint=hush":                 {"endpoint is no URL"},
		"sqs://runs?endpoint=ftp://hush":           {"endpoint is no URL"},
		"sqs://runs?endpoint=http://":              {"endpoint is no URL"},
		"sqs://runs?endpoint=http://a:hush@b":      {"endpoint is no URL"},
		"sqs://runs?endpoint=http://b/%3Fhush=1":   {"endpoint is no URL"},
		"sqs://runs?endpoint=http://b%23hush":      {"endpoint is no URL"},
		"sqs://u:hush@run.s/p?endpoint=&region=!&b=hush": {
			"AWS_* variables only", "no name of a queue", "more than a name", "unknown parameter b", "endpoint is empty", "region is no name",
		},
	} {
		got, err := sqsqueue.Parse(address)
		if err == nil {
			t.Errorf("%s: read as %+v", address, got)
			continue
		}
		lines := strings.Split(err.Error(), "\n")
		if len(lines) != len(want) {
			t.Errorf("%s: %d lines, want %d:\n%v", address, len(lines), len(want), err)
			continue
		}
		for i, line := range lines {
			if !strings.Contains(line, want[i]) {
				t.Errorf("%s: %q does not say %q", address, line, want[i])
			}
		}
		if strings.Contains(strings.ToLower(err.Error()), "hush") {
			t.Errorf("%s: repeats a value: %v", address, err)
		}
	}
}

// Whatever is accepted is complete and safe to use, and errors are of short lines.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"sqs://runs", "sqs://runs?endpoint=http://127.0.0.1:1&region=eu-central-1", "sqs://u:p@runs/p?x=1#f", "sqs:runs",
		"sqs://runs?region=%zz", "sqs://runs?region=a;b", "sqs://[::1]:1?endpoint=https://[::1%25eth0]",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		opts, err := sqsqueue.Parse(address)
		if err != nil {
			if opts.Name != "" || opts.Endpoint != "" || opts.Region != "" {
				t.Errorf("options beside an error: %+v", opts)
			}
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if len(line) > 200 || line == "" {
					t.Errorf("a line of %d bytes", len(line))
				}
			}
			return
		}
		if opts.Name == "" || len(opts.Name) > 80 || strings.ContainsAny(opts.Name+opts.Region, " \t\r\n/:?#@.") {
			t.Errorf("name %q, region %q", opts.Name, opts.Region)
		}
		if opts.Endpoint != "" && (!strings.HasPrefix(strings.ToLower(opts.Endpoint), "http") || strings.ContainsAny(opts.Endpoint, "?#\r\n")) {
			t.Errorf("endpoint %q", opts.Endpoint)
		}
	})
}
