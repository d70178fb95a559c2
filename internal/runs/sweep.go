package runs

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"dpp"
	"dpp/internal/blob"
	"dpp/internal/pack"
	"dpp/internal/store"
)

// SweepLimit is how many rows a sweep takes at most in one transaction.
const SweepLimit = 500

// keepRows is how long the narrow row of a run outlives its result, so that its
// owner is told 410 and not 404.
const keepRows = 400 * 24 * time.Hour

// Recover ends or requeues runs whose lease was lost. It returns how many it
// looked at; as many as [SweepLimit] means that there may be more.
func (s *Service) Recover(ctx context.Context) (int, error) {
	due, err := s.Store.Due(ctx, store.DueQuery{Due: store.DueLeases, Limit: SweepLimit})
	if err != nil {
		return 0, err
	}
	batch, recoveries := make([]store.Transition, 0, len(due)), make([]recovery, 0, len(due))
	var taken steps
	for i := range due {
		looking, looked := s.step(ctx, StepRecover, &due[i].Run)
		r := s.recover(looking, &due[i].Run)
		if r.transition == nil {
			looked(codeLeft)
			s.observe.Recovered(r.what)
			continue
		}
		looked(nil)
		r.transition.Fence = store.Fence{Token: due[i].Token, LeaseExpired: true}
		batch, recoveries = append(batch, *r.transition), append(recoveries, r)
		taken.begin(ctx, s, "run."+r.what, &due[i].Run)
	}
	return len(due), s.recovered(ctx, batch, recoveries, taken)
}

// recovery is what becomes of one lost lease.
type recovery struct {
	what       string
	transition *store.Transition // nil: nothing in this round
	storedAt   time.Time         // of the envelope that is rolled forward to
}

// recovered commits what was decided, and tells of what happened.
func (s *Service) recovered(ctx context.Context, batch []store.Transition, recoveries []recovery, taken steps) error {
	outcomes, err := s.sweep(ctx, batch, taken)
	if err != nil {
		return err
	}
	for i, r := range recoveries {
		if !outcomes[i].Happened {
			continue
		}
		s.observe.Recovered(r.what)
		if !r.storedAt.IsZero() {
			s.observe.SettleLagged("reaper", max(0, time.Since(r.storedAt))) // the clocks are two
		}
	}
	return nil
}

// recover decides what becomes of one lost lease: forward to what the worker had
// stored, else back into the queue, else the end. Only a definite "not there"
// allows the last two; any other answer leaves the run for the next round.
func (s *Service) recover(ctx context.Context, run *dpp.Run) recovery {
	text, info, err := s.readBlob(ctx, envelopeKey(run))
	switch {
	case err == nil:
		envelope, err := pack.ReadEnvelope(text)
		if err != nil || envelope.RunID != run.ID || info.Metadata[metaSHA256] != pack.SumHex(text) {
			s.log.ErrorContext(ctx, "a stored envelope is not what its metadata says; the run is left", "run_id", run.ID, "trace_id", run.Meta.TraceID, "error", err)
			return recovery{what: "left"}
		}
		t := s.ending(run, envelope, info.SHA256, info.Size)
		return recovery{"rolled_forward", &t, info.StoredAt}
	case !errors.Is(err, blob.ErrNotFound):
		s.log.WarnContext(ctx, "the blob store could not be asked for a lost run; the next round tries again", "run_id", run.ID, "trace_id", run.Meta.TraceID, "error", err)
		return recovery{what: "left"}
	case run.Losses+1 < s.cfg.Timing.MaxAttempts && time.Now().Before(run.Deadline):
		return recovery{what: "requeued", transition: &store.Transition{
			Run: run.ID, Version: run.Version, From: dpp.StatusProcessing, Mark: rand.Text(),
			To: dpp.StatusQueued, Lost: true, QueueTTL: s.cfg.Timing.ReservationTTL,
		}}
	default:
		t := s.failed(run, failureOf(dpp.ReasonWorkerTimeout))
		return recovery{what: "failed", transition: &t}
	}
}

// Expire ends runs that waited in the queue for too long; they cost nothing.
func (s *Service) Expire(ctx context.Context) (int, error) {
	due, err := s.Store.Due(ctx, store.DueQuery{Due: store.DueQueue, Limit: SweepLimit})
	if err != nil {
		return 0, err
	}
	batch := make([]store.Transition, len(due))
	var taken steps
	for i := range due {
		batch[i] = s.end(&due[i].Run, dpp.StatusExpired, dpp.ReasonReservationExpired, 0)
		batch[i].Error = failureOf(dpp.ReasonReservationExpired)
		batch[i].Fence = store.Fence{Overdue: true}
		taken.begin(ctx, s, StepExpire, &due[i].Run)
	}
	_, err = s.sweep(ctx, batch, taken)
	return len(due), err
}

