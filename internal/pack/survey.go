package pack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Bounds of inputs before a schema sees them. Checking a schema costs up to a
// kilobyte for each value that is wrong, and time that grows with the digits of a
// number and the size of its exponent.
const (
	maxValues   = 100_000 // numbers, texts, booleans, nulls, arrays and objects
	maxDigits   = 400     // characters of one number
	maxExponent = 400     // of ten; float64 ends at 308, and below at -324
)

// survey reads inputs once, without keeping any of it, and tells whether they may
// be checked at all.
func survey(inputs jsontext.Value) []FieldError {
	d := jsontext.NewDecoder(bytes.NewBuffer(inputs))
	for values := 0; values <= maxValues; {
		token, err := d.ReadToken()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return []FieldError{{Code: "type", Message: "The inputs must be a JSON object."}}
		}
		if token.Kind() == jsontext.KindNumber && !checkable(token.String()) {
			at := shown(segments(string(d.StackPointer())))
			return []FieldError{{Pointer: Pointer(at...), Code: "out_of_range", Message: "The number has too many digits or too large an exponent."}}
		}
		if startsValue(d, token.Kind()) {
			values++
		}
	}
	return []FieldError{{Code: "too_many", Message: "The inputs hold too many values.", Expected: fmt.Sprintf("at most %d values", maxValues)}}
}

// startsValue tells whether the token that d has just read is a value or begins
// one; it may be a name or an end, too.
func startsValue(d *jsontext.Decoder, read jsontext.Kind) bool {
	if read == jsontext.KindEndObject || read == jsontext.KindEndArray {
		return false
	}
	in, parts := d.StackIndex(d.StackDepth())
	return in != jsontext.KindBeginObject || parts%2 == 0 // an object's parts are its names and values
}

// checkable tells whether exact arithmetic with the number is quick.
func checkable(number string) bool {
	if len(number) > maxDigits {
		return false
	}
	i := strings.IndexAny(number, "eE")
	if i < 0 {
		return true
	}
	exponent, err := strconv.Atoi(number[i+1:])
	return err == nil && -maxExponent <= exponent && exponent <= maxExponent
}
