package app

import (
	"context"
	"errors"

	"dpp/internal/audit"
	"dpp/internal/blob"
	"dpp/internal/blob/fileblob"
	"dpp/internal/config"
	"dpp/internal/ops"
)

// Audit proves the books, also beside running servers.
func Audit(ctx context.Context, cfg config.Config, report func(string)) (_ ops.AuditSummary, err error) {
	s, err := OpenStore(ctx, cfg)
	if err != nil {
		return ops.AuditSummary{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	blobs, err := openBlobs(ctx, cfg)
	if err != nil {
		return ops.AuditSummary{}, err
	}
	defer func() { err = errors.Join(err, blobs.Close()) }()
	return audit.Run(ctx, s, blobs, audit.Config{Timing: cfg.Timing, IdempotencyWindow: cfg.IdempotencyWindow}, report)
}

func openBlobs(ctx context.Context, cfg config.Config) (blob.Store, error) {
	if cfg.Shared {
		return openObjects(ctx, cfg)
	}
	return fileblob.Open(cfg.BlobDir(), fileblob.Options{})
}