// codeLeft: a lost lease is left for the next round.
const codeLeft Code = "LEFT"

func (s *Service) sweep(ctx context.Context, batch []store.Transition, taken steps) ([]store.Transitioned, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	end := unfollowed
	if s.cfg.Trace != nil {
		ctx, end = s.cfg.Trace.Batch(ctx, BatchSweep, taken.from)
	}
	out, err := s.apply(ctx, batch)
	end(err)
	taken.end(func(i int) bool { return out[i].Happened }, err)
	return out, err
}

// Retain deletes results and inputs of runs past their retention: the objects
// first, so that a run never claims less than what is there.
func (s *Service) Retain(ctx context.Context) (int, error) {
	due, err := s.Store.Due(ctx, store.DueQuery{Due: store.DueRetention, EndedFor: s.cfg.Retention, Limit: SweepLimit})
	if err != nil || len(due) == 0 {
		return 0, err
	}
	ids := make([]dpp.RunID, 0, len(due))
	for i := range due {
		if err := s.Blob.DeletePrefix(ctx, runPrefix(&due[i].Run)); err != nil {
			s.log.WarnContext(ctx, "objects past their retention could not be deleted; the next round tries again", "run_id", due[i].Run.ID, "trace_id", due[i].Run.Meta.TraceID, "error", err)
			continue
		}
		ids = append(ids, due[i].Run.ID)
	}
	if len(ids) == 0 {
		return 0, nil
	}
	return len(ids), s.Store.Purge(ctx, ids)
}

// Forget deletes rows that nobody may ask for any more. Runs have a month longer
// than they must be kept, in which a store may drop all of a month at once.
func (s *Service) Forget(ctx context.Context) (int, error) {
	return s.Store.Forget(ctx, keepRows+month, SweepLimit)
}

const month = 31 * 24 * time.Hour

// Maintain lets the store prepare for the time to come and drop what is past.
func (s *Service) Maintain(ctx context.Context) error { return s.Store.Maintain(ctx, keepRows) }

// Totals sums up the platform, and compares each account with its open runs.
func (s *Service) Totals(ctx context.Context) (store.Totals, error) { return s.Store.Totals(ctx) }

// Seal folds new ledger entries into usage and into the accounts' hash chains.
func (s *Service) Seal(ctx context.Context) (int, error) { return s.Store.Seal(ctx, SweepLimit) }

// orphanAge is how old an object must be before it may be an orphan: far above the
// time between the storing of inputs and the acceptance of their run.
const orphanAge = time.Hour

// Orphans looks at one page of objects behind the key after, deletes those that
// belong to no run or to a purged one, or to no upload, and returns where the next
// page begins; empty at the end.
func (s *Service) Orphans(ctx context.Context, after string) (next string, deleted int, err error) {
	page, err := s.Blob.List(ctx, blobRoot, after, SweepLimit)
	if err != nil || len(page) == 0 {
		return "", 0, err
	}
	folders, err := s.orphaned(ctx, page)
	if err != nil {
		return after, 0, err
	}
	for _, folder := range folders {
		if err := s.Blob.DeletePrefix(ctx, folder); err != nil {
			return after, deleted, err
		}
		deleted++
	}
	if len(page) < SweepLimit {
		return "", deleted, nil
	}
	return page[len(page)-1].Key, deleted, nil
}

// orphaned are the folders of old objects whose run or upload nobody knows of.
func (s *Service) orphaned(ctx context.Context, page []blob.Info) ([]string, error) {
	ofRuns, ofUploads := make(map[dpp.RunID]string), make(map[dpp.UploadID]string)
	for _, object := range page {
		parts := strings.Split(object.Key, "/")
		switch {
		case time.Since(object.StoredAt) <= orphanAge:
		case len(parts) >= 7 && dpp.RunID(parts[5]).Valid():
			ofRuns[dpp.RunID(parts[5])] = strings.Join(parts[:6], "/") + "/"
		case len(parts) >= 5 && dpp.UploadID(parts[3]).Valid():
			ofUploads[dpp.UploadID(parts[3])] = strings.Join(parts[:4], "/") + "/"
		}
	}
	runs, err := s.Store.RunsByID(ctx, slices.Collect(maps.Keys(ofRuns)))
	if err != nil {
		return nil, err
	}
	for i := range runs {
		if runs[i].PurgedAt.IsZero() {
			delete(ofRuns, runs[i].ID)
		}
	}
	uploads, err := s.Store.UploadsByID(ctx, slices.Collect(maps.Keys(ofUploads)))
	if err != nil {
		return nil, err
	}
	for i := range uploads {
		delete(ofUploads, uploads[i].ID)
	}
	return slices.AppendSeq(slices.Collect(maps.Values(ofRuns)), maps.Values(ofUploads)), nil
}
