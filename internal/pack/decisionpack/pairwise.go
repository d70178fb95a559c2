package decisionpack

import (
	"math"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/number"
)

// Bounds of pairwise judgements.
const (
	maxJudged   = 50     // things compared with each other
	maxRatios   = 20_000 // of all matrices
	widestRatio = 100    // of a judgement, and its reciprocal
	reciprocity = 0.05   // how far a pair of entries may be from reciprocal: 0.33 and 3 are
	unjudged    = 0      // a comparison that was not made
)

// judgements are ratios between things: a whole matrix or a list.
type judgements struct {
	matrix [][]float64
	list   []comparison
}

// comparison says that a is ratio times b.
type comparison struct {
	A     string  `json:"a"`
	B     string  `json:"b"`
	Ratio float64 `json:"ratio"`
}

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (j *judgements) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	raw, err := d.ReadValue()
	if err != nil {
		return err
	}
	var rows []jsontext.Value
	if err := json.Unmarshal(raw, &rows); err != nil {
		return err
	}
	if len(rows) > 0 && rows[0].Kind() == jsontext.KindBeginArray {
		return json.Unmarshal(raw, &j.matrix)
	}
	return json.Unmarshal(raw, &j.list, json.RejectUnknownMembers(true))
}

// table makes a matrix of the judgements about named things, with unjudged where
// there is none.
func (j judgements) table(at string, names []string, found *findings) [][]float64 {
	if len(names) > maxJudged {
		found.add(at, "too_many", "At most "+strconv.Itoa(maxJudged)+" things can be compared with each other.")
		return nil
	}
	if j.matrix != nil {
		return j.square(at, len(names), found)
	}
	m := make([][]float64, len(names))
	index := make(map[string]int, len(names))
	for i, name := range names {
		m[i] = make([]float64, len(names))
		m[i][i] = 1
		index[name] = i
	}
	for k, c := range j.list {
		here := at + "/" + strconv.Itoa(k)
		a, knownA := index[c.A]
		b, knownB := index[c.B]
		switch {
		case !knownA:
			found.add(here+"/a", "unknown", "This is not the name of one of the things that are compared.")
		case !knownB:
			found.add(here+"/b", "unknown", "This is not the name of one of the things that are compared.")
		case a == b:
			found.add(here, "conflict", "A thing cannot be compared with itself.")
		case m[a][b] != unjudged && m[a][b] != c.Ratio:
			found.add(here, "duplicate", "These two are compared already, otherwise.")
		case checkRatio(here+"/ratio", c.Ratio, found):
			m[a][b], m[b][a] = c.Ratio, 1/c.Ratio
		}
	}
	return m
}

func checkRatio(at string, ratio float64, found *findings) bool {
	if ratio >= 1./widestRatio && ratio <= widestRatio {
		return true
	}
	found.add(at, "out_of_range", "A ratio is from 1/"+strconv.Itoa(widestRatio)+" to "+strconv.Itoa(widestRatio)+".")
	return false
}

// square checks a whole matrix.
func (j judgements) square(at string, n int, found *findings) [][]float64 {
	if len(j.matrix) != n {
		found.add(at, "size", "The matrix needs one row for each of the things, in their order.")
		return nil
	}
	for i, row := range j.matrix {
		if len(row) != n {
			found.add(at+"/"+strconv.Itoa(i), "size", "The row needs one ratio for each of the things, in their order.")
			return nil
		}
	}
	for i, row := range j.matrix {
		for k, ratio := range row {
			here := at + "/" + strconv.Itoa(i) + "/" + strconv.Itoa(k)
			if checkRatio(here, ratio, found) && math.Abs(float64(ratio*j.matrix[k][i])-1) > reciprocity && k >= i {
				found.add(here, "not_reciprocal", "The ratio and the one the other way must be reciprocals; on the diagonal it is 1.")
			}
		}
	}
	return j.matrix
}

// priorities are what judgements say, and how consistent they are.
type priorities struct {
	weights     []float64
	consistency consistency
}

