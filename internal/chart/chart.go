// Package chart draws small charts as SVG, for the artifacts of results. The same
// values give the same bytes on every machine: coordinates have one decimal, and
// nothing depends on fonts, time or order of maps.
//
// A drawing has a title and a description for those who do not see it, takes its
// colours from the reader's light or dark scheme, runs no script and loads nothing.
// Texts are escaped and cut; what is more than a chart can hold is left out and
// counted in a note, so that a drawing stays below [MaxBytes]. Values that are no
// finite numbers are left out.
package chart

// MaxBytes is the most that a drawing has.
const MaxBytes = 256 << 10

// What a chart shows of what it is given, at most.
const (
	maxRows   = 40
	maxSeries = 8
	maxPoints = 400 // of one line
	maxParts  = 8   // of a stacked row; those beyond are drawn as one
	maxMarks  = 8
	maxBins   = 50
)

// The sizes of a drawing in pixels.
const (
	pageWidth = 720.0
	gutter    = 200.0 // for labels of rows
	edge      = 24.0
	rowStep   = 26.0
	head      = 56.0 // title and the line below it
	foot      = 56.0 // ticks and the name of the axis
)

// Caption is what every chart has.
type Caption struct {
	// Title stands above the chart; Text says in a sentence or two what it shows,
	// for those who do not see it.
	Title, Text string
}

// Bar is a value with an interval in which it lies.
type Bar struct {
	Label string
	Value float64
	// Low and High are the ends of the interval; none is drawn unless Interval.
	Low, High float64
	Interval  bool
}

// Bars compares values, one row each.
type Bars struct {
	Caption
	// Axis names the values.
	Axis string
	// Dots draws marks instead of bars: for values without a natural zero.
	Dots bool
	Rows []Bar
}

// Point is a place in a chart of lines.
type Point struct{ X, Y float64 }

// Line is a named row of points, drawn in their order.
type Line struct {
	Label  string
	Points []Point
}

// Mark is a place on the x axis that a chart of lines points out.
type Mark struct {
	Label string
	X     float64
}

// Lines shows how values change.
type Lines struct {
	Caption
	XAxis, YAxis string
	Lines        []Line
	Marks        []Mark
}

// Stack is a whole in parts.
type Stack struct {
	Label  string
	Shares []float64 // 0 or above; they are divided by their sum
}

// Shares shows of what parts each of several wholes consists. Parts are in an
// order, such as ranks: the first is the strongest colour.
type Shares struct {
	Caption
	// Axis names the whole, Parts the shares of every row.
	Axis  string
	Parts []string
	Rows  []Stack
}

// Bin is what was predicted, on average, for Count things, and how often it came.
type Bin struct {
	Predicted, Observed float64 // 0 to 1
	Count               int64
}

// Calibration compares predicted with observed frequencies: the nearer to the
// diagonal, the better. The larger a mark, the more there is behind it.
type Calibration struct {
	Caption
	Bins []Bin
}
