package dpp

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// PayloadHash tells whether two submits ask for the same: SHA-256 over the RFC
// 8785 canonical form of what was decoded — pack_type, inputs, reservation and
// options.allow_partial, with amounts at four places and defaults filled in. How
// the request was written, its other options and its meta do not count. Inputs are
// one JSON value as the decoder left it: members that are null are gone, and no
// number is beyond what the canonical form keeps apart.
func PayloadHash(packType string, inputs jsontext.Value, r Reservation, allowPartial bool) ([32]byte, error) {
	pack, err := jsontext.AppendQuote(nil, packType)
	if err != nil {
		return [32]byte{}, fmt.Errorf("payload: %w", err)
	}
	doc := jsontext.Value(fmt.Appendf(nil,
		`{"inputs":%s,"options":{"allow_partial":%t},"pack_type":%s,"reservation":{"max_cost_usd":"%s","min_reliability_score":%s,"timebox_sec":%s}}`,
		inputs, allowPartial, pack, r.MaxCost, r.MinReliability, strconv.FormatInt(int64(r.Timebox/time.Second), 10)))
	if err := doc.Canonicalize(); err != nil {
		return [32]byte{}, fmt.Errorf("payload: %w", err)
	}
	return sha256.Sum256(doc), nil
}
