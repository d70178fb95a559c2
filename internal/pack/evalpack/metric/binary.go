package metric

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

var errNotBinary = &RowError{Code: "NOT_BINARY", Detail: "The reference is neither 0 or 1 nor false or true; the parameter positive names the label that counts."}

// binary reads the one reference of a row as 1 for the positive label and 0 for another.
type binary struct {
	// positive is the label that counts; empty: 1 or true, of which the others are 0, -1
	// and false.
	positive string
	given    bool
}

func newBinary(positive jsontext.Value) (binary, error) {
	if len(positive) == 0 {
		return binary{}, nil
	}
	name, err := label(positive)
	if err != nil {
		return binary{}, &ParamError{Pointer: "/positive", Code: "invalid", Message: "A label is a text of 256 bytes at most, a number or a boolean."}
	}
	return binary{positive: name, given: true}, nil
}

func (b binary) read(row Row) (float64, error) {
	reference, err := only(row)
	if err != nil {
		return 0, err
	}
	name, err := label(reference)
	if err != nil {
		return 0, err
	}
	switch {
	case b.given:
		return zeroOne(name == b.positive), nil
	case name == "1" || name == "true":
		return 1, nil
	case name == "0" || name == "-1" || name == "false":
		return 0, nil
	default:
		return 0, errNotBinary
	}
}

func (b binary) String() string {
	if b.given {
		return digest(b.positive)
	}
	return "1"
}

// ranked is a metric of how scores order positive and negative rows. Of a row it keeps the
// score and whether it is positive.
type ranked struct {
	info   Info
	binary binary
	order  sharedOrder
	value  func(groups []group) (float64, bool)
}

// group are the rows of a sample with one score.
type group struct{ positive, negative float64 }

func newRanked(name string, value func([]group) (float64, bool)) builder {
	return func(params jsontext.Value) (Metric, error) {
		var p struct {
			Positive jsontext.Value `json:"positive"`
		}
		if err := decode(params, &p); err != nil {
			return nil, err
		}
		b, err := newBinary(p.Positive)
		if err != nil {
			return nil, err
		}
		return &ranked{info: fraction(name, name+"|positive:"+b.String()+"|version:"+version), binary: b, value: value}, nil
	}
}

func (r *ranked) Info() Info { return r.info }

func (r *ranked) Width() int { return 2 }

func (r *ranked) Observe(_ context.Context, row Row, into []float64) error {
	score, err := finite(row.Prediction)
	if err != nil {
		return err
	}
	into[0] = score
	into[1], err = r.binary.read(row)
	return err
}

func (r *ranked) Value(s Sample) (float64, bool) { return r.value(r.groups(s)) }

// groups are the rows of a sample by score, the highest first.
func (r *ranked) groups(s Sample) []group {
	var groups []group
	last := 0.0
	for _, i := range r.order.of(s) {
		times := float64(s.times(int(i)))
		if times == 0 {
			continue
		}
		row := s.row(int(i))
		if len(groups) == 0 || row[0] != last {
			groups = append(groups, group{})
			last = row[0]
		}
		at := &groups[len(groups)-1]
		if row[1] == 1 {
			at.positive += times
		} else {
			at.negative += times
		}
	}
	return groups
}

// sharedOrder remembers in which order the first numbers of rows fall, so that the draws of
// a bootstrap, which are samples of the same rows, are sorted once. What it remembers is
// looked at before it is used: an order in which numbers do not rise is right, whosever it
// was.
type sharedOrder struct {
	mu   sync.Mutex
	rows []int32
}

func (o *sharedOrder) of(s Sample) []int32 {
	o.mu.Lock()
	rows := o.rows
	o.mu.Unlock()
	if falls(s, rows) {
		return rows
	}
	rows = make([]int32, len(s.Data)/s.Width)
	for i := range rows {
		rows[i] = int32(i)
	}
	slices.SortFunc(rows, func(a, b int32) int {
		return cmp.Or(cmp.Compare(s.row(int(b))[0], s.row(int(a))[0]), cmp.Compare(a, b))
	})
	o.mu.Lock()
	o.rows = rows
	o.mu.Unlock()
	return rows
}

func falls(s Sample, rows []int32) bool {
	if len(rows) != len(s.Data)/s.Width {
		return false
	}
	for i := 1; i < len(rows); i++ {
		if s.Data[int(rows[i])*s.Width] > s.Data[int(rows[i-1])*s.Width] {
			return false
		}
	}
	return true
}

// areaUnderROC is the share of pairs of a positive and a negative row in which the positive
// one scores higher; a tie is half a pair (Hanley and McNeil, The meaning and use of the area
// under a receiver operating characteristic curve, 1982). There is none without both.
func areaUnderROC(groups []group) (float64, bool) {
	above, pairs, positive, negative := 0.0, 0.0, 0.0, 0.0
	for _, g := range groups {
		pairs += float64(above*g.negative) + float64(g.positive*g.negative)/2
		above += g.positive
		positive += g.positive
		negative += g.negative
	}
	if positive == 0 || negative == 0 {
		return 0, false
	}
	return pairs / (positive * negative), true
}

// averagePrecision is the sum over thresholds of precision times the rise of recall, as
// scikit-learn has it, without interpolation; rows with one score share a threshold. There
// is none without a positive row.
func averagePrecision(groups []group) (float64, bool) {
	sum, positive, all := 0.0, 0.0, 0.0
	for _, g := range groups {
		positive += g.positive
		all += g.positive + g.negative
		sum += float64(g.positive * (positive / all))
	}
	if positive == 0 {
		return 0, false
	}
	return min(1, sum/positive), true
}
