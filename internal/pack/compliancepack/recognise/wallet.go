package recognise

import (
	"crypto/sha256"
	"math/big"
	"strings"
)

// crypto looks for a Bitcoin address, all kinds of which have check digits.
func (s *scanner) crypto(t token) {
	if !s.wanted[crypto] || t.size() < 26 {
		return
	}
	s.steps += t.size()
	text := s.text[t.start:t.end]
	switch {
	case (text[0] == '1' || text[0] == '3') && len(text) <= 35 && base58Check(text),
		strings.EqualFold(text[:3], "bc1") && bech32(text):
		s.note(crypto, t.start, t.end, s.kinds[crypto].Bare, 1, "btc")
	}
}

const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// base58Check: 21 bytes and the first four of their hash, hashed twice.
func base58Check(text string) bool {
	n, radix := new(big.Int), big.NewInt(58)
	for i := range len(text) {
		value := strings.IndexByte(base58, text[i])
		if value < 0 {
			return false
		}
		n.Add(n.Mul(n, radix), big.NewInt(int64(value)))
	}
	if n.BitLen() > 25*8 {
		return false
	}
	var raw [25]byte
	n.FillBytes(raw[:])
	once := sha256.Sum256(raw[:21])
	twice := sha256.Sum256(once[:])
	return (raw[0] == 0 || raw[0] == 5) && string(twice[:4]) == string(raw[21:])
}

const bech32Letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// bech32 checks a witness address: version 0 by the constant of BIP 173, later ones by that of
// BIP 350. Upper and lower case are not mixed.
func bech32(text string) bool {
	folded := strings.ToLower(text)
	if folded != text && strings.ToUpper(text) != text {
		return false
	}
	state := uint32(1)
	for _, v := range [5]uint32{3, 3, 0, 2, 3} { // "bc", its high bits, a zero, its low bits
		state = polymod(state, v)
	}
	version := -1
	for i := 3; i < len(folded); i++ {
		value := strings.IndexByte(bech32Letters, folded[i])
		if value < 0 {
			return false
		}
		if version < 0 {
			version = value
		}
		state = polymod(state, uint32(value)) //nolint:gosec // from 0 to 31
	}
	return version == 0 && state == 1 || version > 0 && version <= 16 && state == 0x2bc830a3
}

// polymod is a step of the checksum over GF(32).
func polymod(state, value uint32) uint32 {
	generator := [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3}
	top := state >> 25
	state = (state&0x1ffffff)<<5 ^ value
	for i, g := range generator {
		if top>>i&1 == 1 {
			state ^= g
		}
	}
	return state
}
