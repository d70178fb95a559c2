package secrets

import (
	"math"
	"strings"
)

// generic is the rule that knows no maker: anything that is called a key.
const generic = "generic-api-key"

// onCommandLine begins the rules for what is handed to a command: often words that ask for a
// secret.
const onCommandLine = "curl-auth-"

// entropy is Shannon's, in bits for each byte.
func entropy(text string) float64 {
	var counts [256]int
	for i := range len(text) {
		counts[text[i]]++
	}
	bits := 0.0
	for _, n := range counts {
		if n > 0 {
			p := float64(n) / float64(len(text))
			bits -= float64(p * math.Log2(p))
		}
	}
	return bits
}

// confidence in a secret that passed the rule: see [Finding]. A generic one begins at 0.3 and
// gains up to 0.3 for entropy from 3.5 to 4.5 bits, 0.2 for a name that says secret, and 0.1
// where capitals, small letters and digits are mixed, up to 0.75; it loses 0.3 where it has the form of
// something that is public: an identifier, a path, a version, a host.
func (r *rule) confidence(secret, name string, bits float64) float64 {
	if r.id != generic {
		switch {
		case strings.HasPrefix(r.id, onCommandLine) && isPublic(secret):
			return 0.3
		case r.shape.assigned || !r.shape.anchored:
			return 0.8
		}
		return 0.95
	}
	c := 0.3 + float64(0.3*math.Min(1, math.Max(0, bits-3.5)))
	for _, word := range [...]string{"secret", "password", "passwd", "token", "credential", "creds", "api_key", "apikey", "api-key", "private"} {
		if strings.Contains(name, word) {
			c += 0.2
			break
		}
	}
	if isMixed(secret) {
		c += 0.1
	}
	if isPublic(secret) {
		c -= 0.3
	}
	return math.Min(0.75, math.Max(0.05, math.Round(float64(c*100))/100))
}

func isMixed(text string) bool {
	return strings.ContainsAny(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") && strings.ContainsAny(text, "abcdefghijklmnopqrstuvwxyz") && strings.ContainsAny(text, "0123456789")
}

// isPublic tells whether a value reads like words with separators, like a path, or like a UUID.
func isPublic(text string) bool {
	if len(text) == 36 && strings.Count(text, "-") == 4 && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-' {
		return true
	}
	parts := strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune("._/-=", c) })
	plain := 0
	for _, p := range parts {
		if isPlain(p) {
			plain++
		}
	}
	return len(parts) >= 2 && plain == len(parts)
}

// isPlain: only letters, or a short number.
func isPlain(part string) bool {
	digits := 0
	for i := range len(part) {
		if part[i] >= '0' && part[i] <= '9' {
			digits++
		}
	}
	return digits == 0 || digits == len(part) && digits <= 4
}
