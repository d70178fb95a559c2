package client

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"dpp"
)

// maxWait is the longest that a server holds an answer back.
const maxWait = 55 * time.Second

// Submission is a run to be submitted.
type Submission struct {
	PackType string
	// Inputs is anything that encodes to a JSON object; a [jsontext.Value] goes as it is.
	Inputs any
	// MaxCost is what the run may cost at most; it is reserved.
	MaxCost dpp.Money
	// Timebox is how long the pack may work, rounded up to whole seconds; zero: the server's default.
	Timebox time.Duration
	// MinReliability is what the result must reach; zero: no floor.
	MinReliability dpp.Score
	// Inline lets answers carry the envelope itself.
	Inline bool
	// RefusePartial lets a run that meets a limit fail instead of giving what it has.
	RefusePartial bool

	TraceID    string
	ExternalID string
	Tags       []string

	// IdempotencyKey makes repeats of this submit one run; empty: the client makes one.
	IdempotencyKey string
	// Wait is how long the server may wait for the end of the run before it answers.
	Wait time.Duration
}

// Submitted is the answer to a submit.
type Submitted struct {
	Run dpp.RunView
	// Replayed: the key had been used for the same submit; Run is the earlier one.
	Replayed bool
	// IdempotencyKey is what was sent. It is set on errors too: a submit whose fate
	// is unknown may be repeated with it.
	IdempotencyKey string
}

type submitBody struct {
	PackType    string      `json:"pack_type"`
	Inputs      any         `json:"inputs"`
	Reservation reservation `json:"reservation"`
	Options     options     `json:"options,omitzero"`
	Meta        meta        `json:"meta,omitzero"`
}

type reservation struct {
	MaxCost        dpp.Money `json:"max_cost_usd"`
	TimeboxSec     int64     `json:"timebox_sec,omitzero"`
	MinReliability dpp.Score `json:"min_reliability_score,omitzero"`
}

type options struct {
	Inline       bool  `json:"inline,omitzero"`
	AllowPartial *bool `json:"allow_partial,omitzero"`
}

type meta struct {
	TraceID    string   `json:"trace_id,omitempty"`
	ExternalID string   `json:"external_id,omitempty"`
	Tags       []string `json:"tags,omitempty"`
}

func (m meta) IsZero() bool { return m.TraceID == "" && m.ExternalID == "" && len(m.Tags) == 0 }

func (s *Submission) body() ([]byte, error) {
	b := submitBody{
		PackType: s.PackType, Inputs: s.Inputs,
		Reservation: reservation{MaxCost: s.MaxCost, TimeboxSec: int64((s.Timebox + time.Second - 1) / time.Second), MinReliability: s.MinReliability},
		Options:     options{Inline: s.Inline},
		Meta:        meta{TraceID: s.TraceID, ExternalID: s.ExternalID, Tags: s.Tags},
	}
	if s.RefusePartial {
		b.Options.AllowPartial = new(bool)
	}
	text, err := json.Marshal(b)
	if err != nil {
		return nil, fmt.Errorf("submission: %w", err)
	}
	return text, nil
}

// Submit submits a run. However often the request had to be repeated, it makes one
// run.
func (c *Client) Submit(ctx context.Context, s Submission) (Submitted, error) {
	out := Submitted{IdempotencyKey: s.IdempotencyKey}
	if out.IdempotencyKey == "" {
		out.IdempotencyKey = rand.Text()
	}
	body, err := s.body()
	if err != nil {
		return out, err
	}
	r := request{method: http.MethodPost, path: "/v1/runs", body: body, wait: clampWait(s.Wait)}
	r.setHeader(idempotencyKey, out.IdempotencyKey)
	if r.wait > 0 {
		r.setHeader("Prefer", "wait="+seconds(r.wait))
	}
	answer, err := c.do(ctx, r)
	if err != nil {
		return out, err
	}
	out.Replayed = answer.header.Get("Idempotent-Replayed") == "true"
	return out, decode(answer.body, &out.Run)
}

// Get returns a run as it is now.
func (c *Client) Get(ctx context.Context, id dpp.RunID) (dpp.RunView, error) {
	return get[dpp.RunView](ctx, c, request{path: runPath(id)})
}

// Cancel ends a run that has not ended, and returns it.
func (c *Client) Cancel(ctx context.Context, id dpp.RunID) (dpp.RunView, error) {
	return get[dpp.RunView](ctx, c, request{method: http.MethodPost, path: runPath(id) + "/cancel"})
}

// Result returns the stored envelope of a COMPLETED run, byte for byte, once it
// has hashed to what the run says: else [ErrDigest]. A run without a result is
// [ErrNoResult].
func (c *Client) Result(ctx context.Context, id dpp.RunID) ([]byte, error) {
	run, err := c.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if run.Result == nil {
		return nil, ErrNoResult
	}
	answer, err := c.do(ctx, request{path: runPath(id) + "/result"})
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(answer.body); hex.EncodeToString(sum[:]) != run.Result.SHA256 {
		return nil, ErrDigest
	}
	return answer.body, nil
}

func runPath(id dpp.RunID) string { return "/v1/runs/" + url.PathEscape(string(id)) }

func clampWait(d time.Duration) time.Duration {
	return min(max(d, 0), maxWait).Truncate(time.Second)
}

func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }
