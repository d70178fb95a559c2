// Package platform is a whole platform inside of a test: the real embedded
// adapters in a folder of the test's own, the real use cases, and a pack that does
// what the test says. There is no HTTP and no loop: tests run what they need.
package platform

import (
	"io"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/audit"
	"dpp/internal/blob"
	"dpp/internal/blob/fileblob"
	"dpp/internal/gate"
	"dpp/internal/gate/memgate"
	"dpp/internal/ledger"
	"dpp/internal/pack"
	"dpp/internal/queue/dbqueue"
	"dpp/internal/runs"
	"dpp/internal/store"
	"dpp/internal/store/sqlitestore"
)

// Options change a platform. The zero value is a quick and generous one.
type Options struct {
	// Credit is what the first tenant has; default 1,000 USD.
	Credit dpp.Money
	// Config changes the settings.
	Config func(*runs.Config)
	// Wrap puts decorators around the ports.
	Wrap func(runs.Ports) runs.Ports
	// LogTo receives what is logged; default nobody.
	LogTo io.Writer
	// Observer hears what happens; default nobody.
	Observer runs.Observer
}

// Platform is one of them. Its parts may be used directly.
type Platform struct {
	T       testing.TB
	Dir     string
	Ports   runs.Ports // without decorators
	Service *runs.Service
	Pack    *Script
	// Key belongs to the first tenant.
	Key      dpp.Key
	Log      *slog.Logger
	Observer runs.Observer

	ahead atomic.Int64 // how far the store's clock is ahead
}

// New opens a platform that is closed at the end of the test. Inside of a synctest
// bubble, close it there with [Platform.Close].
func New(t testing.TB, opts Options) *Platform {
	t.Helper()
	p := &Platform{T: t, Dir: t.TempDir(), Pack: &Script{}, Log: slog.New(slog.DiscardHandler), Observer: silent{}}
	ctx := t.Context()
	db := filepath.Join(p.Dir, "dpp.db")
	p.must(sqlitestore.Migrate(ctx, db))
	s, err := sqlitestore.Open(ctx, db, sqlitestore.Options{Now: func() time.Time { return time.Now().Add(time.Duration(p.ahead.Load())) }})
	p.must(err)
	blobs, err := fileblob.Open(filepath.Join(p.Dir, "blobs"), fileblob.Options{BaseURL: "http://127.0.0.1"})
	p.must(err)
	p.Ports = runs.Ports{Store: s, Blob: blobs, Gate: memgate.New(memgate.Options{}), Queue: dbqueue.New(dbqueue.Options{})}
	if opts.Credit == 0 {
		opts.Credit = 1000 * dpp.USD
	}
	p.Key = p.Tenant(opts.Credit)
	packs, err := pack.NewRegistry(nil, p.Pack)
	p.must(err)
	cfg, ports := settings(), p.Ports
	if opts.Config != nil {
		opts.Config(&cfg)
	}
	if opts.Wrap != nil {
		ports = opts.Wrap(ports)
	}
	if opts.Observer != nil {
		p.Observer = opts.Observer
	}
	if opts.LogTo != nil {
		p.Log = slog.New(slog.NewTextHandler(opts.LogTo, nil))
	}
	p.Service = runs.New(ports, packs, cfg, p.Log, p.Observer)
	return p
}

// Close ends everything.
func (p *Platform) Close() {
	p.T.Helper()
	p.Service.Close()
	for _, closer := range []interface{ Close() error }{p.Ports.Queue, p.Ports.Gate, p.Ports.Blob, p.Ports.Store} {
		p.must(closer.Close())
	}
}

func (p *Platform) must(err error) {
	p.T.Helper()
	if err != nil {
		p.T.Fatal(err)
	}
}

func settings() runs.Config {
	const month = 30 * 24 * time.Hour
	return runs.Config{
		Timing: dpp.Timing{
			ReservationTTL: time.Hour, LeaseTTL: 2 * time.Minute, Heartbeat: 30 * time.Second, ReaperInterval: time.Second, MaxAttempts: 2,
		},
		Retention: month, IdempotencyWindow: month, ResultURLTTL: 10 * time.Minute, ChargePlatformFaults: true,
		Submits: gate.Policy{Name: "submit", Quota: 1_000_000}, Reads: gate.Policy{Name: "read", Quota: 1_000_000},
	}
}

// Tenant makes a tenant with credit, and returns a key of it.
func (p *Platform) Tenant(credit dpp.Money) dpp.Key {
	p.T.Helper()
	ctx := p.T.Context()
	tenant := dpp.Tenant{ID: dpp.NewTenantID(), Name: "test", CreatedAt: time.Now()}
	p.must(p.Ports.Store.CreateTenant(ctx, tenant))
	posted, err := p.Ports.Store.Post(ctx, []ledger.Transfer{ledger.NewCredit(dpp.AccountOf(tenant.ID, true), credit, "")})
	p.must(err)
	if posted[0].Reason != "" {
		p.T.Fatalf("credit refused: %s", posted[0].Reason)
	}
	return dpp.Key{ID: dpp.NewKeyID(), Tenant: tenant.ID, Live: true, Scopes: []dpp.Scope{dpp.ScopeRuns}}
}

