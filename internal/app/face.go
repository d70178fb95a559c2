package app

import (
	"context"

	"dpp/internal/api"
	"dpp/internal/auth"
	"dpp/internal/blob/fileblob"
	"dpp/internal/telemetry"
)

// apiConfig is what the API needs of everything below it.
func (s *Server) apiConfig(public string, metrics *telemetry.Metrics) api.Config {
	return api.Config{
		Service: s.service, Keyring: auth.New(s.parts.store), PublicURL: public, Log: s.log,
		Health: s.health, Ready: s.ready, Metrics: metrics.Handler(),
		Blobs: s.parts.blobs.Handler(api.DenyBlob), BlobPrefix: fileblob.URLPath,
		CORSOrigins: s.cfg.CORSOrigins,
	}
}

// health asks every part. The roles keep the names that operators know from the
// distributed deployment; backends says what plays them here.
func (s *Server) health(ctx context.Context) api.Health {
	v := Version()
	return api.Health{
		Services: map[string]bool{
			"database": s.parts.store.Ping(ctx) == nil, "redis": s.parts.gate.Ping(ctx) == nil,
			"s3": s.parts.blobs.Ping(ctx) == nil, "sqs": s.parts.queue.Ping(ctx) == nil,
		},
		Backends: map[string]string{"database": "sqlite", "redis": "memory", "s3": "file", "sqs": "memory"},
		Build:    map[string]string{"version": v.Version, "commit": v.Commit, "go": v.Go},
	}
}

// ready tells whether requests can be served: not while stopping, and not without
// what they need.
func (s *Server) ready(ctx context.Context) bool {
	return !s.stopping.Load() && s.parts.store.Ping(ctx) == nil && s.parts.blobs.Ping(ctx) == nil
}
