package strictjson

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxInteger = "9007199254740991" // 2^53−1
	// maxNumber bounds a number's text: far above the 24 characters that any
	// float64 needs, and short enough for exact arithmetic to stay quick.
	maxNumber = 100
)

func (n *normalizer) checkString(raw []byte) error {
	if !utf8.Valid(raw) {
		return n.at("invalid_text", "The text is not valid UTF-8.", "")
	}
	for i := bytes.IndexByte(raw, '\\'); i >= 0 && i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		i++ // at what is escaped
		if raw[i] != 'u' {
			continue
		}
		unit := hex4(raw[i+1:])
		i += 4
		switch {
		case unit == 0:
			return n.at("invalid_text", "The text holds the character U+0000.", "")
		case unit >= 0xD800 && unit < 0xDC00 && low(raw[i+1:]):
			i += 6
		case unit >= 0xD800 && unit < 0xE000:
			return n.at("invalid_text", "The text holds half of a surrogate pair.", "")
		}
	}
	return nil
}

// low tells whether a text starts with the escape of a low surrogate.
func low(raw []byte) bool {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return false
	}
	unit := hex4(raw[2:])
	return unit >= 0xDC00 && unit < 0xE000
}

// hex4 reads the four hex digits that the decoder has found to be there.
func hex4(raw []byte) uint64 {
	unit, err := strconv.ParseUint(string(raw[:min(4, len(raw))]), 16, 16)
	if err != nil {
		return 0 // refused
	}
	return unit
}

func (n *normalizer) checkNumber(raw []byte) error {
	if len(raw) > maxNumber {
		return n.at("out_of_range", "The number has too many digits.", "at most 100 characters")
	}
	text := strings.TrimPrefix(string(raw), "-")
	if whole, frac, _ := strings.Cut(text, "."); !strings.ContainsAny(text, "eE") && strings.Trim(frac, "0") == "" {
		if len(whole) > len(maxInteger) || len(whole) == len(maxInteger) && whole > maxInteger {
			return n.at("out_of_range", "The integer is larger than every reader can hold.", "an integer from -"+maxInteger+" to "+maxInteger)
		}
		return nil
	}
	value, err := strconv.ParseFloat(text, 64)
	mantissa, _, _ := strings.Cut(strings.ToLower(text), "e")
	if err != nil || value == 0 && strings.Trim(mantissa, "0.") != "" {
		return n.at("out_of_range", "The number is outside of double precision.", "a number within ±1.7976931348623157e308")
	}
	return nil
}