// Request is a submit under a key of its own, unless changed.
func (p *Platform) Request(idempotencyKey string) runs.Request {
	return runs.Request{
		Key: p.Key, IdempotencyKey: idempotencyKey, PackType: scriptType, Inputs: jsontext.Value(`{"note":"x"}`),
		Reservation: dpp.Reservation{MaxCost: dpp.USD / 2, Timebox: time.Minute},
		Options:     dpp.Options{AllowPartial: true},
		Meta:        dpp.Meta{TraceID: "trace-" + idempotencyKey},
	}
}

// Submit submits a run that must be accepted.
func (p *Platform) Submit(idempotencyKey string) dpp.Run {
	p.T.Helper()
	receipt, err := p.Service.Submit(p.T.Context(), p.Request(idempotencyKey))
	p.must(err)
	return receipt.Run
}

// Announce announces an upload of a text, whose bytes are not there yet.
func (p *Platform) Announce(key dpp.Key, content string) dpp.Upload {
	p.T.Helper()
	announced, err := p.Service.Announce(p.T.Context(), runs.Announcement{Key: key, MediaType: "text/plain", Size: int64(len(content))})
	p.must(err)
	return announced.Upload
}

// Upload announces an upload of a text and has it arrive.
func (p *Platform) Upload(key dpp.Key, content string) dpp.Upload {
	p.T.Helper()
	upload := p.Announce(key, content)
	p.Arrive(upload, content)
	return upload
}

// Arrive stores the bytes of an upload, as its signed request would.
func (p *Platform) Arrive(upload dpp.Upload, content string) {
	p.T.Helper()
	outcomes, err := p.Ports.Blob.Put(p.T.Context(), []blob.Object{{Key: upload.ObjectKey(), MediaType: upload.MediaType, Content: []byte(content)}})
	p.must(err)
	p.must(outcomes[0].Err)
}

// Naming is a submit whose inputs name uploads.
func (p *Platform) Naming(idempotencyKey string, uploads ...dpp.UploadID) runs.Request {
	p.T.Helper()
	request := p.Request(idempotencyKey)
	inputs, err := json.Marshal(map[string]any{"note": "x", "files": uploads})
	p.must(err)
	request.Inputs = inputs
	return request
}

// Claim claims the run that waits longest.
func (p *Platform) Claim() *store.Claimed {
	p.T.Helper()
	claimed, err := p.Service.Claim(p.T.Context(), 1, nil)
	p.must(err)
	if len(claimed) != 1 {
		p.T.Fatalf("%d runs were claimed, want 1", len(claimed))
	}
	return claimed[0]
}

// Run reads a run from the store.
func (p *Platform) Run(id dpp.RunID) dpp.Run {
	p.T.Helper()
	found, err := p.Ports.Store.RunsByID(p.T.Context(), []dpp.RunID{id})
	p.must(err)
	if len(found) != 1 {
		p.T.Fatalf("run %s: %d found", id, len(found))
	}
	return found[0]
}

// Account reads the key's account.
func (p *Platform) Account(key dpp.Key) ledger.Account {
	p.T.Helper()
	account, err := p.Service.Account(p.T.Context(), key)
	p.must(err)
	return account
}

// Audit fails the test for every discrepancy in the books.
func (p *Platform) Audit() {
	p.T.Helper()
	for _, discrepancy := range p.Discrepancies() {
		p.T.Error(discrepancy)
	}
}

// Discrepancies are what an audit finds.
func (p *Platform) Discrepancies() []string {
	p.T.Helper()
	var found []string
	cfg := p.Service.Config()
	_, err := audit.Run(p.T.Context(), p.Ports.Store, p.Ports.Blob,
		audit.Config{Timing: cfg.Timing, IdempotencyWindow: cfg.IdempotencyWindow}, func(d string) { found = append(found, d) })
	p.must(err)
	return found
}

// Age lets time pass for the store: everything in it gets older.
func (p *Platform) Age(d time.Duration) { p.ahead.Add(int64(d)) }

// LoseLeases lets every lease run out.
func (p *Platform) LoseLeases() { p.Age(p.Service.Config().Timing.LeaseTTL + time.Second) }

// StoreOnly stores what an execution found and goes no further, like a worker that
// dies before it can end the run.
func (p *Platform) StoreOnly(run dpp.Run, ending runs.Ending) {
	p.T.Helper()
	p.must(p.Service.StoreResult(p.T.Context(), &run, ending.Sealed))
}

type silent struct{}

func (silent) Submitted(string)                  {}
func (silent) Transitioned(*dpp.Run, dpp.Status) {}
func (silent) Batched(string, int)               {}
func (silent) Recovered(string)                  {}

func (silent) Accepted(time.Duration)             {}
func (silent) SettleLagged(string, time.Duration) {}
func (silent) BatchWaited(string, time.Duration)  {}

// Execute runs the pack for a claimed run and judges what it did, as a worker would.
func (p *Platform) Execute(c *store.Claimed) runs.Ending {
	p.T.Helper()
	ctx := p.T.Context()
	inputs, err := p.Service.Inputs(ctx, c)
	p.must(err)
	offer, _ := p.Service.Packs().Lookup(c.Run.PackType)
	meter := pack.NewMeter(offer.Manifest.Prices, c.Run.Reservation.MaxCost, nil)
	outcome, err := p.Pack.Run(ctx, pack.Job{RunID: c.Run.ID, Inputs: inputs, Meter: meter})
	return runs.Judge(&c.Run, offer, meter, outcome, err, false)
}