// consistency of judgements about n things (Saaty, The Analytic Hierarchy Process,
// 1980): how far the principal eigenvalue is above n.
type consistency struct {
	Of          string  `json:"of"`
	LambdaMax   float64 `json:"lambda_max"`
	Index       float64 `json:"index"`
	RandomIndex float64 `json:"random_index"`
	Ratio       float64 `json:"ratio"`
	Missing     int     `json:"missing"`
}

// weigh finds the priorities of a matrix with one component; what is missing is
// chosen so that the judgements are as consistent as can be.
func weigh(m [][]float64, byMean bool) priorities {
	missing := 0
	for i, row := range m {
		for k := range row[:i] {
			if m[i][k] == unjudged {
				missing++
			}
		}
	}
	if missing > 0 {
		m = complete(m)
	}
	vector := principal(m)
	n := float64(len(m))
	c := consistency{LambdaMax: eigenvalue(m, vector), Missing: missing}
	if len(m) > 2 {
		c.Index = max((c.LambdaMax-n)/(n-1), 0)
		c.RandomIndex = randomIndex(len(m))
		c.Ratio = c.Index / c.RandomIndex
	}
	if byMean {
		vector = geometric(m)
	}
	return priorities{weights: vector, consistency: c}
}

// randomIndex is the mean index of random judgements about n things: that of Saaty
// (Theory and Applications of the Analytic Network Process, 2005), and above 15 the
// line of Alonso and Lamata (2006).
func randomIndex(n int) float64 {
	table := [...]float64{0, 0, 0, .52, .89, 1.11, 1.25, 1.35, 1.40, 1.45, 1.49, 1.52, 1.54, 1.56, 1.58, 1.59}
	if n < len(table) {
		return table[n]
	}
	return (float64(1.7699*float64(n)) - 4.3513) / float64(n-1)
}

// principal is the eigenvector of the largest eigenvalue, which sums to 1. The
// matrix is squared until its columns are alike: that does not take the longer the
// less consistent the judgements are.
func principal(m [][]float64) []float64 {
	n := len(m)
	power, next := make([][]float64, n), make([][]float64, n)
	for i := range m {
		power[i], next[i] = append([]float64(nil), m[i]...), make([]float64, n)
	}
	vector := rowSums(power)
	for range 40 {
		multiply(next, power, power)
		power, next = next, power
		after := rowSums(power)
		moved := 0.0
		for i, x := range after {
			moved = max(moved, math.Abs(x-vector[i]))
		}
		if vector = after; moved < 1e-15 {
			break
		}
	}
	return follow(m, vector) // takes away what the squares have rounded
}

// multiply writes a·b, divided by its largest entry.
func multiply(dst, a, b [][]float64) {
	var most float64
	for i, row := range a {
		clear(dst[i])
		for k, x := range row {
			accumulate(dst[i], b[k], x)
		}
		for _, x := range dst[i] {
			most = max(most, x)
		}
	}
	for i := range dst {
		divide(dst[i], most)
	}
}

// rowSums is m·1, divided by its sum.
func rowSums(m [][]float64) []float64 {
	out := make([]float64, len(m))
	for i, row := range m {
		out[i] = sum(row)
	}
	divide(out, sum(out))
	return out
}

// apply is m·x.
func apply(m [][]float64, x []float64) []float64 {
	out := make([]float64, len(m))
	for i, row := range m {
		for k, ratio := range row {
			out[i] += float64(ratio * x[k])
		}
	}
	return out
}

// eigenvalue of an eigenvector, the mean over its components.
func eigenvalue(m [][]float64, vector []float64) float64 {
	var total float64
	for i, x := range apply(m, vector) {
		total += x / vector[i]
	}
	return total / float64(len(m))
}

// geometric are the priorities by the geometric means of the rows (Crawford and
// Williams, 1985).
func geometric(m [][]float64) []float64 {
	out := make([]float64, len(m))
	for i, row := range m {
		out[i] = geometricMean(row)
	}
	divide(out, sum(out))
	return out
}

