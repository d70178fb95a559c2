package decisionpack

import "math"

// normalization is how the values of one criterion become comparable with those
// of another.
type normalization string

const (
	vector   normalization = "vector"
	minmax   normalization = "minmax"
	byMax    normalization = "max"
	byLinear normalization = "linear" // as max, but min/x where less is better
	bySum    normalization = "sum"
	none     normalization = "none"
)

// normalizations lists them all.
func normalizations() []normalization {
	return []normalization{vector, minmax, byMax, byLinear, bySum, none}
}

// normalise writes values so that more is better. The constants are 0 where all
// values are zero, and where all are equal minmax gives 1: nobody is behind.
func normalise(dst, values []float64, by normalization, minimise bool) {
	switch by {
	case minmax:
		stretch(dst, values, minimise)
	case bySum, byLinear:
		ratios(dst, values, by, minimise)
	case byMax, vector:
		copy(dst, values)
		divide(dst, size(values, by))
		if minimise {
			for i, x := range dst {
				dst[i] = 1 - x
			}
		}
	default:
		copy(dst, values)
		if minimise {
			for i, x := range dst {
				dst[i] = -x
			}
		}
	}
}

// ratios writes positive values so that more is better and quotients between
// them stay as they are: a criterion where less is better is inverted first.
func ratios(dst, values []float64, by normalization, minimise bool) {
	copy(dst, values)
	if minimise {
		invert(dst)
	}
	divide(dst, size(dst, by))
}

// size is what a normalization that divides divides by.
func size(values []float64, by normalization) float64 {
	switch by {
	case vector:
		var squares float64
		for _, x := range values {
			squares += float64(x * x)
		}
		return math.Sqrt(squares)
	case byMax, byLinear:
		_, most := span(values)
		return most
	case bySum:
		return sum(values)
	default:
		return 1
	}
}

// stretch maps the range of the values to 0 to 1.
func stretch(dst, values []float64, minimise bool) {
	least, most := span(values)
	width := most - least
	for i, x := range values {
		switch {
		case width == 0:
			dst[i] = 1
		case minimise:
			dst[i] = (most - x) / width
		default:
			dst[i] = (x - least) / width
		}
	}
}

func span(values []float64) (least, most float64) {
	least, most = values[0], values[0]
	for _, x := range values[1:] {
		if x < least {
			least = x
		} else if x > most {
			most = x
		}
	}
	return least, most
}

func sum(values []float64) float64 {
	var total float64
	for _, x := range values {
		total += x
	}
	return total
}

func invert(values []float64) {
	for i, x := range values {
		values[i] = 1 / x
	}
}

// divide leaves values alone where the divisor is zero: they are all zero then.
func divide(values []float64, by float64) {
	if by == 0 || by == 1 {
		return
	}
	for i := range values {
		values[i] /= by
	}
}
