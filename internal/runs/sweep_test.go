package runs_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/blob"
	"dpp/internal/runs"
	"dpp/internal/store"
	"dpp/test/platform"
)

func recovered(t *testing.T, p *platform.Platform, want int) {
	t.Helper()
	if n, err := p.Service.Recover(t.Context()); err != nil || n != want {
		t.Fatalf("recover looked at %d, %v; want %d", n, err, want)
	}
}

func TestTheFirstLossIsRequeuedTheSecondIsTheEnd(t *testing.T) {
	p := open(t, platform.Options{})
	id := p.Submit("lost-key").ID
	p.Claim()
	recovered(t, p, 0) // a lease that is good is nobody's business
	p.LoseLeases()
	recovered(t, p, 1)
	if run := p.Run(id); run.Status != dpp.StatusQueued || run.Attempt != 1 || run.Losses != 1 || run.Version != 3 {
		t.Fatalf("after one loss: %s, attempt %d, losses %d, version %d", run.Status, run.Attempt, run.Losses, run.Version)
	}
	p.Audit()
	p.Claim()
	p.LoseLeases()
	recovered(t, p, 1)
	run := p.Run(id)
	if run.Status != dpp.StatusFailed || run.Error.Reason != dpp.ReasonWorkerTimeout || run.Used != dpp.MinimumFee(dpp.USD/2) {
		t.Errorf("after two losses: %s, %+v, used %s", run.Status, run.Error, run.Used)
	}
	p.Audit()
}

func TestAPlatformFaultMayBeFree(t *testing.T) {
	p := open(t, platform.Options{Config: func(c *runs.Config) { c.ChargePlatformFaults, c.Timing.MaxAttempts = false, 1 }})
	id := p.Submit("free-key").ID
	p.Claim()
	p.LoseLeases()
	recovered(t, p, 1)
	if run := p.Run(id); run.Status != dpp.StatusFailed || run.Used != 0 || run.Money != dpp.MoneyRefunded {
		t.Errorf("%s, used %s, %s", run.Status, run.Used, run.Money)
	}
	p.Audit()
}

func TestAHandBackIsNoLoss(t *testing.T) {
	p := open(t, platform.Options{Config: func(c *runs.Config) { c.Timing.MaxAttempts = 1 }})
	id := p.Submit("handed-key").ID
	for attempt := range 3 {
		claimed := p.Claim()
		if claimed.Run.Attempt != attempt+1 {
			t.Errorf("attempt %d, want %d", claimed.Run.Attempt, attempt+1)
		}
		if err := p.Service.HandBack(t.Context(), claimed); err != nil {
			t.Fatal(err)
		}
	}
	if run := p.Run(id); run.Status != dpp.StatusQueued || run.Losses != 0 {
		t.Errorf("%s, losses %d", run.Status, run.Losses)
	}
	if _, err := p.Service.Cancel(t.Context(), p.Key, id); err != nil {
		t.Fatal(err)
	}
	if run := p.Run(id); run.Used != 0 || run.Money != dpp.MoneyRefunded {
		t.Errorf("a requeued run that was cancelled in the queue used %s", run.Used)
	}
	p.Audit()
}

// unwell is a blob store that fails to read while it is told to.
type unwell struct {
	blob.Store
	sick atomic.Bool
}

func (u *unwell) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, blob.Info, error) {
	if u.sick.Load() {
		return nil, blob.Info{}, errors.New("no answer")
	}
	return u.Store.Get(ctx, key, offset, length)
}

func TestOnlyADefiniteNotThereAllowsARequeue(t *testing.T) {
	var blobs *unwell
	p := open(t, platform.Options{Wrap: func(ports runs.Ports) runs.Ports {
		blobs = &unwell{Store: ports.Blob}
		ports.Blob = blobs
		return ports
	}})
	id := p.Submit("left-key").ID
	p.Claim()
	p.LoseLeases()
	blobs.sick.Store(true)
	recovered(t, p, 1)
	if run := p.Run(id); run.Status != dpp.StatusProcessing {
		t.Fatalf("the blob store did not answer, and the run is %s", run.Status)
	}
	blobs.sick.Store(false)
	recovered(t, p, 1)
	if run := p.Run(id); run.Status != dpp.StatusQueued {
		t.Errorf("run is %s", run.Status)
	}
}

func TestOnlyTheCurrentAttemptIsRolledForward(t *testing.T) {
	p := open(t, platform.Options{})
	id := p.Submit("attempt-key").ID
	first := p.Claim()
	ending := p.Execute(first)
	p.LoseLeases()
	recovered(t, p, 1) // nothing stored yet: requeued
	p.Claim()
	p.StoreOnly(first.Run, ending) // the first worker wakes up, and stores what it had
	p.LoseLeases()
	recovered(t, p, 1)
	if run := p.Run(id); run.Status != dpp.StatusFailed || run.Error.Reason != dpp.ReasonWorkerTimeout {
		t.Errorf("run is %s with %+v", run.Status, run.Error)
	}
	p.Audit()
}

