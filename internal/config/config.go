// Package config turns flags, environment and an optional file into one typed
// Config. A flag beats the environment, the environment beats the file, and all
// beat the default. A value that is wrong, wherever it stands, and a name that
// does not exist stop the start with one line that names it; values themselves are
// never repeated, since they may be secrets.
//
// There are two configurations: the embedded default, SQLite, local files and queue
// in one data folder, and shared backends, PostgreSQL, S3 and where wanted Redis and
// SQS, on which each part is a process of its own. The database's URL decides.
package config

import (
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"time"

	"dpp"
)

// Config is an operator's decisions. Only [Load] makes one, so that every field is
// set and within its bounds.
type Config struct {
	// Role is what the process does.
	Role Role
	// Data is the folder of the embedded default.
	Data string
	// Shared: the backends are shared ones, at the URLs below, which may hold secrets.
	// RedisURL is empty where there is no gate, and QueueURL where there is no queue
	// but the database.
	Shared                                   bool
	DatabaseURL, RedisURL, BlobURL, QueueURL string
	// GateRequired: no submit goes on while Redis is down.
	GateRequired bool
	// Listen and OpsListen are host:port; OpsListen is empty where it is off.
	Listen, OpsListen string
	// PublicURL is how every absolute URL starts, without a slash at its end; empty:
	// where the server listens.
	PublicURL string

	LogLevel  slog.Level
	LogFormat LogFormat

	Timing            dpp.Timing
	ShutdownDelay     time.Duration // between /readyz saying 503 and the listener closing
	DrainGrace        time.Duration // for running runs at shutdown
	Retention         time.Duration // of results, from the end of a run
	ResultURLTTL      time.Duration
	IdempotencyWindow time.Duration

	// ChargePlatformFaults: the minimum fee is due where the platform itself failed.
	ChargePlatformFaults bool
	WorkerConcurrency    int
	// SandboxChildren is how many foreign files are parsed at once.
	SandboxChildren int
	// OCREngine is what reads pictures.
	OCREngine OCREngine
	// FingerprintKey is what fingerprints of values are made with; empty: one that the
	// platform makes and keeps itself.
	FingerprintKey dpp.Secret
	// SubmitsPerMin and ReadsPerMin limit each tenant's rates.
	SubmitsPerMin, ReadsPerMin int64
	CORSOrigins                []string
	// URLAllowCIDRs are ranges that the url pack may reach in spite of its rules.
	URLAllowCIDRs []netip.Prefix
	// Prices replace those of packs: pack type → unit → price.
	Prices map[string]map[string]dpp.Price

	// LLM is the language model that packs may ask.
	LLM LLM

	Tracing Tracing
}

// Role is what a process does.
type Role string

// Roles of processes. Tool is a command beside them, such as tenant or audit.
const (
	Up     Role = "up"
	API    Role = "api"
	Worker Role = "worker"
	Reaper Role = "reaper"
	Tool   Role = "tool"
)

// Serves tells whether the role answers the API.
func (r Role) Serves() bool { return r == Up || r == API }

// Works tells whether the role works on runs.
func (r Role) Works() bool { return r == Up || r == Worker }

// Reaps tells whether the role sweeps.
func (r Role) Reaps() bool { return r == Up || r == Reaper }

// LogFormat is how log lines look.
type LogFormat string

// Formats of log lines.
const (
	LogJSON LogFormat = "json"
	LogText LogFormat = "text"
)

// OCREngine is what reads the text of pictures.
type OCREngine string

// Engines: the one that is built in, and the program tesseract that is installed, which
// is wanted with OCRTesseract, and with OCRAuto taken where it is found.
const (
	OCRAuto      OCREngine = "auto"
	OCRWASM      OCREngine = "wasm"
	OCRTesseract OCREngine = "tesseract"
)

// DatabasePath is the SQLite file of the embedded default.
func (c Config) DatabasePath() string { return filepath.Join(c.Data, "dpp.db") }

// BlobDir is the folder of stored objects of the embedded default.
func (c Config) BlobDir() string { return filepath.Join(c.Data, "blobs") }

// DevKeyPath is the file with the key of the tenant that the first start makes.
func (c Config) DevKeyPath() string { return DevKeyPath(c.Data) }

// OperatorKeyPath is the file with the operator's key.
func (c Config) OperatorKeyPath() string { return filepath.Join(c.Data, "operator.key") }

// FingerprintKeyPath is the file with the key of fingerprints, where none is set.
func (c Config) FingerprintKeyPath() string { return filepath.Join(c.Data, "fingerprint.key") }

// ListenPath is the file that says where the server listens while it runs.
func (c Config) ListenPath() string { return ListenPath(c.Data) }

// DevKeyPath is [Config.DevKeyPath] of a data folder.
func DevKeyPath(data string) string { return filepath.Join(data, "dev.key") }

// ListenPath is [Config.ListenPath] of a data folder.
func ListenPath(data string) string { return filepath.Join(data, "listen") }

// DefaultData is the data folder where none is named.
const DefaultData = "dpp-data"

// Error is a setting that stops the start.
type Error struct {
	// Where names the flag, variable or key of the file.
	Where string
	// Why says what is wrong. It repeats no value.
	Why string
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Where, e.Why) }
