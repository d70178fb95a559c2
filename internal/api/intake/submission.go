package intake

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/api/strictjson"
)

// Bounds of a submit beyond what the packs say.
const (
	defaultTimebox = 90 // seconds
	maxTimebox     = 90
	MaxPackType    = 64  // characters
	MaxExternalID  = 200 // characters
	maxTags        = 20
	maxTag         = 64
)

// Submission is the body of a submit, decoded.
type Submission struct {
	PackType    string
	Inputs      jsontext.Value
	Reservation dpp.Reservation
	Options     dpp.Options
	Meta        dpp.Meta
}

// SubmitBody is the form of a submit's body, for the document of the API.
type SubmitBody struct {
	PackType    string         `json:"pack_type" minLength:"1" maxLength:"64" doc:"What kind of work: one of those that GET /v1/packs lists." example:"decision"`
	Inputs      map[string]any `json:"inputs" doc:"What to work on, as the pack's inputs_schema says. A member that is null counts as absent."`
	Reservation SubmitReserve  `json:"reservation" doc:"What the run may cost and take at most, and how reliable its result must be."`
	Options     SubmitOptions  `json:"options,omitempty" doc:"How the run may end, and how it is shown. May be left out."`
	Meta        SubmitMeta     `json:"meta,omitempty" doc:"What you call the run. Nothing of it changes the work; may be left out."`
}

// SubmitReserve is what a run may cost and take, and must reach.
type SubmitReserve struct {
	MaxCost        string  `json:"max_cost_usd" pattern:"^[0-9]+(\\.[0-9]{1,4})?$" doc:"The most that the run may cost, in US dollars with at most 4 decimal places; reserved at once, and the rest given back." example:"0.2500"`
	Timebox        int     `json:"timebox_sec,omitempty" minimum:"1" maximum:"90" default:"90" doc:"The most seconds that one execution may take."`
	MinReliability float64 `json:"min_reliability_score,omitempty" minimum:"0" maximum:"1" default:"0" doc:"A result less reliable than this is not given, and costs the minimum fee only."`
}

// SubmitOptions change how a run ends or is shown.
type SubmitOptions struct {
	Inline       bool `json:"inline,omitempty" default:"false" doc:"Answers carry the envelope itself, up to 256 KiB."`
	AllowPartial bool `json:"allow_partial,omitempty" default:"true" doc:"A run that a limit stops ends COMPLETED with what it has, if it has anything."`
}

// SubmitMeta is the caller's own description of a run.
type SubmitMeta struct {
	TraceID    string   `json:"trace_id,omitempty" pattern:"^[A-Za-z0-9._-]{1,64}$" doc:"Names the run in logs; taken from traceparent, or made, where absent."`
	ExternalID string   `json:"external_id,omitempty" minLength:"1" maxLength:"200" doc:"Your own name for the run; lists can be filtered by it."`
	Tags       []string `json:"tags,omitempty" maxItems:"20" minLength:"1" maxLength:"64" doc:"Your own labels for the run, given back as they are."`
}

// DecodeSubmission reads a submit's body. What it returns beside an error is of no
// use.
func DecodeSubmission(body []byte) (Submission, error) {
	value, err := strictjson.Normalize(body)
	if err != nil {
		return Submission{}, unreadable(err)
	}
	s := Submission{Options: dpp.Options{AllowPartial: true}}
	timebox := int64(defaultTimebox)
	f := &findings{}
	object(map[string]member{
		"pack_type": {required: true, read: text(&s.PackType, MaxPackType)},
		"inputs":    {required: true, read: anyObject(&s.Inputs)},
		"reservation": {required: true, read: object(map[string]member{
			"max_cost_usd":          {required: true, read: money(&s.Reservation.MaxCost)},
			"timebox_sec":           {read: integer(&timebox, 1, maxTimebox)},
			"min_reliability_score": {read: score(&s.Reservation.MinReliability)},
		})},
		"options": {read: object(map[string]member{
			"inline":        {read: boolean(&s.Options.Inline)},
			"allow_partial": {read: boolean(&s.Options.AllowPartial)},
		})},
		"meta": {read: object(map[string]member{
			"trace_id":    {read: traceID(&s.Meta.TraceID)},
			"external_id": {read: text(&s.Meta.ExternalID, MaxExternalID)},
			"tags":        {read: texts(&s.Meta.Tags, maxTags, maxTag)},
		})},
	})(f, "", value)
	s.Reservation.Timebox = time.Duration(timebox) * time.Second
	return s, f.Err()
}

// DecodeNothing accepts the body of a request that has nothing to say: none, or an
// empty object.
func DecodeNothing(body []byte) error {
	if len(body) == 0 {
		return nil
	}
	value, err := strictjson.Normalize(body)
	if err != nil {
		return unreadable(err)
	}
	f := &findings{}
	object(nil)(f, "", value)
	return f.Err()
}
