package config

import (
	"net"
	"path/filepath"
	"slices"
	"strings"
)

// check looks at what settings say together. said tells where each was said.
func check(c *Config, said map[string]string) error {
	for _, law := range []struct {
		broken     bool
		where, why string
	}{
		{2*c.Timing.Heartbeat >= c.Timing.LeaseTTL, "lease-heartbeat", "must be below half of DPP_LEASE_TTL, so that one lost heartbeat loses no lease"},
		{c.Retention < c.IdempotencyWindow, "retention", "must not be shorter than DPP_IDEMPOTENCY_WINDOW, so that a replay finds its run"},
		{clash(c.Listen, c.OpsListen), "ops-listen", "must not be the address of DPP_LISTEN"},
		{c.LLM.URL == "" && c.LLM.Key != "", "llm-key", "is the key of nothing: set DPP_LLM_URL, too"},
		{c.LLM.URL == "" && c.LLM.Model != "", "llm-model", "is nowhere: set DPP_LLM_URL, too"},
		{c.LLM.URL != "" && c.LLM.Model == "", "llm-model", "must name the model at DPP_LLM_URL"},
	} {
		if law.broken {
			return &Error{Where: said[law.where], Why: law.why}
		}
	}
	if c.Shared {
		return checkShared(c, said)
	}
	return checkEmbedded(c, said)
}

// checkEmbedded holds the embedded default to its data folder.
func checkEmbedded(c *Config, said map[string]string) error {
	for _, law := range []struct {
		broken     bool
		where, why string
	}{
		{
			c.Role == API || c.Role == Worker || c.Role == Reaper, "database-url",
			"dpp " + string(c.Role) + " needs shared backends, such as postgres://user@host/name here: the embedded default runs in one process, dpp up",
		},
		{
			c.DatabaseURL != "" && !names(c.DatabaseURL, "sqlite", c.DatabasePath()), "database-url",
			"is neither postgres://USER@HOST/NAME nor sqlite:///PATH of dpp.db in the data folder",
		},
		{c.RedisURL != "", "redis-url", "the embedded default has no Redis gate: leave it out, or name a postgres:// database"},
		{
			c.BlobURL != "" && !names(c.BlobURL, "file", c.BlobDir()), "blob-url",
			"the embedded default keeps objects in the data folder: leave it out, write file:///DIR of blobs there, or name a postgres:// database",
		},
		{c.QueueURL != "", "queue-url", "the embedded default has its queue in the database: leave it out, write db:, or name a postgres:// database"},
		{c.GateRequired, "gate-required", "the embedded default has no Redis that could be down"},
	} {
		if law.broken {
			return &Error{Where: said[law.where], Why: law.why}
		}
	}
	return nil
}

// checkShared looks at the shared backends. What stands behind each scheme, its
// adapter reads.
func checkShared(c *Config, said map[string]string) error {
	for _, law := range []struct {
		broken     bool
		where, why string
	}{
		{c.Role == Up, "database-url", "dpp up runs on the embedded default alone: start dpp api, dpp worker and dpp reaper on this database"},
		{c.RedisURL != "" && !scheme(c.RedisURL, "redis", "rediss"), "redis-url", "is not redis://HOST:PORT/0 or rediss://HOST:PORT/0"},
		{c.BlobURL == "" && c.Role != Tool || c.BlobURL != "" && !scheme(c.BlobURL, "s3"), "blob-url", "must be s3://BUCKET?endpoint=URL&region=NAME beside a postgres:// database"},
		{c.QueueURL != "" && !scheme(c.QueueURL, "sqs"), "queue-url", "is neither sqs://NAME?endpoint=URL&region=NAME nor db:"},
		{c.GateRequired && c.RedisURL == "", "gate-required", "needs DPP_REDIS_URL"},
	} {
		if law.broken {
			return &Error{Where: said[law.where], Why: law.why}
		}
	}
	return nil
}

func scheme(text string, known ...string) bool {
	name, _, ok := strings.Cut(text, "://")
	return ok && slices.Contains(known, name)
}

func clash(listen, ops string) bool {
	if listen != ops {
		return false
	}
	_, port, err := net.SplitHostPort(listen)
	return err == nil && port != "0"
}

// names tells whether a URL of a scheme names exactly that path.
func names(text, scheme, path string) bool {
	named, ok := strings.CutPrefix(text, scheme+"://")
	if !ok || !filepath.IsAbs(named) {
		return false
	}
	absolute, err := filepath.Abs(path)
	return err == nil && filepath.Clean(named) == absolute
}
