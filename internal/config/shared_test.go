package config_test

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"dpp/internal/config"
)

// shared are settings with which all parts run apart.
func shared() map[string]string {
	return map[string]string{
		"database-url": "postgres://dpp:hush@db/dpp", "redis-url": "redis://:hush@cache:6379/0",
		"blob-url": "s3://results?region=eu-central-1", "queue-url": "sqs://runs?region=eu-central-1",
	}
}

func TestSharedBackends(t *testing.T) {
	for role, want := range map[config.Role]string{
		config.API: "0.0.0.0:8000", config.Worker: "0.0.0.0:8001", config.Reaper: "0.0.0.0:8002", config.Tool: "127.0.0.1:8000",
	} {
		c, err := config.Load(role, shared(), nil)
		if err != nil {
			t.Errorf("%s: %v", role, err)
			continue
		}
		if !c.Shared || c.Role != role || c.Listen != want || c.Timing.ReaperInterval != 30*time.Second || c.RedisURL == "" || c.QueueURL == "" {
			t.Errorf("%s: listens on %s, sweeps every %s", role, c.Listen, c.Timing.ReaperInterval)
		}
	}
	flags := shared()
	flags["queue-url"], flags["gate-required"], flags["reaper-interval"] = "db:", "true", "2s"
	c, err := config.Load(config.API, flags, []string{"DPP_LISTEN=127.0.0.1:9"})
	if err != nil || c.QueueURL != "" || !c.GateRequired || c.Listen != "127.0.0.1:9" || c.Timing.ReaperInterval != 2*time.Second {
		t.Errorf("%v", err)
	}
	// a command beside them needs no more than the database
	if c, err := config.Load(config.Tool, map[string]string{"database-url": "postgresql://db/dpp"}, nil); err != nil || !c.Shared {
		t.Errorf("%v", err)
	}
}

func TestRolesAndTheirParts(t *testing.T) {
	for role, want := range map[config.Role][3]bool{
		config.Up: {true, true, true}, config.API: {true, false, false}, config.Worker: {false, true, false}, config.Reaper: {false, false, true}, config.Tool: {},
	} {
		if got := [3]bool{role.Serves(), role.Works(), role.Reaps()}; got != want {
			t.Errorf("%s: %v", role, got)
		}
	}
}

func TestSharedBackendsThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		role  config.Role
		with  map[string]string
		where string
	}{
		"dpp up on a shared database":         {config.Up, nil, "--database-url"},
		"a gate that is no Redis":             {config.API, map[string]string{"redis-url": "hush:6379"}, "--redis-url"},
		"objects in a folder":                 {config.Worker, map[string]string{"blob-url": "file:///hush"}, "--blob-url"},
		"no objects":                          {config.Reaper, map[string]string{"blob-url": ""}, "--blob-url"},
		"a queue that is none":                {config.API, map[string]string{"queue-url": "amqp://hush"}, "--queue-url"},
		"a gate that is needed and not there": {config.API, map[string]string{"gate-required": "true", "redis-url": ""}, "--gate-required"},
		"objects of a tool in a folder":       {config.Tool, map[string]string{"blob-url": "file:///hush"}, "--blob-url"},
		"the embedded default in parts":       {config.Worker, map[string]string{"database-url": ""}, "--database-url"},
	} {
		flags := shared()
		maps.Copy(flags, c.with)
		if name == "the embedded default in parts" {
			flags = map[string]string{}
			c.where = "DPP_DATABASE_URL"
		}
		_, err := config.Load(c.role, flags, nil)
		var e *config.Error
		if !errors.As(err, &e) || e.Where != c.where || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v, want it to name %s", name, err, c.where)
		}
	}
}
