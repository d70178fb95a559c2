package dpp

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"time"
)

// Scope is something that a key permits.
type Scope string

// Scopes of keys.
const (
	ScopeRuns     Scope = "runs"     // everything about the tenant's own runs and money
	ScopeOperator Scope = "operator" // the platform itself, no tenant's data
)

// Key is an API key as the platform keeps it: never the secret itself.
type Key struct {
	ID        KeyID
	Tenant    TenantID // empty for an operator key
	Name      string
	Live      bool
	Scopes    []Scope
	Hash      KeyHash
	CreatedAt time.Time
	RevokedAt time.Time // zero while it is good
}

// Permits tells whether the key has a scope.
func (k Key) Permits(s Scope) bool { return slices.Contains(k.Scopes, s) }

// Account is the account that the key spends from.
func (k Key) Account() AccountID { return AccountOf(k.Tenant, k.Live) }

// KeyHash is the SHA-256 of a key's secret text. The secret has 190 random bits,
// so a plain hash cannot be guessed back.
type KeyHash [sha256.Size]byte

// Equal compares in constant time.
func (h KeyHash) Equal(other KeyHash) bool { return subtle.ConstantTimeCompare(h[:], other[:]) == 1 }

// Secret is the text of an API key, shown once when it is made.
type Secret string

const (
	liveKeyPrefix     = "dpp_live_"
	testKeyPrefix     = "dpp_test_"
	operatorKeyPrefix = "dpp_operator_"
	secretLength      = 32
	checksumLength    = 8
	base62            = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// NewSecret makes a tenant's key: dpp_live_ or dpp_test_, 32 random base62
// characters, and the CRC-32 (IEEE) of all before the last underscore in hex.
func NewSecret(live bool) Secret {
	if live {
		return newSecret(liveKeyPrefix)
	}
	return newSecret(testKeyPrefix)
}

// NewOperatorSecret makes an operator's key in the same form, with dpp_operator_.
func NewOperatorSecret() Secret { return newSecret(operatorKeyPrefix) }

func newSecret(prefix string) Secret {
	text := make([]byte, 0, len(prefix)+secretLength+1+checksumLength)
	text = append(text, prefix...)
	var random [64]byte
	for len(text) < len(prefix)+secretLength {
		rand.Read(random[:]) // never fails: the program ends where the system has no randomness
		for _, b := range random {
			if b < 4*62 && len(text) < len(prefix)+secretLength { // no digit is likelier than another
				text = append(text, base62[b%62])
			}
		}
	}
	return Secret(fmt.Sprintf("%s_%08x", text, crc32.ChecksumIEEE(text)))
}

// Valid tells whether the text has the form of a key and its checksum holds. It
// looks nothing up.
func (s Secret) Valid() bool {
	text := string(s)
	for _, prefix := range []string{liveKeyPrefix, testKeyPrefix, operatorKeyPrefix} {
		body, ok := strings.CutPrefix(text, prefix)
		if !ok {
			continue
		}
		if len(body) != secretLength+1+checksumLength || body[secretLength] != '_' || strings.Trim(body[:secretLength], base62) != "" {
			return false
		}
		signed := text[:len(prefix)+secretLength]
		return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(signed))) == body[secretLength+1:]
	}
	return false
}

// Hash is what the platform keeps of the secret.
func (s Secret) Hash() KeyHash { return sha256.Sum256([]byte(s)) }

const hidden = "(secret)"

// String hides the secret from logs; convert to string where it must be shown.
func (s Secret) String() string { return hidden }

// Format hides the secret from every verb that package fmt lets it see: from all
// but %p, also wrong ones. It is not asked for an unexported field of a struct, so
// a struct that keeps a secret exports the field.
func (s Secret) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, hidden) // package fmt writes into its own memory
}

// MarshalText hides the secret from JSON, and so from structured logs.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Tenant is a paying customer.
type Tenant struct {
	ID        TenantID
	Name      string
	CreatedAt time.Time
	Suspended bool
}
