package chart

import (
	"math"
	"strconv"
	"strings"
)

// largest is up to which magnitude values are told apart.
const largest = 1e300

// scale maps values to places on the canvas, with ticks at round numbers.
type scale struct {
	low, high float64 // values at the ends
	from, to  float64 // places of the ends
	step      float64 // between ticks
	places    int     // decimals that the step needs
}

// newScale spans values between two places with about so many ticks.
func newScale(low, high, from, to float64, ticks int) scale {
	low, high = max(low, -largest), min(high, largest)
	if room := 1e-9 * max(math.Abs(low), math.Abs(high)); !(high-low > room) {
		low, high = low-max(room, 0.5), high+max(room, 0.5)
	}
	s := scale{low: low, high: high, from: from, to: to}
	s.step, s.places = niceStep((high - low) / float64(ticks))
	return s
}

// niceStep is the least of 1, 2 or 5 times a power of ten that is not below a step,
// with the decimals that it needs.
func niceStep(least float64) (step float64, places int) {
	digits, power, _ := strings.Cut(strconv.FormatFloat(least, 'e', 3, 64), "e")
	mantissa, _ := strconv.ParseFloat(digits, 64) // both were just printed
	exponent, _ := strconv.Atoi(power)
	first := "1"
	switch {
	case mantissa > 5:
		exponent++
	case mantissa > 2:
		first = "5"
	case mantissa > 1:
		first = "2"
	}
	step, _ = strconv.ParseFloat(first+"e"+strconv.Itoa(exponent), 64)
	return step, max(0, -exponent)
}

// at is the place of a value.
func (s scale) at(x float64) float64 {
	share := (min(max(x, s.low), s.high) - s.low) / (s.high - s.low)
	return s.from + float64(share*(s.to-s.from))
}

// ticks are the round values on the scale.
func (s scale) ticks() []float64 {
	var values []float64
	first, last := math.Ceil(s.low/s.step), math.Floor(s.high/s.step)
	for k := 0.0; first+k <= last && k < 30; k++ {
		values = append(values, float64((first+k)*s.step))
	}
	return values
}

// label prints a tick in as many digits as it needs.
func (s scale) label(x float64) string {
	if magnitude := max(math.Abs(s.low), math.Abs(s.high)); magnitude >= 1e7 || s.places > 6 {
		return strconv.FormatFloat(x, 'g', 4, 64)
	}
	text := strconv.FormatFloat(x, 'f', s.places, 64)
	if strings.Trim(text, "-0.") == "" {
		return "0"
	}
	return text
}

// span is the range of the finite values; 0 to 0 where there are none.
func span(values []float64) (low, high float64) {
	ok := false
	for _, x := range values {
		switch {
		case !finite(x): // left out
		case !ok:
			low, high, ok = x, x, true
		default:
			low, high = min(low, x), max(high, x)
		}
	}
	return low, high
}

// bottom draws the ticks of a horizontal scale below an area, and names it.
func (c *canvas) bottom(s scale, top, base float64, axis string) {
	for _, x := range s.ticks() {
		c.line("grid", s.at(x), top, s.at(x), base)
		c.text("dim", "middle", s.at(x), base+18, s.label(x))
	}
	c.line("axis", s.from, base, s.to, base)
	c.text("dim", "middle", (s.from+s.to)/2, base+40, cut(axis, axisColumns))
}

// side draws the ticks of a vertical scale left of an area, and names it above.
func (c *canvas) side(s scale, left, right float64, axis string) {
	for _, y := range s.ticks() {
		c.line("grid", left, s.at(y), right, s.at(y))
		c.text("dim", "end", left-8, s.at(y)+4, s.label(y))
	}
	c.line("axis", left, s.from, left, s.to)
	c.text("dim", "start", max(edge, left-48), s.to-14, cut(axis, axisColumns))
}
