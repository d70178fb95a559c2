package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"

	"dpp/internal/blob"
	"dpp/internal/config"
	"dpp/internal/ops"
)

// fingerprintObject is where shared backends keep the key of fingerprints where none is set. It
// lies beside the folder of results, which retention empties.
const fingerprintObject = "platform/fingerprint.key"

// fingerprintSize is how many bytes a key has that the platform makes.
const fingerprintSize = 32

var errFingerprintKey = errors.New("the key of fingerprints is damaged")

// fingerprints gives the key that fingerprints are made with: the operator's, or the one that
// the platform has made. It is the same in all processes, and after every start.
type fingerprints struct {
	cfg   config.Config
	blobs blob.Store

	mu  sync.Mutex
	key []byte
}

// secret reads the key when it is first needed; what failed is tried again by the next run.
func (f *fingerprints) secret(ctx context.Context) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.key != nil {
		return f.key, nil
	}
	key, err := f.read(ctx)
	if err == nil {
		f.key = key
	}
	return key, err
}

func (f *fingerprints) read(ctx context.Context) ([]byte, error) {
	switch {
	case f.cfg.FingerprintKey != "":
		return []byte(string(f.cfg.FingerprintKey)), nil
	case f.cfg.Shared:
		return sharedFingerprintKey(ctx, f.blobs)
	default:
		text, err := os.ReadFile(f.cfg.FingerprintKeyPath())
		if err != nil {
			return nil, err
		}
		return parseFingerprintKey(text)
	}
}

func parseFingerprintKey(text []byte) ([]byte, error) {
	key, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(key) != fingerprintSize {
		return nil, errFingerprintKey
	}
	return key, nil
}

func newFingerprintKey() string {
	key := make([]byte, fingerprintSize)
	_, _ = rand.Read(key) // never fails
	return hex.EncodeToString(key) + "\n"
}

// makeFingerprintKey writes the key of a data folder, unless there is one.
func makeFingerprintKey(cfg config.Config) error {
	path := cfg.FingerprintKeyPath()
	if _, err := os.Stat(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return writeFile(path, newFingerprintKey())
}

// sharedFingerprintKey reads the key from the object store, and makes it where there is none. Of
// several processes that make it at once, one wins and all read the same.
func sharedFingerprintKey(ctx context.Context, blobs blob.Store) ([]byte, error) {
	text, err := readObject(ctx, blobs, fingerprintObject)
	if errors.Is(err, blob.ErrNotFound) {
		made, putErr := blobs.Put(ctx, []blob.Object{{Key: fingerprintObject, MediaType: "text/plain", Content: []byte(newFingerprintKey())}})
		if putErr == nil {
			putErr = made[0].Err
		}
		if putErr != nil {
			return nil, fmt.Errorf("the key of fingerprints could not be made: %w", putErr)
		}
		text, err = readObject(ctx, blobs, fingerprintObject)
	}
	if err != nil {
		return nil, fmt.Errorf("the key of fingerprints could not be read: %w", err)
	}
	return parseFingerprintKey(text)
}

func readObject(ctx context.Context, blobs blob.Store, key string) ([]byte, error) {
	const most = 1 << 10
	body, _, err := blobs.Get(ctx, key, 0, most)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(body, most))
	return text, errors.Join(err, body.Close())
}

// checkFingerprints says where the key of fingerprints is from.
func checkFingerprints(cfg config.Config) ops.Finding {
	const name = "fingerprint key"
	switch {
	case cfg.FingerprintKey != "":
		return good(name, "DPP_FINGERPRINT_KEY is set")
	case cfg.Shared:
		return good(name, "kept in the bucket as %s; set DPP_FINGERPRINT_KEY so that nobody who reads the bucket has it", fingerprintObject)
	}
	f := checkKeyFile(name, cfg.FingerprintKeyPath())
	if text, err := os.ReadFile(cfg.FingerprintKeyPath()); f.OK && err == nil {
		if _, err := parseFingerprintKey(text); err != nil {
			return bad(name, err, "Restore fingerprint.key from a backup, or remove it: dpp up makes another, and fingerprints change.")
		}
	}
	return f
}
