package app

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"dpp/internal/blob/fileblob"
	"dpp/internal/config"
	"dpp/internal/gate/memgate"
	"dpp/internal/queue/dbqueue"
	"dpp/internal/store/sqlitestore"
)

// openEmbedded opens everything that a server needs below the data folder, and
// brings the schema up to date.
func openEmbedded(ctx context.Context, cfg config.Config, opts Options) (p *parts, err error) {
	p = &parts{
		gate: memgate.New(memgate.Options{}), queue: dbqueue.New(dbqueue.Options{}),
		backends: map[string]string{"database": "sqlite", "redis": "memory", "s3": "file", "sqs": "memory"},
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	if err = sqlitestore.Migrate(ctx, cfg.DatabasePath()); err != nil {
		return p, err
	}
	s, err := sqlitestore.Open(ctx, cfg.DatabasePath(), sqlitestore.Options{CallsPerCommit: opts.BatchItems})
	if err != nil {
		return p, err
	}
	p.store = s
	files, err := fileblob.Open(cfg.BlobDir(), fileblob.Options{BaseURL: cfg.PublicURL})
	if err != nil {
		return p, err
	}
	p.blobs, p.files = files, files
	return p, nil
}

// ErrNoPlatform: the data folder holds no platform, so its name is probably wrong.
var ErrNoPlatform = errors.New("there is no platform in this data folder: start dpp up there once, run dpp migrate up, or name another folder with --data")

// openExisting opens the store of a data folder in which a platform was made.
func openExisting(ctx context.Context, cfg config.Config) (*sqlitestore.Store, error) {
	if _, err := os.Stat(cfg.DatabasePath()); errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoPlatform
	}
	return sqlitestore.Open(ctx, cfg.DatabasePath(), sqlitestore.Options{})
}
