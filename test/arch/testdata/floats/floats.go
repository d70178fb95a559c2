// Package floats holds floating-point numbers in every form that a grep for their
// names would miss, or not.
package floats

import (
	"cmp"
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"time"
)

type (
	rate       float32                      // want
	ratio      = float64                    // want
	pair       struct{ share complex64 }    // want
	table      map[string][]*float64        // want
	convert    func(int64) float64          // want
	number     interface{ ~int | ~float64 } // want
	box[T any] struct{ value T }
)

const (
	half    = 0.5     // want
	million = 1e6     // want
	third   = 1 / 3.0 // want
	whole   = 1_000_000
)

var (
	implicit                 = math.Pi            // want
	asInteger  int64         = 1e6                // want
	function                 = strconv.ParseFloat // want
	kept       any           = 2.5                // want
	boxed      box[float64]                       // want
	inferred   = box[rate]{}                      // want
	bigFloat   big.Float                          // want
	plain      int64         = whole / 3
	stringy                  = "0.5"
	exact                    = big.NewRat(1, 2)
	boxedWhole               = box[int64]{value: plain}
)

func parameters(amount float64) {} // want

func results(d time.Duration) int64 {
	return int64(d.Seconds()) // want
}

func conversion(n int64) int64 {
	return int64(float64(n) * 2) // want
}

func untyped(n int64) bool {
	seconds := time.Duration(1.5 * 2) // want
	return n > int64(seconds)
}

func imaginary() any {
	return real(2i) // want
}

func inferredLocal(rates []rate) { // want
	for _, r := range rates { // want
		_ = r // want
	}
}

func fields(p *pair) any {
	return p.share // want
}

func library(n json.Number) error {
	_, err := n.Float64() // want
	return err
}

func generic[T number](values ...T) T {
	return max(values[0], values[1])
}

func instance() any {
	return generic(half, third) // want
}

func harmless(d time.Duration, r *big.Rat) (int64, int) {
	_ = max(d.Milliseconds(), plain)
	_ = cmp.Compare(stringy, "1e6")
	return d.Microseconds() / whole, r.Cmp(exact)
}
