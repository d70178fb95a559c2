package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"dpp/internal/blob/fileblob"
	"dpp/internal/config"
	"dpp/internal/ops"
	"dpp/internal/runs"
	"dpp/internal/store"
	"dpp/internal/store/sqlitestore"
)

// Doctor checks everything that the configuration names, and says what to do. It
// changes nothing that stays.
func Doctor(ctx context.Context, cfg config.Config) []ops.Finding {
	if cfg.Shared {
		return examineShared(ctx, cfg)
	}
	findings := []ops.Finding{checkFolder(cfg), checkSpace(cfg), checkDatabase(ctx, cfg)}
	if findings[2].OK {
		findings = append(findings, checkObjects(ctx, cfg), checkKeyFile("dev key", cfg.DevKeyPath()), checkKeyFile("operator key", cfg.OperatorKeyPath()), checkFingerprints(cfg))
	}
	return append(findings, checkPacks(cfg), checkModel(ctx, cfg), checkSandbox(ctx, cfg), checkOCR(ctx, cfg), checkAddress(ctx, cfg), checkClock())
}

func good(name, format string, args ...any) ops.Finding {
	return ops.Finding{Name: name, OK: true, Detail: fmt.Sprintf(format, args...)}
}

func bad(name string, err error, remedy string) ops.Finding {
	return ops.Finding{Name: name, Detail: oneLine{err}.Error(), Remedy: remedy}
}

func checkFolder(cfg config.Config) ops.Finding {
	const name = "data folder"
	info, err := os.Stat(cfg.Data)
	if err != nil {
		return bad(name, err, "Start dpp up once, or name the right folder with --data.")
	}
	probe, err := os.CreateTemp(cfg.Data, ".doctor-*")
	if err != nil {
		return bad(name, err, "Let the user that runs dpp write to the folder.")
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return bad(name, err, "Let the user that runs dpp write to the folder.")
	}
	if info.Mode().Perm()&0o077 != 0 {
		return bad(name, fmt.Errorf("others may enter %s", cfg.Data), "Run chmod 700 on the folder.")
	}
	return good(name, "%s is private and can be written", cfg.Data)
}

// leastSpace is free space below which a database is in danger.
const leastSpace = 1 << 30

func checkSpace(cfg config.Config) ops.Finding {
	const name = "disk space"
	var s unix.Statfs_t
	if err := unix.Statfs(cfg.Data, &s); err != nil {
		return bad(name, err, "Look at the disk under the data folder.")
	}
	free := s.Bavail * uint64(s.Bsize) //nolint:gosec // a block size is positive
	if free < leastSpace {
		return bad(name, fmt.Errorf("%d MiB are free", free>>20), "Free at least 1 GiB, or shorten DPP_RETENTION.")
	}
	return good(name, "%d GiB are free", free>>30)
}

func checkDatabase(ctx context.Context, cfg config.Config) ops.Finding {
	const name = "database"
	s, err := openExisting(ctx, cfg)
	switch {
	case errors.Is(err, store.ErrSchema):
		return bad(name, err, "Run dpp migrate up, or use the build that made the schema.")
	case errors.Is(err, ErrNoPlatform):
		return bad(name, err, "Start dpp up once, or name the right folder with --data.")
	case err != nil:
		return bad(name, err, "Restore the database from a backup if it is damaged, and run dpp audit.")
	}
	err = errors.Join(s.Ping(ctx), s.Close())
	if err != nil {
		return bad(name, err, "Restore the database from a backup if it is damaged, and run dpp audit.")
	}
	states, err := sqlitestore.Status(ctx, cfg.DatabasePath())
	if err != nil {
		return bad(name, err, "Run dpp migrate status.")
	}
	return good(name, "SQLite answers, the schema is at version %d", states[len(states)-1].Version)
}

func checkObjects(ctx context.Context, cfg config.Config) ops.Finding {
	const name = "objects"
	blobs, err := fileblob.Open(cfg.BlobDir(), fileblob.Options{})
	if err == nil {
		err = errors.Join(blobs.Ping(ctx), blobs.Close())
	}
	if err != nil {
		return bad(name, err, "Restore the folder blobs from a backup, and run dpp audit.")
	}
	return good(name, "the object store answers")
}

func checkKeyFile(name, path string) ops.Finding {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return bad(name, fmt.Errorf("%s does not exist", filepath.Base(path)), "Start dpp up: it makes a new key and writes it there.")
	}
	if err != nil {
		return bad(name, err, "Let the user that runs dpp read the file.")
	}
	if info.Mode().Perm() != 0o600 {
		return bad(name, fmt.Errorf("others may read %s", filepath.Base(path)), "Run chmod 600 on the file, and rotate the key.")
	}
	return good(name, "%s is private", filepath.Base(path))
}

func checkPacks(cfg config.Config) ops.Finding {
	model, err := newModel(cfg)
	if err != nil {
		return bad("packs", err, "Correct DPP_LLM_URL.")
	}
	with := equip(cfg, nil, runs.Ports{})
	with.model = model
	packs, err := newPacks(cfg, with, nil)
	if err != nil {
		return bad("packs", err, "Correct DPP_PRICES.")
	}
	return good("packs", "%d packs are on offer", len(packs.Offers()))
}

// checkAddress finds out who has the address of the API: nobody, or a dpp up of
// this folder.
func checkAddress(ctx context.Context, cfg config.Config) ops.Finding {
	const name = "address"
	if _, err := os.Stat(cfg.Data); err != nil {
		return bad(name, err, "Start dpp up once, or name the right folder with --data.")
	}
	unlock, err := lockFolder(cfg.Data)
	if errors.Is(err, ErrLocked) {
		return good(name, "dpp up runs on this folder")
	}
	if err != nil {
		return bad(name, err, "Let the user that runs dpp write to the folder.")
	}
	defer unlock() //nolint:errcheck // nothing was done under it
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return bad(name, err, "Stop what listens there, or choose another address with --listen or DPP_LISTEN.")
	}
	if err := l.Close(); err != nil {
		return bad(name, err, "Try again.")
	}
	return good(name, "%s is free", cfg.Listen)
}

// checkClock catches a clock that was never set: times in the books and the
// retention follow it.
func checkClock() ops.Finding {
	const name = "clock"
	now := time.Now().UTC()
	if now.Year() < 2026 {
		return bad(name, fmt.Errorf("it says %s", now.Format(time.RFC3339)), "Set the system's clock, and keep it with NTP.")
	}
	return good(name, "it says %s", now.Format(time.RFC3339))
}
