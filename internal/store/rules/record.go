package rules

import (
	"encoding/json"
	"fmt"

	"dpp"
)

// resultRecord is a [dpp.Result] as JSON in the column result.
type resultRecord struct {
	Key         string           `json:"key"`
	SHA256      string           `json:"sha256"`
	Size        int64            `json:"size"`
	Partial     bool             `json:"partial,omitempty"`
	Stop        dpp.StopReason   `json:"stop,omitempty"`
	Reliability int32            `json:"reliability"` // millionths
	Artifacts   []artifactRecord `json:"artifacts,omitempty"`
}

type artifactRecord struct {
	Name      string `json:"name"`
	MediaType string `json:"media_type"`
	Size      int64  `json:"size"`
	SHA256    string `json:"sha256"`
}

// errorRecord is a [dpp.RunError] as JSON in the column error.
type errorRecord struct {
	Reason      dpp.Reason `json:"reason"`
	Detail      string     `json:"detail,omitempty"`
	Hint        string     `json:"hint,omitempty"`
	Retryable   bool       `json:"retryable,omitempty"`
	Reliability *int32     `json:"reliability,omitempty"` // millionths
	Required    *int32     `json:"required,omitempty"`    // millionths
	Reasons     []string   `json:"reasons,omitempty"`
}

// EncodeResult is a result as the JSON text that stores keep; nil for none.
func EncodeResult(r *dpp.Result) (*string, error) {
	if r == nil {
		return nil, nil
	}
	record := resultRecord{
		Key: r.Key, SHA256: r.SHA256, Size: r.Size, Partial: r.Partial, Stop: r.Stop, Reliability: int32(r.Reliability),
	}
	for _, a := range r.Artifacts {
		record.Artifacts = append(record.Artifacts, artifactRecord(a))
	}
	return encode(record)
}

func decodeResult(text string) (*dpp.Result, error) {
	if text == "" {
		return nil, nil
	}
	var record resultRecord
	if err := json.Unmarshal([]byte(text), &record); err != nil {
		return nil, err
	}
	r := &dpp.Result{
		Key: record.Key, SHA256: record.SHA256, Size: record.Size, Partial: record.Partial, Stop: record.Stop,
		Reliability: dpp.Score(record.Reliability),
	}
	for _, a := range record.Artifacts {
		r.Artifacts = append(r.Artifacts, dpp.Artifact(a))
	}
	return r, nil
}

// EncodeError is a run's error as the JSON text that stores keep; nil for none.
func EncodeError(e *dpp.RunError) (*string, error) {
	if e == nil {
		return nil, nil
	}
	return encode(errorRecord{
		Reason: e.Reason, Detail: e.Detail, Hint: e.Hint, Retryable: e.Retryable,
		Reliability: (*int32)(e.Reliability), Required: (*int32)(e.Required), Reasons: e.Reasons,
	})
}

func decodeError(text string) (*dpp.RunError, error) {
	if text == "" {
		return nil, nil
	}
	var record errorRecord
	if err := json.Unmarshal([]byte(text), &record); err != nil {
		return nil, err
	}
	return &dpp.RunError{
		Reason: record.Reason, Detail: record.Detail, Hint: record.Hint, Retryable: record.Retryable,
		Reliability: (*dpp.Score)(record.Reliability), Required: (*dpp.Score)(record.Required), Reasons: record.Reasons,
	}, nil
}

// EncodeTags are tags as the JSON text that stores keep; nil for none.
func EncodeTags(tags []string) (*string, error) {
	if len(tags) == 0 {
		return nil, nil
	}
	return encode(tags)
}

func decodeTags(text string) (tags []string, err error) {
	if text != "" {
		err = json.Unmarshal([]byte(text), &tags)
	}
	return tags, err
}

func encode(value any) (*string, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	written := string(text)
	return &written, nil
}

// Decode fills in the parts of a run that stores keep as JSON texts; an empty text is
// none.
func Decode(run *dpp.Run, tags, result, failure string) (err error) {
	if run.Meta.Tags, err = decodeTags(tags); err != nil {
		return fmt.Errorf("tags of %s: %w", run.ID, err)
	}
	if run.Result, err = decodeResult(result); err != nil {
		return fmt.Errorf("result of %s: %w", run.ID, err)
	}
	if run.Error, err = decodeError(failure); err != nil {
		return fmt.Errorf("error of %s: %w", run.ID, err)
	}
	return nil
}
