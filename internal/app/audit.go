package app

import (
	"context"
	"errors"

	"dpp/internal/audit"
	"dpp/internal/blob/fileblob"
	"dpp/internal/config"
	"dpp/internal/ops"
)

// Audit proves the books of the data folder, also beside a running server.
func Audit(ctx context.Context, cfg config.Config, report func(string)) (_ ops.AuditSummary, err error) {
	s, err := openExisting(ctx, cfg)
	if err != nil {
		return ops.AuditSummary{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	blobs, err := fileblob.Open(cfg.BlobDir(), fileblob.Options{})
	if err != nil {
		return ops.AuditSummary{}, err
	}
	defer func() { err = errors.Join(err, blobs.Close()) }()
	return audit.Run(ctx, s, s, blobs, audit.Config{Timing: cfg.Timing, IdempotencyWindow: cfg.IdempotencyWindow}, report)
}
