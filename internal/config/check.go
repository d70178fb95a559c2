package config

import (
	"net"
	"path/filepath"
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
		{
			c.databaseURL != "" && !names(c.databaseURL, "sqlite", c.DatabasePath()), "database-url",
			"this build keeps its database in the data folder: leave it out, or write sqlite:///PATH of dpp.db there",
		},
		{c.redisURL != "", "redis-url", "this build has no Redis gate: leave it out"},
		{
			c.blobURL != "" && !names(c.blobURL, "file", c.BlobDir()), "blob-url",
			"this build keeps objects in the data folder: leave it out, or write file:///DIR of blobs there",
		},
		{c.queueURL != "" && c.queueURL != "db:", "queue-url", "this build has its queue in the database: leave it out, or write db:"},
	} {
		if law.broken {
			return &Error{Where: said[law.where], Why: law.why}
		}
	}
	return nil
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
