package dpp

import (
	"encoding/base32"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Identifiers are opaque to callers: a prefix and 26 lower-case base32
// characters that sort by the time they were made.
type (
	// RunID names a run: "run_…".
	RunID string
	// TenantID names a paying customer: "ten_…".
	TenantID string
	// KeyID names an API key; it is no secret: "key_…".
	KeyID string
	// EventID names an outgoing event: "evt_…".
	EventID string
	// UploadID names a file that a caller sends by itself: "upl_…".
	UploadID string
	// AccountID names a balance: a tenant's live or test account.
	AccountID string
)

const (
	runPrefix    = "run_"
	tenantPrefix = "ten_"
	keyPrefix    = "key_"
	eventPrefix  = "evt_"
	uploadPrefix = "upl_"
	idLength     = 26
)

// The digits sort as the bytes do, and leave out letters that look like digits.
var idEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

func newID(prefix string) string {
	id := uuid.Must(uuid.NewV7()) // fails only where the system has no randomness, and then nothing may go on
	return prefix + idEncoding.EncodeToString(id[:])
}

// NewRunID makes an identifier that no other process makes.
func NewRunID() RunID { return RunID(newID(runPrefix)) }

// NewTenantID makes an identifier that no other process makes.
func NewTenantID() TenantID { return TenantID(newID(tenantPrefix)) }

// NewKeyID makes an identifier that no other process makes.
func NewKeyID() KeyID { return KeyID(newID(keyPrefix)) }

// NewEventID makes an identifier that no other process makes.
func NewEventID() EventID { return EventID(newID(eventPrefix)) }

// NewUploadID makes an identifier that no other process makes.
func NewUploadID() UploadID { return UploadID(newID(uploadPrefix)) }

func validID(id, prefix string) bool {
	body, ok := strings.CutPrefix(id, prefix)
	if !ok || len(body) != idLength {
		return false
	}
	raw, err := idEncoding.DecodeString(body)
	return err == nil && idEncoding.EncodeToString(raw) == body
}

// Valid tells whether the text has the form of a run's identifier.
func (id RunID) Valid() bool { return validID(string(id), runPrefix) }

// Valid tells whether the text has the form of a tenant's identifier.
func (id TenantID) Valid() bool { return validID(string(id), tenantPrefix) }

// Valid tells whether the text has the form of a key's identifier.
func (id KeyID) Valid() bool { return validID(string(id), keyPrefix) }

// Valid tells whether the text has the form of an upload's identifier.
func (id UploadID) Valid() bool { return validID(string(id), uploadPrefix) }

// Time is when the identifier was made, to the millisecond, by the clock of the
// process that made it. The zero time where the identifier is not valid.
func (id RunID) Time() time.Time {
	if !id.Valid() {
		return time.Time{}
	}
	raw, err := idEncoding.DecodeString(strings.TrimPrefix(string(id), runPrefix))
	if err != nil {
		return time.Time{}
	}
	var millis int64
	for _, b := range raw[:6] {
		millis = millis<<8 | int64(b)
	}
	return time.UnixMilli(millis).UTC()
}

// FirstRunID is the smallest identifier that may have been made at or after t, of
// which whole milliseconds count: identifiers made before sort below it.
func FirstRunID(t time.Time) RunID {
	var raw [16]byte
	millis := t.UnixMilli()
	for i := range 6 {
		raw[i] = byte(millis >> (40 - 8*i)) //nolint:gosec // the lowest byte is meant
	}
	return RunID(runPrefix + idEncoding.EncodeToString(raw[:]))
}

const testAccount = "/test"

// AccountOf is the tenant's live account, or its test account.
func AccountOf(tenant TenantID, live bool) AccountID {
	if live {
		return AccountID(tenant)
	}
	return AccountID(tenant) + testAccount
}
