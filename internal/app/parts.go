// Package app is the composition root: the one place that knows adapters and puts
// them together, a file for each subcommand.
package app

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"net/url"
	"os"

	"dpp"
	"dpp/internal/blob/fileblob"
	"dpp/internal/config"
	"dpp/internal/fetch"
	"dpp/internal/gate"
	"dpp/internal/gate/memgate"
	"dpp/internal/pack"
	"dpp/internal/pack/decisionpack"
	"dpp/internal/pack/urlpack"
	"dpp/internal/queue/dbqueue"
	"dpp/internal/runs"
	"dpp/internal/store/sqlitestore"
)

// parts are the adapters of the embedded default.
type parts struct {
	store *sqlitestore.Store
	blobs *fileblob.Store
	gate  *memgate.Gate
	queue *dbqueue.Queue
}

// openParts opens everything that a server needs below the data folder, and brings
// the schema up to date.
func openParts(ctx context.Context, cfg config.Config, opts Options) (p *parts, err error) {
	p = &parts{gate: memgate.New(memgate.Options{}), queue: dbqueue.New(dbqueue.Options{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	if err = sqlitestore.Migrate(ctx, cfg.DatabasePath()); err != nil {
		return p, err
	}
	if p.store, err = sqlitestore.Open(ctx, cfg.DatabasePath(), sqlitestore.Options{CallsPerCommit: opts.BatchItems}); err != nil {
		return p, err
	}
	p.blobs, err = fileblob.Open(cfg.BlobDir(), fileblob.Options{BaseURL: cfg.PublicURL})
	return p, err
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

func (p *parts) ports() runs.Ports {
	return runs.Ports{Store: p.store, Gate: p.gate, Blob: p.blobs, Queue: p.queue}
}

func (p *parts) close() error {
	err := errors.Join(p.queue.Close(), p.gate.Close())
	if p.blobs != nil {
		err = errors.Join(err, p.blobs.Close())
	}
	if p.store != nil {
		err = errors.Join(err, p.store.Close())
	}
	return err
}

// newPacks registers the packs: every pack of this build, unless others are given.
// own are the platform's own listeners, which no pack may reach.
func newPacks(cfg config.Config, own []netip.AddrPort, packs []pack.Pack) (*pack.Registry, error) {
	if packs != nil {
		return pack.NewRegistry(pack.Prices(cfg.Prices), packs...)
	}
	fetcher := fetch.New(fetch.Options{Policy: fetch.Policy{AllowCIDRs: cfg.URLAllowCIDRs, Deny: own, DenyHosts: publicNames(cfg.PublicURL)}})
	return pack.NewRegistry(pack.Prices(cfg.Prices), decisionpack.New(), urlpack.New(fetcher))
}

// publicNames is the platform's own name, which no pack may reach. An address is
// none: our listeners are denied by themselves.
func publicNames(publicURL string) []string {
	u, err := url.Parse(publicURL)
	if err != nil || u.Hostname() == "" {
		return nil
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return nil
	}
	return []string{u.Hostname()}
}

// serviceConfig is what the use cases need of the settings.
func serviceConfig(cfg config.Config) runs.Config {
	return runs.Config{
		Timing: cfg.Timing, Retention: cfg.Retention, IdempotencyWindow: cfg.IdempotencyWindow, ResultURLTTL: cfg.ResultURLTTL,
		ChargePlatformFaults: cfg.ChargePlatformFaults,
		Submits:              gate.Policy{Name: "submit", Quota: cfg.SubmitsPerMin},
		Reads:                gate.Policy{Name: "read", Quota: cfg.ReadsPerMin},
	}
}

// first are what the first start of a data folder makes.
const (
	firstTenant = "dev"
	firstCredit = 100 * dpp.USD
)
