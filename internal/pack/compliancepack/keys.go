package compliancepack

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"

	"github.com/klauspost/compress/zstd"

	"dpp"
	"dpp/internal/pack/compliancepack/redact"
)

// keys are one tenant's: names for values, and what seals documents that were not looked at.
type keys struct {
	names *redact.Names
	seal  cipher.AEAD
}

// newKeys derives a tenant's keys from the platform's by HKDF (RFC 5869), one for each use.
func newKeys(secret []byte, tenant dpp.TenantID) (*keys, error) {
	named, err := hkdf.Key(sha256.New, secret, nil, "dpp compliance fingerprints "+string(tenant), sha256.Size)
	if err != nil {
		return nil, err
	}
	sealing, err := hkdf.Key(sha256.New, secret, nil, "dpp compliance sealed documents "+string(tenant), 32)
	if err != nil {
		return nil, err
	}
	names, err := redact.NewNames(named)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(sealing)
	if err != nil {
		return nil, err
	}
	seal, err := cipher.NewGCM(block)
	return &keys{names, seal}, err
}

// A sealed text is base64 of one byte that tells the form, eight for a number that everybody
// may read, a nonce, and the compressed text under AES-256-GCM, which covers the first nine.
const (
	sealedForm   = 1
	sealedHead   = 9
	maxSealed    = 14 << 20 // in base64
	maxUnsealed  = 64 << 20
	errSealedMsg = "compliancepack: not sealed by this platform for this tenant"
)

var errSealed = errors.New(errSealedMsg)

// sealText seals a text beside a number that estimates need.
func (k *keys) sealText(text []byte, number int64) (string, error) {
	out := make([]byte, sealedHead+k.seal.NonceSize(), sealedHead+k.seal.NonceSize()+len(text)/2+64)
	out[0] = sealedForm
	binary.BigEndian.PutUint64(out[1:], uint64(max(number, 0)))
	nonce := out[sealedHead:]
	_, _ = rand.Read(nonce) // never fails
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return "", err
	}
	packed := w.EncodeAll(text, nil)
	sealed := k.seal.Seal(out, nonce, packed, out[:sealedHead]) //nolint:gosec // the nonce was just drawn at random
	return base64.StdEncoding.EncodeToString(sealed), w.Close()
}

// sealedNumber is the number beside a sealed text, which nobody has proven yet.
func sealedNumber(sealed string) (int64, bool) {
	const start = 12 // characters for nine bytes
	if len(sealed) <= start {
		return 0, false
	}
	head, err := base64.StdEncoding.DecodeString(sealed[:start])
	if err != nil || len(head) != sealedHead || head[0] != sealedForm {
		return 0, false
	}
	number := binary.BigEndian.Uint64(head[1:])
	return int64(number & (1<<40 - 1)), number < 1<<40
}

// unseal gives a sealed text back. The error is errSealed.
func (k *keys) unseal(sealed string) ([]byte, error) {
	all, err := base64.StdEncoding.DecodeString(sealed)
	head := sealedHead + k.seal.NonceSize()
	if err != nil || len(all) <= head || all[0] != sealedForm {
		return nil, errSealed
	}
	packed, err := k.seal.Open(nil, all[sealedHead:head], all[head:], all[:sealedHead])
	if err != nil {
		return nil, errSealed
	}
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxUnsealed))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	text, err := r.DecodeAll(packed, nil)
	if err != nil {
		return nil, errSealed
	}
	return text, nil
}
