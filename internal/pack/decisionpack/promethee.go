package decisionpack

import "dpp/internal/number"

// shape is how a difference of values becomes a preference between 0 and 1 (Brans
// and Vincke, Management Science 31(6), 1985).
type shape string

const (
	usual    shape = "usual"    // 1 above 0
	ushape   shape = "u_shape"  // 1 above q
	vshape   shape = "v_shape"  // d/p up to p
	level    shape = "level"    // 0.5 above q, 1 above p
	linear   shape = "linear"   // from 0 at q to 1 at p
	gaussian shape = "gaussian" // 1 - e^(-d²/2s²)
)

// preference is the function of one criterion, on differences of its values. The
// zero value is usual.
type preference struct {
	Function shape   `json:"function"`
	Q        float64 `json:"q"`
	P        float64 `json:"p"`
	S        float64 `json:"s"`
}

// of is the preference for a difference d.
func (f preference) of(d float64) float64 {
	if !(d > 0) {
		return 0
	}
	if f.Function == gaussian {
		return 1 - number.Exp(-float64(d*d)/float64(2*float64(f.S*f.S)))
	}
	zero, one, between := f.limits()
	switch {
	case d > one:
		return 1
	case d <= zero:
		return 0
	case between == halfway:
		return 0.5
	default:
		return (d - zero) / (one - zero)
	}
}

// What a preference is between the limits of its function.
const (
	nowhere = iota // there is nothing between
	halfway
	rising
)

// limits of a function that is no gaussian: up to zero it is 0, above one it is 1.
func (f preference) limits() (zero, one float64, between int) {
	switch f.Function {
	case ushape:
		return f.Q, f.Q, nowhere
	case vshape:
		return 0, f.P, rising
	case level:
		return f.Q, f.P, halfway
	case linear:
		return f.Q, f.P, rising
	default:
		return 0, 0, nowhere
	}
}

// pairwiseUpTo is how many alternatives are compared each with each: that is exact
// to the last bits. Above, what can be is counted in sorted order.
const pairwiseUpTo = 24

// space is what a rule works in. Orders are kept from one draw to the next: one that
// was right a draw ago is nearly right again.
type space struct {
	turned []float64 // reciprocals of a column
	orders [][]int   // by criterion, from the worst to the best
	x      []float64 // values in such an order
	middle float64   // of their range; sums that are reckoned from it are small
	sums   []float64 // of the first of x
}

func newSpace(criteria, alternatives int) *space {
	s := &space{turned: make([]float64, alternatives), x: make([]float64, alternatives), sums: make([]float64, alternatives+1)}
	for range criteria {
		s.orders = append(s.orders, upTo(alternatives))
	}
	return s
}

// flows writes the net and the negative flow by criterion j: the mean preference
// over the others less that of the others, and the latter.
func (r rule) flows(net, negative, values []float64, j int, minimise bool) {
	f, n := r.preference(j), len(values)
	if n < 2 {
		clear(net)
		clear(negative)
		return
	}
	sign := 1.0
	if minimise {
		sign = -1
	}
	if f.Function == gaussian || n <= pairwiseUpTo {
		f.compare(net, negative, values, sign)
	} else {
		f.sweep(net, negative, values, sign, r.space, r.space.orders[j])
	}
	others := float64(n - 1)
	for i := range net {
		negative[i] /= others
		net[i] = net[i]/others - negative[i]
	}
}

// compare sums the preferences of each over each.
func (f preference) compare(positive, negative, values []float64, sign float64) {
	clear(positive)
	clear(negative)
	for i, x := range values {
		for k := range i {
			d := sign * (x - values[k])
			if d > 0 {
				above := f.of(d)
				positive[i] += above
				negative[k] += above
			} else if d < 0 {
				above := f.of(-d)
				positive[k] += above
				negative[i] += above
			}
		}
	}
}

// sweep sums the same in sorted order: the alternatives below one by more than a
// limit are the first of the order, and their number, and the sum of their values,
// only grow from one to the next.
func (f preference) sweep(positive, negative, values []float64, sign float64, s *space, order []int) {
	for k, i := range order {
		s.x[k] = sign * values[i]
	}
	sortFrom(s.x, order)
	zero, one, between := f.limits()
	if between == rising {
		least := s.x[0]
		s.middle = least + (s.x[len(s.x)-1]-least)/2
		for k, x := range s.x {
			s.sums[k+1] = s.sums[k] + (x - s.middle)
		}
	}
	s.below(positive, order, zero, one, between)
	s.above(negative, order, zero, one, between)
}

// sortFrom sorts an order and its values by insertion, which is quick where little
// is out of place. Equal values may stand in any order: they have the same flows.
func sortFrom(x []float64, order []int) {
	for k := 1; k < len(x); k++ {
		moving, who, at := x[k], order[k], k
		for at > 0 && x[at-1] > moving {
			x[at], order[at] = x[at-1], order[at-1]
			at--
		}
		x[at], order[at] = moving, who
	}
}

// below sums, for each alternative, its preferences over those below it.
func (s *space) below(positive []float64, order []int, zero, one float64, between int) {
	var full, some int // the first full are beaten by more than one, the first some by more than zero
	for k, i := range order {
		for s.x[k]-s.x[full] > one {
			full++
		}
		positive[i] = float64(full)
		if between == nowhere {
			continue
		}
		for s.x[k]-s.x[some] > zero {
			some++
		}
		if some > full {
			partial := float64(some - full)
			positive[i] += partly(float64(partial*(s.x[k]-s.middle-zero))-(s.sums[some]-s.sums[full]), partial, one-zero, between)
		}
	}
}

// above sums, for each alternative, the preferences of those above it over it.
func (s *space) above(negative []float64, order []int, zero, one float64, between int) {
	n := len(order)
	full, some := n, n // those from full on are ahead by more than one, from some on by more than zero
	for k := n - 1; k >= 0; k-- {
		i := order[k]
		for s.x[full-1]-s.x[k] > one {
			full--
		}
		negative[i] = float64(n - full)
		if between == nowhere {
			continue
		}
		for s.x[some-1]-s.x[k] > zero {
			some--
		}
		if full > some {
			partial := float64(full - some)
			negative[i] += partly(s.sums[full]-s.sums[some]-float64(partial*(s.x[k]-s.middle+zero)), partial, one-zero, between)
		}
	}
}

// partly is what so many alternatives between the limits add, which are so much
// above zero together; never more than one each.
func partly(excess, partial, width float64, between int) float64 {
	if between == halfway {
		return partial / 2
	}
	return min(max(excess/width, 0), partial)
}

// flowOf is what PROMETHEE says of one alternative.
type flowOf struct {
	Name     string  `json:"name"`
	Positive float64 `json:"phi_plus"`
	Negative float64 `json:"phi_minus"`
	Net      float64 `json:"phi"`
}

func flowsOf(p *problem, s *standing) []flowOf {
	lines := make([]flowOf, 0, len(s.order))
	for _, i := range s.order {
		lines = append(lines, flowOf{
			Name: p.names[i], Positive: round(s.score[i] + s.up[i]), Negative: round(s.up[i]), Net: round(s.score[i]),
		})
	}
	return lines
}
