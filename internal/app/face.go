package app

import (
	"context"
	"sync"

	"dpp/internal/api"
	"dpp/internal/blob/fileblob"
)

// apiConfig is what the API needs of everything below it.
func (s *Server) apiConfig(public string) api.Config {
	cfg := api.Config{
		Service: s.service, Keyring: s.keyring, PublicURL: public, Log: s.log,
		Health: s.health, Ready: s.ready, Metrics: s.metrics.Handler(), Observe: s.requested, Trace: s.requestTracer(), CORSOrigins: s.cfg.CORSOrigins,
		HealthOnly: !s.cfg.Role.Serves(),
	}
	if s.parts.files != nil {
		cfg.Blobs, cfg.BlobPrefix = s.parts.files.Handler(api.DenyBlob), fileblob.URLPath
	}
	return cfg
}

// health asks every part. The roles keep the names that operators know from the
// distributed deployment; backends says what plays them here.
func (s *Server) health(ctx context.Context) api.Health {
	v := Version()
	return api.Health{
		Services: s.services(ctx), Backends: s.parts.backends,
		Build: map[string]string{"version": v.Version, "commit": v.Commit, "go": v.Go},
	}
}

// services asks all parts at once, so that one that does not answer keeps no other
// from being heard.
func (s *Server) services(ctx context.Context) map[string]bool {
	parts := map[string]interface{ Ping(context.Context) error }{
		"database": s.parts.store, "redis": s.parts.gate, "s3": s.parts.blobs, "sqs": s.parts.queue,
	}
	var mu sync.Mutex
	up := make(map[string]bool, len(parts))
	var asked sync.WaitGroup
	for name, part := range parts {
		asked.Go(func() {
			err := part.Ping(ctx)
			mu.Lock()
			defer mu.Unlock()
			up[name] = err == nil
		})
	}
	asked.Wait()
	return up
}

// ready tells whether requests can be served: not while stopping, and not without
// what they need.
func (s *Server) ready(up map[string]bool) bool {
	return !s.stopping.Load() && up["database"] && up["s3"] && (up["redis"] || !s.cfg.GateRequired)
}