func TestADamagedEnvelopeIsNotCommitted(t *testing.T) {
	p := open(t, platform.Options{})
	id := p.Submit("damaged-key").ID
	claimed := p.Claim()
	ending := p.Execute(claimed)
	ending.Sealed.Bytes[10]++ // the metadata keeps the sum of what was meant
	p.StoreOnly(claimed.Run, ending)
	p.LoseLeases()
	recovered(t, p, 1)
	if run := p.Run(id); run.Status != dpp.StatusProcessing {
		t.Errorf("run is %s", run.Status)
	}
}

func TestAWaitTooLongExpiresForNothing(t *testing.T) {
	p := open(t, platform.Options{Config: func(c *runs.Config) { c.Timing.ReservationTTL = time.Hour }})
	id := p.Submit("waiting-key").ID
	if n, err := p.Service.Expire(t.Context()); err != nil || n != 0 {
		t.Fatalf("expired %d at once, %v", n, err)
	}
	p.Age(2 * time.Hour)
	if n, err := p.Service.Expire(t.Context()); err != nil || n != 1 {
		t.Fatalf("expired %d, %v", n, err)
	}
	run := p.Run(id)
	if run.Status != dpp.StatusExpired || run.Used != 0 || run.Money != dpp.MoneyRefunded || run.Error.Reason != dpp.ReasonReservationExpired {
		t.Errorf("%s, used %s, %+v", run.Status, run.Used, run.Error)
	}
	p.Audit()
}

func TestRetentionDeletesEverythingOfARun(t *testing.T) {
	p := open(t, platform.Options{})
	request := p.Request("kept-key")
	request.Inputs = jsontext.Value(`{"note":"` + strings.Repeat("x", 40_000) + `"}`)
	if _, err := p.Service.Submit(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	claimed := p.Claim()
	if _, err := p.Service.Finish(t.Context(), claimed, p.Execute(claimed)); err != nil {
		t.Fatal(err)
	}
	if n, err := p.Service.Retain(t.Context()); err != nil || n != 0 {
		t.Fatalf("deleted %d at once, %v", n, err)
	}
	p.Age(31 * 24 * time.Hour)
	if n, err := p.Service.Retain(t.Context()); err != nil || n != 1 {
		t.Fatalf("deleted %d, %v", n, err)
	}
	if left, err := p.Ports.Blob.List(t.Context(), "", "", 10); err != nil || len(left) != 0 {
		t.Errorf("objects left: %v, %v", left, err)
	}
	_, err := p.Service.Get(t.Context(), p.Key, claimed.Run.ID)
	if r := refusal(t, err); r.Reason != dpp.ReasonResultExpired {
		t.Errorf("the owner is told %s", r.Reason)
	}
	_, err = p.Service.Get(t.Context(), p.Tenant(dpp.USD), claimed.Run.ID)
	if r := refusal(t, err); r.Reason != dpp.ReasonNotFound {
		t.Errorf("a stranger is told %s", r.Reason)
	}
	p.Audit()
	if n, err := p.Service.Retain(t.Context()); err != nil || n != 0 {
		t.Errorf("deleted %d again, %v", n, err)
	}
	if _, err := p.Service.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.Age(432 * 24 * time.Hour)
	if n, err := p.Service.Forget(t.Context()); err != nil || n == 0 {
		t.Errorf("forgot %d rows, %v", n, err)
	}
	if found, err := p.Ports.Store.RunsByID(t.Context(), []dpp.RunID{claimed.Run.ID}); err != nil || len(found) != 0 {
		t.Errorf("the row is still there: %v, %v", found, err)
	}
	p.Audit()
}

// aged is a blob store whose objects are older than they are.
type aged struct {
	blob.Store
	by time.Duration
}

func (a *aged) List(ctx context.Context, prefix, after string, limit int) ([]blob.Info, error) {
	page, err := a.Store.List(ctx, prefix, after, limit)
	for i := range page {
		page[i].StoredAt = page[i].StoredAt.Add(-a.by)
	}
	return page, err
}

func TestOrphansAreSweptAndNothingElse(t *testing.T) {
	var blobs *aged
	p := open(t, platform.Options{Wrap: func(ports runs.Ports) runs.Ports {
		blobs = &aged{Store: ports.Blob}
		ports.Blob = blobs
		return ports
	}})
	p.Submit("owned-key")
	claimed := p.Claim()
	if _, err := p.Service.Finish(t.Context(), claimed, p.Execute(claimed)); err != nil {
		t.Fatal(err)
	}
	stranger := claimed.Run
	stranger.ID = dpp.NewRunID()
	p.StoreOnly(stranger, p.Execute(&store.Claimed{Run: stranger, Inputs: claimed.Inputs}))
	kept := p.Upload(p.Key, "a text")
	unknown := kept
	unknown.ID = dpp.NewUploadID()
	p.Arrive(unknown, "a text")
	if _, deleted, err := p.Service.Orphans(t.Context(), ""); err != nil || deleted != 0 {
		t.Fatalf("young objects were swept: %d, %v", deleted, err)
	}
	blobs.by = 2 * time.Hour
	next, deleted, err := p.Service.Orphans(t.Context(), "")
	if err != nil || deleted != 2 || next != "" {
		t.Errorf("swept %d, next %q, %v", deleted, next, err)
	}
	if _, err := p.Ports.Blob.Head(t.Context(), kept.ObjectKey()); err != nil {
		t.Errorf("an upload that is known: %v", err)
	}
	p.Audit() // the run's own objects are there
}
