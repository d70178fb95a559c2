package decisionpack

import (
	"errors"
	"math"
	"math/rand/v2"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/number"
)

// cell is a value as it was submitted: a number, a label or a distribution. A
// pointer to one tells a value that is absent or null from all of them.
type cell struct {
	labelled bool
	label    string
	spread   spread
}

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (c *cell) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	switch d.PeekKind() {
	case jsontext.KindString:
		c.labelled = true
		return json.UnmarshalDecode(d, &c.label)
	case jsontext.KindNumber:
		return json.UnmarshalDecode(d, &c.spread.mid)
	default:
		var form spreadForm
		if err := json.UnmarshalDecode(d, &form); err != nil {
			return err
		}
		spread, err := form.spread()
		c.spread = spread
		return err
	}
}

// spreadForm is a distribution as it was submitted, one of the fields.
type spreadForm struct {
	Low        *float64 `json:"low"`
	High       *float64 `json:"high"`
	Normal     *normal  `json:"normal"`
	Triangular *struct {
		Low  float64 `json:"low"`
		Mode float64 `json:"mode"`
		High float64 `json:"high"`
	} `json:"triangular"`
	Uniform *struct {
		Low  float64 `json:"low"`
		High float64 `json:"high"`
	} `json:"uniform"`
}

type normal struct {
	Mean float64 `json:"mean"`
	SD   float64 `json:"sd"`
}

var errForms = errors.New("give low and high, or one of normal, triangular and uniform")

func (f spreadForm) spread() (spread, error) {
	var given []spread
	switch {
	case f.Low != nil && f.High != nil:
		given = append(given, spread{kind: even, low: *f.Low, high: *f.High})
	case f.Low != nil || f.High != nil:
		return spread{}, errForms
	}
	if f.Normal != nil {
		given = append(given, spread{kind: bell, mid: f.Normal.Mean, high: f.Normal.SD})
	}
	if f.Triangular != nil {
		given = append(given, spread{kind: triangle, low: f.Triangular.Low, mid: f.Triangular.Mode, high: f.Triangular.High})
	}
	if f.Uniform != nil {
		given = append(given, spread{kind: even, low: f.Uniform.Low, high: f.Uniform.High})
	}
	if len(given) != 1 {
		return spread{}, errForms
	}
	return given[0], nil
}

// kind of a spread.
type kind uint8

const (
	exact    kind = iota // mid
	even                 // uniform from low to high
	triangle             // from low by the mode mid to high
	bell                 // normal with mean mid and standard deviation high
)

// spread is a value, known exactly or as a distribution.
type spread struct {
	kind           kind
	low, mid, high float64
}

// mean is what stands for the value where one number is needed.
func (s spread) mean() float64 {
	switch s.kind {
	case even:
		return s.low + (s.high-s.low)/2
	case triangle:
		return s.low + (s.mid-s.low+(s.high-s.low))/3
	default:
		return s.mid
	}
}

// valid tells whether the parameters make a distribution.
func (s spread) valid() bool {
	switch s.kind {
	case even:
		return s.low <= s.high
	case triangle:
		return s.low <= s.mid && s.mid <= s.high
	case bell:
		return s.high >= 0
	default:
		return true
	}
}

// numbers are the parameters that are values themselves.
func (s spread) numbers() []float64 {
	switch s.kind {
	case even:
		return []float64{s.low, s.high}
	case triangle:
		return []float64{s.low, s.mid, s.high}
	default:
		return []float64{s.mid}
	}
}

// stream gives random numbers; the same seed and part, the same numbers.
type stream struct {
	source rand.PCG
	spare  float64 // the second of a pair of normal numbers
	paired bool
}

func (s *stream) seed(seed, part uint64) {
	s.source.Seed(number.Stream(seed, part))
	s.paired = false
}

// unit is uniform, above 0 and at most 1.
func (s *stream) unit() float64 { return (float64(s.source.Uint64()>>11) + 0.5) * 0x1p-53 }

// normal has mean 0 and standard deviation 1: the polar method of Marsaglia and
// Bray (SIAM Review 6(3), 1964).
func (s *stream) normal() float64 {
	if s.paired {
		s.paired = false
		return s.spare
	}
	for {
		x, y := float64(2*s.unit())-1, float64(2*s.unit())-1
		square := float64(x*x) + float64(y*y)
		if square > 0 && square < 1 {
			scale := math.Sqrt(-2 * number.Log(square) / square)
			s.spare, s.paired = y*scale, true
			return x * scale
		}
	}
}

// draw takes a number from a distribution.
func (s *stream) draw(d spread) float64 {
	switch d.kind {
	case even:
		return d.low + float64((d.high-d.low)*s.unit())
	case triangle:
		return s.triangular(d)
	case bell:
		return d.mid + float64(d.high*s.normal())
	default:
		return d.mid
	}
}

// triangular inverts the distribution function, a square on either side.
func (s *stream) triangular(d spread) float64 {
	width, u := d.high-d.low, s.unit()
	if width == 0 {
		return d.low
	}
	if left := d.mid - d.low; u*width < left {
		return d.low + math.Sqrt(float64(u*width)*left)
	}
	return d.high - math.Sqrt(float64((1-u)*width)*(d.high-d.mid))
}
