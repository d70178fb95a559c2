package metric

import "math"

// confusion counts, of the rows of a sample, how often each label was right, predicted,
// and both.
type confusion struct {
	right, predicted, both []float64
	rows                   float64
}

// newConfusion reads rows of two labels: the one predicted and the right one.
func newConfusion(s Sample, labels int) *confusion {
	c := &confusion{right: make([]float64, labels), predicted: make([]float64, labels), both: make([]float64, labels)}
	for row, times := range s.all() {
		p, r, n := int(row[0]), int(row[1]), float64(times)
		c.predicted[p] += n
		c.right[r] += n
		if p == r {
			c.both[p] += n
		}
		c.rows += n
	}
	return c
}

func (c *confusion) agreed() float64 { return total(c.both) }

// there tells whether a label occurs in the sample.
func (c *confusion) there(id int) bool { return c.right[id]+c.predicted[id] > 0 }

func total(counts []float64) float64 {
	sum := 0.0
	for _, n := range counts { // whole numbers: the order does not matter
		sum += n
	}
	return sum
}

// dot is the sum of products of counts, whole numbers below 2^53.
func dot(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i] * b[i])
	}
	return sum
}

// accuracy is the share of rows whose label is right.
func (c *confusion) accuracy() (float64, bool) {
	if c.rows == 0 {
		return 0, false
	}
	return c.agreed() / c.rows, true
}

// balanced is the mean recall of the labels that are right in any row (Brodersen et al.,
// The balanced accuracy and its posterior distribution, 2010).
func (c *confusion) balanced() (float64, bool) {
	sum, n := 0.0, 0.0
	for id, rows := range c.right {
		if rows > 0 {
			sum += c.both[id] / rows
			n++
		}
	}
	return share(sum, n, 0), n > 0
}

// correlation is the coefficient of Matthews in the form for several classes (Gorodkin,
// Comparing two K-category assignments by a K-category correlation coefficient, 2004); 0
// where either side has one label only, as scikit-learn has it.
func (c *confusion) correlation() (float64, bool) {
	if c.rows == 0 {
		return 0, false
	}
	both := float64(c.agreed()*c.rows) - dot(c.right, c.predicted)
	right := float64(c.rows*c.rows) - dot(c.right, c.right)
	predicted := float64(c.rows*c.rows) - dot(c.predicted, c.predicted)
	if right == 0 || predicted == 0 {
		return 0, true
	}
	return max(-1, min(1, both/math.Sqrt(right)/math.Sqrt(predicted))), true
}

// precisionOf, recallOf and fOf are those of one label, or what stands for a share of none.
func (c *confusion) precisionOf(id int, undefined float64) float64 {
	return share(c.both[id], c.predicted[id], undefined)
}

func (c *confusion) recallOf(id int, undefined float64) float64 {
	return share(c.both[id], c.right[id], undefined)
}

func (c *confusion) fOf(id int, undefined float64) float64 {
	return share(2*c.both[id], c.predicted[id]+c.right[id], undefined)
}
