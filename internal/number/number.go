// Package number keeps what packs compute the same on every machine: how numbers are
// shown, where random numbers start, and how floats are added. Products are converted
// explicitly before they are added, float64(a*b) + c: that keeps compilers from fusing
// the two into one differently rounded step on some machines.
package number

import "strconv"

// Round keeps 12 significant digits: fewer than float64 has, so that what machines
// compute differently in the last bits is shown alike. It never returns -0.
func Round(x float64) float64 {
	if x == 0 {
		return 0
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', 11, 64), 64)
	if err != nil { // only near the largest float, and what is no number
		return x
	}
	return rounded
}

// Stream gives the state from which the random numbers of a part of some work start, for
// [math/rand/v2.PCG]. Neighbouring seeds and parts start from states that do not
// resemble each other, so work can be cut into parts, and fewer parts are the first of more.
func Stream(seed, part uint64) (hi, lo uint64) {
	hi = mix(seed)
	return hi, mix(hi + part)
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood, Fast splittable pseudorandom
// number generators, 2014): a bijection in which every bit of x moves about half of the
// result's.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Sum adds with the compensation of Neumaier (ZAMM 54, 1974): its error does not grow
// with the number of summands. The zero value is an empty sum.
type Sum struct{ sum, lost float64 }

// Add adds a number.
func (s *Sum) Add(x float64) {
	t := s.sum + x
	if abs(s.sum) >= abs(x) {
		s.lost += s.sum - t + x
	} else {
		s.lost += x - t + s.sum
	}
	s.sum = t
}

// Value is the sum so far.
func (s *Sum) Value() float64 { return s.sum + s.lost }

func abs(x float64) float64 {
	if x < 0 {
		return -x
	}
	return x
}
