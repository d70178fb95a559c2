package runs

import (
	"context"
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/pack"
)

// Recommended poll intervals: a run's first seconds, and later.
const (
	pollEarly     = 1500 * time.Millisecond
	pollLate      = 5 * time.Second
	pollEarlySpan = 15 * time.Second
)

// MaxInline is how large an envelope may be to be part of a Run object.
const MaxInline = 256 << 10

// ViewOptions say what of a run is shown.
type ViewOptions struct {
	// URLs: signed URLs of the result and its artifacts.
	URLs bool
	// Inline: the envelope itself, up to [MaxInline].
	Inline bool
}

// View is the Run object that a run's owner sees. remaining is what the caller's
// key may still spend.
func (s *Service) View(ctx context.Context, run *dpp.Run, remaining dpp.Money, o ViewOptions) (dpp.RunView, error) {
	r := run.Reservation
	v := dpp.RunView{
		ID: run.ID, PackType: run.PackType, PackVersion: run.PackVersion,
		Status: run.Status, Terminal: run.Status.Terminal(), MoneyState: run.Money,
		Version: run.Version, Attempt: run.Attempt, Live: run.Live,
		Reservation: dpp.ReservationView{MaxCost: r.MaxCost, TimeboxSec: int64(r.Timebox / time.Second), MinReliability: r.MinReliability},
		Cost:        dpp.CostView{Reserved: r.MaxCost, Used: run.Used, MinimumFee: r.MinimumFee(), BudgetRemaining: remaining},
		Poll:        dpp.PollView{Href: "/v1/runs/" + string(run.ID), RecommendedIntervalMS: PollInterval(run).Milliseconds(), MaxWaitSec: s.maxWait(run)},
		Progress:    run.Progress,
		Error:       errorView(run.Error),
		Meta: dpp.MetaView{
			CreatedAt: dpp.Time{Time: run.CreatedAt}, UpdatedAt: dpp.Time{Time: run.UpdatedAt}, TraceID: run.Meta.TraceID,
			ProfileVersion: run.ProfileVersion, ExternalID: run.Meta.ExternalID, Tags: run.Meta.Tags,
		},
	}
	if !run.CompletedAt.IsZero() {
		v.Meta.CompletedAt = &dpp.Time{Time: run.CompletedAt}
	}
	var err error
	if run.Result != nil {
		v.Result, err = s.resultView(ctx, run, o)
	}
	return v, err
}

// PollInterval is how long a client should wait before it asks again.
func PollInterval(run *dpp.Run) time.Duration {
	if time.Since(run.CreatedAt) < pollEarlySpan {
		return pollEarly
	}
	return pollLate
}

// maxWait is within how many seconds the run ends for certain.
func (s *Service) maxWait(run *dpp.Run) int64 {
	if run.Status.Terminal() {
		return 0
	}
	left := time.Until(run.Deadline) + s.cfg.Timing.AttemptBound(run.Reservation.Timebox)
	return int64((max(left, 0) + time.Second - 1) / time.Second)
}

func (s *Service) resultView(ctx context.Context, run *dpp.Run, o ViewOptions) (*dpp.ResultView, error) {
	r := run.Result
	v := &dpp.ResultView{SHA256: r.SHA256, Size: r.Size, Partial: r.Partial, Stop: r.Stop, Reliability: r.Reliability, Artifacts: make([]dpp.ArtifactView, len(r.Artifacts))}
	for i, a := range r.Artifacts {
		v.Artifacts[i].Artifact = a
	}
	if !o.URLs || !run.PurgedAt.IsZero() {
		return v, nil
	}
	var err error
	v.ExpiresAt = &dpp.Time{Time: time.Now().Add(s.cfg.ResultURLTTL)}
	if v.URL, err = s.sign(ctx, r.Key); err != nil {
		return nil, err
	}
	for i := range v.Artifacts {
		if v.Artifacts[i].URL, err = s.sign(ctx, attemptPrefix(run)+v.Artifacts[i].Name); err != nil {
			return nil, err
		}
	}
	if o.Inline && r.Size <= MaxInline {
		text, err := s.Envelope(ctx, run)
		if err != nil {
			return nil, err
		}
		v.Envelope = jsontext.Value(text)
	}
	return v, nil
}

func (s *Service) sign(ctx context.Context, key string) (string, error) {
	url, err := s.Blob.SignGet(ctx, key, s.cfg.ResultURLTTL)
	if err != nil {
		return "", fmt.Errorf("sign: %w: %w", ErrBlob, err)
	}
	return url, nil
}

func errorView(e *dpp.RunError) *dpp.ErrorView {
	if e == nil {
		return nil
	}
	v := &dpp.ErrorView{Reason: e.Reason, Detail: e.Detail, Hint: e.Hint, Retryable: e.Retryable, Reliability: e.Reliability, Required: e.Required, Reasons: e.Reasons}
	if action := failures[e.Reason].remedy; action != "" {
		v.Remedy = &dpp.Remedy{Action: action}
	}
	return v
}

// runPrefix is where everything of a run lies in the blob store. The date is the
// run's creation, as its identifier tells it, because inputs are stored before the
// store's clock has spoken.
func runPrefix(run *dpp.Run) string {
	return blobRoot + string(run.Tenant) + run.ID.Time().Format("/2006/01/02/") + string(run.ID) + "/"
}

const blobRoot = "dpp/"

func attemptPrefix(run *dpp.Run) string {
	return runPrefix(run) + attemptName(run.Attempt) + "/"
}

func envelopeKey(run *dpp.Run) string { return attemptPrefix(run) + pack.EnvelopeName }
