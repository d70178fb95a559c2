// Package judge is the metric `llm_judge` of the pack `eval`: a language model that the
// operator has configured judges each prediction by a rubric, several times over. What it
// gives are numbers of a scale, and no word of it is repeated. How far its judgements of
// the same row agree is told with them.
package judge

import (
	_ "embed"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/llm"
	"dpp/internal/pack"
	"dpp/internal/pack/evalpack"
	"dpp/internal/pack/evalpack/metric"
)

const (
	name    = "llm_judge"
	version = "dpp.1"
)

//go:embed params.schema.json
var paramsSchema []byte

// params are those of the metric.
type params struct {
	Rubric     string `json:"rubric"`
	Scale      scale  `json:"scale"`
	Judgements int    `json:"judgements"`
	References bool   `json:"references"`
	Seed       int64  `json:"seed"`
}

type scale struct {
	Low  int `json:"low"`
	High int `json:"high"`
}

// Extra is the metric for a pack, judged by this model.
func Extra(model *llm.Client) evalpack.Extra {
	return evalpack.Extra{
		Entry: metric.Entry{
			Name: name, Title: "Judgement of a language model",
			Description: "The mean of the judgements that a language model gives each prediction by a rubric, several times over; detail tells how far they agree.",
			Needs:       "A prediction of any kind; references are shown where there are any.", Params: paramsSchema, PerRowCost: 1,
		},
		New: func(text jsontext.Value, meter *pack.Meter) (metric.Metric, error) {
			p, err := read(text)
			if err != nil {
				return nil, err
			}
			return newJudge(model, meter, p)
		},
		Prices: model.Prices(), Units: llm.Units(),
		PerRow: func(text jsontext.Value) (low, likely, high []pack.Quantity) { return perRow(model, text) },
	}
}

// read reads parameters. The error is a [*metric.ParamError].
func read(text jsontext.Value) (params, error) {
	p := params{Scale: scale{1, 5}, Judgements: 2, References: true}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &p); err != nil {
			return p, &metric.ParamError{Code: "invalid", Message: "The parameters cannot be read."}
		}
	}
	switch {
	case p.Rubric == "":
		return p, &metric.ParamError{Pointer: "/rubric", Code: "required", Message: "There is no rubric: say by what predictions are judged."}
	case p.Scale.Low >= p.Scale.High:
		return p, &metric.ParamError{Pointer: "/scale", Code: "out_of_range", Message: "The scale does not go up."}
	}
	return p, nil
}

// judge is the metric. Of each row it keeps the mean and every judgement.
type judge struct {
	params

	model *llm.Client
	meter *pack.Meter
	form  *llm.Form
	from  *answerers
}

func newJudge(model *llm.Client, meter *pack.Meter, p params) (*judge, error) {
	form, err := llm.NewForm("judgement", jsontext.Value(fmt.Sprintf(
		`{"type":"object","required":["score"],"additionalProperties":false,"properties":{"score":{"type":"integer","minimum":%d,"maximum":%d}}}`, p.Scale.Low, p.Scale.High)))
	if err != nil {
		return nil, err
	}
	return &judge{params: p, model: model, meter: meter, form: form, from: &answerers{}}, nil
}

// Info implements [metric.Metric]. The signature has the hash of all that the model is
// told but the row.
func (j *judge) Info() metric.Info {
	return metric.Info{
		Name: name,
		Signature: fmt.Sprintf("%s|model:%s|prompt:%s|scale:%d..%d|judgements:%d|temperature:0|seed:%d|version:%s",
			name, j.model.Model(), j.request(nil, 0).RulesHash(), j.Scale.Low, j.Scale.High, j.Judgements, j.Seed, version),
		Low: float64(j.Scale.Low), High: float64(j.Scale.High), HigherIsBetter: true, Unit: "rating",
	}
}

// Width implements [metric.Metric].
func (j *judge) Width() int { return 1 + j.Judgements }

// Value implements [metric.Metric]: the mean over the rows of their means.
func (j *judge) Value(s metric.Sample) (float64, bool) {
	sum, rows := make([]float64, s.Width), 0
	for i := range len(s.Data) / s.Width {
		times := 1
		if s.Times != nil {
			times = int(s.Times[i])
		}
		rows += times
		sum[0] += float64(s.Data[i*s.Width] * float64(times))
	}
	return j.FromSum(sum, rows)
}

// FromSum implements [metric.Additive].
func (j *judge) FromSum(sum []float64, rows int) (float64, bool) {
	if rows == 0 {
		return 0, false
	}
	return sum[0] / float64(rows), true
}

// RowValue implements [metric.Scorer].
func (j *judge) RowValue(observed []float64) (float64, bool) { return observed[0], true }