// complete fills in what is missing so that the principal eigenvalue is least
// (Bozóki, Fülöp and Rónyai, Mathematical and Computer Modelling 52, 2010). Where it
// is, a missing ratio is the root of r(i)/r(k) · l(k)/l(i) with r and l the right and
// left eigenvectors; that is repeated until nothing moves, from the ratios of the
// least squares of logarithms on, which are right where nothing contradicts.
func complete(m [][]float64) [][]float64 {
	full, logs := make([][]float64, len(m)), leastSquares(m)
	for i, row := range m {
		full[i] = append([]float64(nil), row...)
		for k, ratio := range row {
			if ratio == unjudged {
				full[i][k] = number.Exp(logs[i] - logs[k])
			}
		}
	}
	right, left := principal(full), principal(transposed(full))
	for range 200 {
		moved := 0.0
		for i, row := range m {
			for k := range row[:i] {
				if row[k] == unjudged {
					ratio := math.Sqrt(right[i] / right[k] * (left[k] / left[i]))
					moved = max(moved, math.Abs(ratio/full[i][k]-1))
					full[i][k], full[k][i] = ratio, 1/ratio
				}
			}
		}
		if moved < 1e-13 {
			break
		}
		right, left = follow(full, right), follow(transposed(full), left)
	}
	return full
}

// follow moves an eigenvector after a matrix that has changed a little.
func follow(m [][]float64, vector []float64) []float64 {
	for range 6 {
		vector = apply(m, vector)
		divide(vector, sum(vector))
	}
	return vector
}

// leastSquares are the logarithms of priorities whose differences are nearest to
// those of the known ratios. The equations are those of the graph of judgements with
// the first thing at 0, so elimination needs no pivots.
func leastSquares(m [][]float64) []float64 {
	n := len(m)
	rows := make([][]float64, n) // the last column is the right side
	for i := range rows {
		rows[i] = make([]float64, n+1)
		for k, ratio := range m[i] {
			if k != i && ratio != unjudged {
				rows[i][i]++
				rows[i][k]--
				rows[i][n] += number.Log(ratio)
			}
		}
	}
	for p := n - 1; p > 0; p-- {
		for i := range p {
			if factor := rows[i][p] / rows[p][p]; factor != 0 {
				accumulate(rows[i], rows[p], -factor)
			}
		}
	}
	logs := make([]float64, n)
	for i := 1; i < n; i++ {
		rest := rows[i][n]
		for k := range i {
			rest -= float64(rows[i][k] * logs[k])
		}
		logs[i] = rest / rows[i][i]
	}
	return logs
}

func transposed(m [][]float64) [][]float64 {
	t := make([][]float64, len(m))
	for i := range m {
		t[i] = make([]float64, len(m))
		for k := range m {
			t[i][k] = m[k][i]
		}
	}
	return t
}

// connected tells whether every two things are compared, if by others.
func connected(m [][]float64) bool {
	reached := make([]bool, len(m))
	next := []int{0}
	reached[0] = true
	count := 1
	for len(next) > 0 {
		i := next[len(next)-1]
		next = next[:len(next)-1]
		for k, ratio := range m[i] {
			if ratio != unjudged && !reached[k] {
				reached[k] = true
				count++
				next = append(next, k)
			}
		}
	}
	return count == len(m)
}

// priorities turns judgements about named things into priorities; nil where they cannot
// be used.
func (j judgements) priorities(at string, names []string, byMean bool, found *findings) *priorities {
	before := found.count
	m := j.table(at, names, found)
	if found.count > before || m == nil {
		return nil
	}
	if !connected(m) {
		found.add(at, "incomplete", "Some things are compared neither with the others nor with what those are compared with.")
		return nil
	}
	p := weigh(m, byMean)
	for _, w := range p.weights {
		if !(w >= leastMagnitude) {
			found.add(at, "out_of_range", "The ratios are so large that a priority is nearly 0.")
			return nil
		}
	}
	return &p
}
