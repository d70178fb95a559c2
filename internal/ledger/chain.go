package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// Digest is the hash of an account's ledger up to some entry. The zero value
// stands before the first one.
type Digest [sha256.Size]byte

// Chain returns the digest after one more entry: SHA-256 over the digest before
// it and every field of the entry, texts with their length and the time in whole
// milliseconds, as it is kept: no two ledgers share a digest, and no sealed entry
// can be changed, dropped or put in unseen.
func (d Digest) Chain(e Entry) Digest {
	h := sha256.New()
	h.Write(d[:])
	for _, text := range []string{string(e.Account), string(e.Kind), string(e.Direction), string(e.Run), e.Reference} {
		number(h, int64(len(text)))
		h.Write([]byte(text))
	}
	number(h, e.Seq)
	number(h, int64(e.Amount))
	number(h, e.CreatedAt.UnixMilli())
	return Digest(h.Sum(nil))
}

func number(h hash.Hash, n int64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n)) //nolint:gosec // a bijection; the sign does not matter here
	h.Write(b[:])
}
