package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"unicode"
)

// Names gives values names by which they are known again, and from which nobody without the
// secret can guess them.
type Names struct{ secret []byte }

// MinSecret is how many bytes a tenant's secret has at least.
const MinSecret = 16

// ErrSecret: the secret is too short to keep anybody from guessing.
var ErrSecret = errors.New("redact: the secret is too short")

// NewNames makes names with a secret, which is one tenant's alone.
func NewNames(secret []byte) (*Names, error) {
	if len(secret) < MinSecret {
		return nil, ErrSecret
	}
	return &Names{append([]byte(nil), secret...)}, nil
}

// Of is the fingerprint of a value of a kind: 64 hexadecimal digits of HMAC-SHA256 over kind and
// value. The same value has the same fingerprint however it is grouped, and in whatever case
// where the kind knows none; the same value of two kinds has two.
func (n *Names) Of(kind, value string) string {
	mac := hmac.New(sha256.New, n.secret)
	mac.Write([]byte(kind))
	mac.Write([]byte{0})
	mac.Write([]byte(normal(kind, value)))
	return hex.EncodeToString(mac.Sum(nil))
}

// normal is a value without what may be written differently. Of numbers, letters and digits
// count; e-mail addresses and network addresses have no case. Everything else, secrets and
// Bitcoin addresses among it, counts as it stands.
func normal(kind, value string) string {
	switch kind {
	case "email", "ip":
		return strings.ToLower(value)
	case "phone", "credit_card", "iban", "us_ssn", "us_itin", "us_passport", "aba_routing", "kr_rrn", "kr_frn", "kr_brn",
		"kr_passport", "kr_driver_license", "uk_nino", "uk_nhs", "in_aadhaar", "es_nif", "it_fiscal_code", "pl_pesel",
		"au_abn", "ca_sin", "de_tax_id", "mac":
		return strings.Map(func(c rune) rune {
			if unicode.IsLetter(c) || unicode.IsDigit(c) {
				return unicode.ToUpper(c)
			}
			return -1
		}, value)
	}
	return value
}
