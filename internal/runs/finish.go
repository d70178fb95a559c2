package runs

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"dpp"
	"dpp/internal/blob"
	"dpp/internal/ledger"
	"dpp/internal/pack"
	"dpp/internal/store"
)

// Metadata of a stored envelope: all that a roll forward needs beside its content.
const (
	metaOutcome = "dpp-outcome" // COMPLETED, or the reason code of a failure
	metaCost    = "dpp-cost-usd-micros"
	metaSHA256  = "dpp-sha256"
	metaAttempt = "dpp-attempt"
)

// Finish stores what an execution found and ends its run: artifacts first, then
// the envelope, then the one transition that settles. It tells whether this caller
// was the one who ended the run; if not, somebody else had, and nothing of this
// execution can be seen.
func (s *Service) Finish(ctx context.Context, c *store.Claimed, end Ending) (bool, error) {
	t := s.failed(&c.Run, end.Failure)
	if end.Sealed != nil {
		if err := s.StoreResult(ctx, &c.Run, end.Sealed); err != nil {
			return false, err
		}
		t = s.ending(&c.Run, &end.Sealed.Envelope, end.Sealed.SHA256, int64(len(end.Sealed.Bytes)))
	}
	t.Fence = store.Fence{Token: c.Token}
	ctx, ended := s.step(ctx, StepFinalize, &c.Run)
	out, err := s.ends.Do(ctx, t)
	ended(happened(out.Happened, err))
	if err == nil && out.Happened && !end.At.IsZero() {
		s.observe.SettleLagged("worker", time.Since(end.At))
	}
	return out.Happened, err
}

// StoreResult is the first half of [Service.Finish]: artifacts, then the envelope,
// under the attempt's own keys. It changes nothing about the run.
func (s *Service) StoreResult(ctx context.Context, run *dpp.Run, sealed *pack.Sealed) error {
	for _, a := range sealed.Artifacts {
		object := blob.Object{Key: attemptPrefix(run) + a.Name, MediaType: a.MediaType, Content: a.Content}
		if err := s.put(ctx, run, object, sealed.Envelope.Artifacts[a.Name].SHA256); err != nil {
			return err
		}
	}
	return s.put(ctx, run, blob.Object{
		Key: envelopeKey(run), MediaType: "application/json", Content: sealed.Bytes,
		Metadata: map[string]string{
			metaOutcome: outcomeOf(&sealed.Envelope), metaCost: strconv.FormatInt(int64(sealed.Envelope.Cost.Used), 10),
			metaSHA256: sealed.SHA256, metaAttempt: attemptName(run.Attempt),
		},
	}, sealed.SHA256)
}

func outcomeOf(e *pack.Envelope) string {
	if e.Error != nil {
		return string(e.Error.Reason)
	}
	return string(e.Status)
}

// put stores an object once. Finding our own earlier write is success.
func (s *Service) put(ctx context.Context, run *dpp.Run, object blob.Object, sum string) (err error) {
	ctx, end := s.step(ctx, StepBlob, run)
	defer func() { end(err) }()
	out, err := s.puts.Do(ctx, object)
	if err != nil {
		return err
	}
	if out.Err != nil {
		return out.Err
	}
	if out.Existed && out.Existing.SHA256 != sum {
		return fmt.Errorf("object %s is there already with another content", object.Key)
	}
	return nil
}

// ending is the transition that a stored envelope calls for. The worker and the
// reaper build it from the same envelope, so a roll forward decides nothing anew.
func (s *Service) ending(run *dpp.Run, e *pack.Envelope, sum string, size int64) store.Transition {
	if e.Error != nil {
		return s.failed(run, &dpp.RunError{
			Reason: e.Error.Reason, Detail: e.Error.Detail, Hint: e.Error.Hint, Retryable: e.Error.Retryable,
			Required: e.Error.Required, Reliability: reliabilityOf(e), Reasons: e.Reasons,
		})
	}
	t := s.end(run, dpp.StatusCompleted, "", e.Cost.Used)
	t.Result = &dpp.Result{Key: envelopeKey(run), SHA256: sum, Size: size, Partial: e.Partial, Stop: e.Stop, Reliability: e.Reliability}
	for name, a := range e.Artifacts {
		t.Result.Artifacts = append(t.Result.Artifacts, dpp.Artifact{Name: name, MediaType: a.MediaType, Size: a.Size, SHA256: a.SHA256})
	}
	slices.SortFunc(t.Result.Artifacts, func(a, b dpp.Artifact) int { return strings.Compare(a.Name, b.Name) })
	return t
}

func reliabilityOf(e *pack.Envelope) *dpp.Score {
	if e.Error.Reason != dpp.ReasonReliabilityNotMet {
		return nil
	}
	return &e.Reliability
}

func (s *Service) failed(run *dpp.Run, e *dpp.RunError) store.Transition {
	if e == nil {
		e = failureOf(dpp.ReasonInternal)
	}
	t := s.end(run, dpp.StatusFailed, e.Reason, 0)
	t.Error = e
	return t
}

// end is the terminal transition of a run with its settlement.
func (s *Service) end(run *dpp.Run, to dpp.Status, reason dpp.Reason, metered dpp.Money) store.Transition {
	charge := dpp.Charge(run.Reservation, run.Status, to, reason, metered, s.cfg.ChargePlatformFaults)
	return store.Transition{
		Run: run.ID, Version: run.Version, From: run.Status, Mark: rand.Text(), To: to,
		Money: dpp.MoneyStateFor(charge), Used: charge,
		Settle: ledger.NewSettle(run.Account(), run.ID, run.Reservation.MaxCost, charge),
	}
}
