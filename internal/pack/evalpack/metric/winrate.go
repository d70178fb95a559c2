package metric

import (
	"context"

	"github.com/go-json-experiment/json/jsontext"
)

var errNoSystem = &RowError{Code: "NO_SYSTEM", Detail: "A comparison of two systems needs the parameter system, which says whose wins count."}

// winRate is the share of comparisons that a system wins. Of a row it keeps the points and
// whether the row counts.
type winRate struct {
	system  string
	ties    string
	systems systems
}

func newWinRate(params jsontext.Value) (Metric, error) {
	p := struct {
		System jsontext.Value `json:"system"`
		Ties   string         `json:"ties"`
	}{Ties: "half"}
	if err := decode(params, &p); err != nil {
		return nil, err
	}
	system, err := systemParam(p.System)
	return &winRate{system: system, ties: p.Ties}, err
}

func (w *winRate) Info() Info {
	return fraction("win_rate", "win_rate|ties:"+w.ties+"|of:"+w.of()+"|version:"+version)
}

func (w *winRate) of() string {
	if w.system == "" {
		return "row"
	}
	return digest(w.system)
}

func (w *winRate) Width() int { return 2 }

func (w *winRate) Observe(_ context.Context, row Row, into []float64) error {
	points, counts, err := w.points(row.Prediction)
	if err != nil {
		return err
	}
	if points == 0.5 {
		switch w.ties {
		case "ignore":
			counts = false
		case "loss":
			points = 0
		}
	}
	into[0], into[1] = 0, zeroOne(counts)
	if counts {
		into[0] = points
	}
	return nil
}

// points are those of the system; comparisons of others do not count.
func (w *winRate) points(v jsontext.Value) (points float64, counts bool, err error) {
	if outcome, err := text(v); err == nil {
		points, ok := map[string]float64{"win": 1, "tie": 0.5, "loss": 0}[outcome]
		if !ok {
			return 0, false, errNotGame
		}
		return points, true, nil
	}
	g, err := w.systems.read(v)
	if err != nil {
		return 0, false, err
	}
	if w.system == "" {
		return 0, false, errNoSystem
	}
	switch w.system {
	case w.systems.labels.names[g.a]:
		return g.points, true, nil
	case w.systems.labels.names[g.b]:
		return 1 - g.points, true, nil
	default:
		return 0, false, nil
	}
}

func (w *winRate) Value(s Sample) (float64, bool) { return w.FromSum(sums(s)) }

// FromSum divides points by the comparisons that count.
func (w *winRate) FromSum(sum []float64, _ int) (float64, bool) {
	return share(sum[0], sum[1], 0), sum[1] > 0
}

// RowValue are the points of a comparison that counts.
func (w *winRate) RowValue(observed []float64) (float64, bool) { return observed[0], observed[1] > 0 }
