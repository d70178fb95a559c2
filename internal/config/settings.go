package config

import (
	"strings"
	"time"
)

// Setting is one thing that an operator decides.
type Setting struct {
	// Name is the flag's, without its dashes.
	Name string
	// Default is as it would be written; empty: nothing.
	Default string
	// Help is one line.
	Help string
	// Place: the setting says where data is; every command that opens it takes it.
	Place bool

	set func(c *Config, text string) error
}

// Variable is the setting's name in the environment.
func (s Setting) Variable() string {
	return prefix + strings.ToUpper(strings.ReplaceAll(s.Name, "-", "_"))
}

// Key is the setting's name in the file.
func (s Setting) Key() string { return strings.ReplaceAll(s.Name, "-", "_") }

func (s Setting) flag() string { return s.Name }

// Bounds of settings. What is larger is a slip of the pen, not a wish.
const (
	day         = 24 * time.Hour
	longest     = 3650 * day
	maxRate     = 1_000_000_000
	maxWorkers  = 1024
	maxAttempts = 100
	maxChildren = 64
)

// Settings lists all there is, in the order of their help.
func Settings() []Setting {
	return append(places(), append(faces(), append(times(), append(rules(), models()...)...)...)...)
}

func places() []Setting {
	return []Setting{
		{"data", DefaultData, "Folder of the embedded default: database, objects, keys.", true, text(func(c *Config) *string { return &c.Data })},
		{"database-url", "", "Database: postgres://USER@HOST/NAME, or sqlite:///PATH of the data folder.", true, optional(func(c *Config) *string { return &c.DatabaseURL })},
		{"redis-url", "", "Fast admission: redis://HOST:PORT/0; unset, the ledger alone decides.", true, optional(func(c *Config) *string { return &c.RedisURL })},
		{"blob-url", "", "Objects: s3://BUCKET?endpoint=URL&public_endpoint=URL&region=NAME, or file:///DIR of the data folder.", true, optional(func(c *Config) *string { return &c.BlobURL })},
		{"queue-url", "", "Queue: sqs://NAME?endpoint=URL&region=NAME, or db: for none but the database.", true, optional(func(c *Config) *string { return &c.QueueURL })},
	}
}

func faces() []Setting {
	return []Setting{
		{"listen", "", "Address of the API; port 0 takes a free one. Default 127.0.0.1:8000 of dpp up, 0.0.0.0:8000 of dpp api, :8001 of dpp worker, :8002 of dpp reaper.", false, address(func(c *Config) *string { return &c.Listen })},
		{"ops-listen", "", "Address for metrics and profiles without a key; off unless set.", false, address(func(c *Config) *string { return &c.OpsListen })},
		{"public-url", "", "How the API is reached from outside; the start of every absolute URL.", false, setPublicURL},
		{"cors-origins", "", "Origins that browsers may call from, with commas, or *.", false, setOrigins},
		{"log-level", "info", "debug, info, warn or error.", false, setLogLevel},
		{"log-format", "json", "json or text.", false, setLogFormat},
	}
}

func times() []Setting {
	return []Setting{
		{"lease-ttl", "120s", "How long a worker's lease lasts without a heartbeat.", false, duration(time.Second, time.Hour, func(c *Config) *time.Duration { return &c.Timing.LeaseTTL })},
		{"lease-heartbeat", "30s", "How often a worker renews its leases; below half of the lease TTL.", false, duration(100*time.Millisecond, time.Hour, func(c *Config) *time.Duration { return &c.Timing.Heartbeat })},
		{"reaper-interval", "", "How often lost leases and overdue runs are looked for; 1s on the embedded default, else 30s.", false, duration(100*time.Millisecond, time.Hour, func(c *Config) *time.Duration { return &c.Timing.ReaperInterval })},
		{"max-attempts", "2", "How many lost leases end a run.", false, number(maxAttempts, func(c *Config, n int64) { c.Timing.MaxAttempts = int(n) })},
		{"shutdown-delay", "0s", "How long an API that is told to stop goes on serving while /readyz says 503, so that balancers see it.", false, duration(0, 10*time.Minute, func(c *Config) *time.Duration { return &c.ShutdownDelay })},
		{"drain-grace", "25s", "How long running runs may go on at shutdown.", false, duration(0, time.Hour, func(c *Config) *time.Duration { return &c.DrainGrace })},
		{"reservation-ttl", "3600s", "How long a run may wait in the queue.", false, duration(time.Second, 30*day, func(c *Config) *time.Duration { return &c.Timing.ReservationTTL })},
		{"retention", "30d", "How long results are kept; not below the idempotency window.", false, duration(time.Second, longest, func(c *Config) *time.Duration { return &c.Retention })},
		{"result-url-ttl", "600s", "How long a signed result URL is good.", false, duration(time.Second, 7*day, func(c *Config) *time.Duration { return &c.ResultURLTTL })},
		{"idempotency-window", "30d", "How long an idempotency key is remembered.", false, duration(time.Second, longest, func(c *Config) *time.Duration { return &c.IdempotencyWindow })},
	}
}

func rules() []Setting {
	return []Setting{
		{"charge-platform-faults", "true", "Charge the minimum fee where the platform itself failed: true or false.", false, yesNo(func(c *Config) *bool { return &c.ChargePlatformFaults })},
		{"worker-concurrency", "16", "How many runs are worked on at once.", false, number(maxWorkers, func(c *Config, n int64) { c.WorkerConcurrency = int(n) })},
		{"sandbox-children", "", "How many foreign files are parsed at once, each in a process of its own; default: one for each processor, from 2 to 8.", false, number(maxChildren, func(c *Config, n int64) { c.SandboxChildren = int(n) })},
		{"ocr-engine", "auto", "What reads pictures: wasm, the engine that is built in; tesseract, the program that is installed; auto, the program where it is found.", false, setOCREngine},
		{"fingerprint-key", "", "Key of the fingerprints of values that compliance finds, the same for all processes: 32 to 1000 visible characters. Unset, one is made and kept. A flag shows in lists of processes: use the variable.", false, setFingerprintKey},
		{"rate-limit-post-per-min", "600", "Submits a minute that one tenant may make.", false, number(maxRate, func(c *Config, n int64) { c.SubmitsPerMin = n })},
		{"rate-limit-get-per-min", "3000", "Reads a minute that one tenant may make.", false, number(maxRate, func(c *Config, n int64) { c.ReadsPerMin = n })},
		{"gate-required", "false", "Refuse submits while Redis is down instead of asking the ledger alone: true or false.", false, yesNo(func(c *Config) *bool { return &c.GateRequired })},
		{"url-allow-cidrs", "", "Address ranges, with commas, that the url pack may reach in spite of its rules.", false, setCIDRs},
		{"prices", "", "Prices over the packs' own: pack.unit=amount or pack.unit=amount/per, with commas.", false, setPrices},
	}
}
