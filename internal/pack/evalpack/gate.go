package evalpack

import "dpp/internal/number"

// verdict is an assertion with what came out.
type verdict struct {
	assertion
	Actual *float64 `json:"actual,omitzero"` // absent where there is no such value
	Passed bool     `json:"passed"`
	Reason string   `json:"reason,omitzero"` // why there is no value
}

// Why a run has not passed.
const (
	notAssertion = "ASSERTION_FAILED"
	notRows      = "TOO_MANY_ROWS_FAILED"
	notStopped   = "STOPPED_EARLY"
)

// Why an assertion has no value to be about.
const (
	noGroup    = "NO_SUCH_GROUP"
	noBaseline = "NO_BASELINE"
	noValue    = "NO_VALUE"
)

// judge decides an assertion: one without a value has not passed.
func (a assertion) judge(results []*result) verdict {
	v := verdict{assertion: a}
	if v.On == "" {
		v.On = onValue
	}
	v.Value = number.Round(a.Value)
	v.Actual, v.Reason = v.actual(results)
	v.Passed = v.Actual != nil && holds(*v.Actual, a.Op, v.Value)
	return v
}

func holds(x float64, op string, y float64) bool {
	switch op {
	case "<":
		return x < y
	case "<=":
		return x <= y
	case ">":
		return x > y
	case ">=":
		return x >= y
	case "==":
		return x == y
	default:
		return x != y
	}
}

func (v *verdict) actual(results []*result) (*float64, string) {
	var found *result
	for _, m := range results {
		if m.Label == v.Metric {
			found = m
		}
	}
	if found == nil { // the plan has refused that
		return nil, noValue
	}
	if v.compares() {
		return found.Comparison.part(v.On)
	}
	value, ci, n := found.Value, found.CI95, found.N
	if v.Group != "" {
		group := found.group(v.Group)
		if group == nil {
			return nil, noGroup
		}
		value, ci, n = group.Value, group.CI95, group.N
	}
	return part(v.On, value, ci, n)
}

func (m *result) group(name string) *groupResult {
	for i := range m.Groups {
		if m.Groups[i].Group == name {
			return &m.Groups[i]
		}
	}
	return nil
}

func part(on string, value *float64, ci *pair, n int) (*float64, string) {
	switch {
	case on == onN:
		return shown(float64(n), true), ""
	case on == onValue && value != nil:
		return value, ""
	case on == onLow && ci != nil:
		return &ci[0], ""
	case on == onHigh && ci != nil:
		return &ci[1], ""
	default:
		return nil, noValue
	}
}

func (c *comparison) part(on string) (*float64, string) {
	switch {
	case c == nil:
		return nil, noBaseline
	case on == onDifference && c.Difference != nil:
		return c.Difference, ""
	case on == onDifferenceLow && c.CI95 != nil:
		return &c.CI95[0], ""
	case on == onDifferenceHigh && c.CI95 != nil:
		return &c.CI95[1], ""
	case on == onP && c.P != nil:
		return c.P, ""
	default:
		return nil, noValue
	}
}

// gate decides whether the run has passed, and why not.
func (d *data) gate(stopped bool) {
	d.NotPassed = []string{}
	for _, v := range d.Assertions {
		if !v.Passed {
			d.NotPassed = append(d.NotPassed, notAssertion)
			break
		}
	}
	if d.Rows.FailedFraction > d.Rows.MaxFailed {
		d.NotPassed = append(d.NotPassed, notRows)
	}
	if stopped {
		d.NotPassed = append(d.NotPassed, notStopped)
	}
	d.Passed = len(d.NotPassed) == 0
}
