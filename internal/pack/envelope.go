package pack

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
)

// EnvelopeName is the last part of an envelope's key in the blob store.
const EnvelopeName = "pack_envelope.json"

// MaxEnvelope is the most bytes that an envelope has.
const MaxEnvelope = 1 << 20

// ErrTooLarge: the result does not fit in an envelope, spilled as far as it goes.
var ErrTooLarge = errors.New("pack: the result is larger than an envelope may be")

const schemaVersion = "1.0"

// Envelope is the stored result of one execution (pack_envelope.json).
type Envelope struct {
	SchemaVersion string                 `json:"schema_version"`
	RunID         dpp.RunID              `json:"run_id"`
	PackType      string                 `json:"pack_type"`
	PackVersion   string                 `json:"pack_version"`
	Status        dpp.Status             `json:"status"`
	GeneratedAt   dpp.Time               `json:"generated_at"`
	Reliability   dpp.Score              `json:"reliability"`
	Reasons       []string               `json:"reliability_reasons,omitempty"`
	Partial       bool                   `json:"partial"`
	Stop          dpp.StopReason         `json:"stop_reason,omitempty"`
	Cost          EnvelopeCost           `json:"cost"`
	Usage         []Usage                `json:"usage"`
	Data          jsontext.Value         `json:"data"`
	Artifacts     map[string]ArtifactRef `json:"artifacts"`
	Logs          Logs                   `json:"logs"`
	Error         *EnvelopeError         `json:"error,omitempty"`
	Meta          EnvelopeMeta           `json:"meta"`
}

// EnvelopeCost is what the execution costs.
type EnvelopeCost struct {
	Reserved   dpp.Money `json:"reserved_usd"`
	Used       dpp.Money `json:"used_usd"`
	MinimumFee dpp.Money `json:"minimum_fee_usd"`
}

// ArtifactRef describes an artifact that stands beside the envelope.
type ArtifactRef struct {
	MediaType string `json:"media_type"`
	SHA256    string `json:"sha256"`
	Size      int64  `json:"size_bytes"`
}

// Logs is the evidence of what was dropped or refused.
type Logs struct {
	Discarded []Discard `json:"discard_log"`
	Blocked   []Block   `json:"blocked_log"`
}

// EnvelopeError says why an execution that was stored is no success.
type EnvelopeError struct {
	Reason    dpp.Reason `json:"reason_code"`
	Detail    string     `json:"detail"`
	Hint      string     `json:"hint"`
	Retryable bool       `json:"retryable"`
	Required  *dpp.Score `json:"required,omitempty"`
}

// EnvelopeMeta tells under which conditions the execution ran.
type EnvelopeMeta struct {
	TraceID        string `json:"trace_id"`
	ProfileVersion string `json:"profile_version"`
}

// Sealed is an envelope with its bytes and the artifacts that go before it.
type Sealed struct {
	Envelope  Envelope
	Bytes     []byte
	SHA256    string
	Artifacts []Artifact
}

// Seal turns an outcome into the envelope's bytes. Arrays that the manifest marks
// spillable become artifacts, the largest first, where the whole would be larger
// than [MaxEnvelope]; [ErrTooLarge] where that does not help. Any other error is a
// mistake of the pack. Text that is no UTF-8 is mended, not refused.
func Seal(e Envelope, o *Outcome, spillable []string) (*Sealed, error) {
	data, err := sealData(o)
	if err != nil {
		return nil, err
	}
	if !o.Reliability.Valid() {
		return nil, errors.New("pack: the reliability is not from 0 to 1")
	}
	e.SchemaVersion, e.Data = schemaVersion, data
	e.GeneratedAt.Time = e.GeneratedAt.UTC().Truncate(time.Millisecond) // as it can be read again
	e.Reliability, e.Reasons = o.Reliability, o.Reasons
	e.Partial, e.Stop = o.Stopped != "", o.Stopped
	e.Logs = Logs{Discarded: append([]Discard{}, o.Discarded...), Blocked: append([]Block{}, o.Blocked...)}
	sealed := &Sealed{Envelope: e, Artifacts: slices.Clone(o.Artifacts)}
	for {
		if err := sealed.write(); err != nil {
			return nil, err
		}
		if len(sealed.Bytes) <= MaxEnvelope {
			return sealed, nil
		}
		if spilled, err := sealed.spill(spillable); err != nil {
			return nil, err
		} else if !spilled {
			return nil, ErrTooLarge
		}
	}
}

func (s *Sealed) write() error {
	s.Envelope.Artifacts = make(map[string]ArtifactRef, len(s.Artifacts))
	for _, a := range s.Artifacts {
		if _, twice := s.Envelope.Artifacts[a.Name]; twice || !validArtifactName(a.Name) {
			return fmt.Errorf("pack: artifact name %q is not usable", a.Name)
		}
		s.Envelope.Artifacts[a.Name] = ArtifactRef{MediaType: a.MediaType, SHA256: SumHex(a.Content), Size: int64(len(a.Content))}
	}
	text, err := marshal(s.Envelope)
	if err != nil {
		return fmt.Errorf("pack: envelope: %w", err)
	}
	s.Bytes, s.SHA256 = text, SumHex(text)
	return nil
}

// marshal gives the same bytes for the same value.
func marshal(v any) ([]byte, error) {
	return json.Marshal(v, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
}

func sealData(o *Outcome) (jsontext.Value, error) {
	data, err := marshal(o.Data)
	if err != nil {
		return nil, fmt.Errorf("pack: data: %w", err)
	}
	if jsontext.Value(data).Kind() != '{' {
		return nil, errors.New("pack: data is no object")
	}
	if o.Stopped == "" {
		return data, nil
	}
	rest, err := marshal(o.Remaining)
	if err != nil {
		return nil, fmt.Errorf("pack: remaining: %w", err)
	}
	if jsontext.Value(rest).Kind() != '{' {
		return nil, errors.New("pack: remaining is not in the form of inputs")
	}
	return setMember(data, []string{"remaining"}, rest)
}

// ReadEnvelope reads what Seal wrote; [ErrTooLarge] where it is more than that.
func ReadEnvelope(text []byte) (*Envelope, error) {
	if len(text) > MaxEnvelope {
		return nil, ErrTooLarge
	}
	var e Envelope
	if err := json.Unmarshal(text, &e); err != nil {
		return nil, fmt.Errorf("pack: envelope: %w", err)
	}
	return &e, nil
}

// SumHex is the SHA-256 of content in lower-case hex.
func SumHex(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func validArtifactName(name string) bool {
	return name != "" && len(name) <= 100 && name[0] != '.' && name != EnvelopeName &&
		strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == ""
}
