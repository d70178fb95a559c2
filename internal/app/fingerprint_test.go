package app

import (
	"bytes"
	"os"
	"sync"
	"testing"

	"dpp/internal/blob/fileblob"
	"dpp/internal/config"
)

func TestFingerprintKeyOfAFolderIsMadeOnce(t *testing.T) {
	cfg := config.Config{Data: t.TempDir()}
	if f := checkFingerprints(cfg); f.OK {
		t.Error("a key that is not there is good")
	}
	if _, err := (&fingerprints{cfg: cfg}).secret(t.Context()); err == nil {
		t.Error("a key that is not there was read")
	}
	var first []byte
	for range 3 {
		if err := makeFingerprintKey(cfg); err != nil {
			t.Fatal(err)
		}
		key, err := (&fingerprints{cfg: cfg}).secret(t.Context())
		if err != nil || len(key) != fingerprintSize || first != nil && !bytes.Equal(key, first) {
			t.Fatalf("%x, %v", key, err)
		}
		first = key
	}
	info, err := os.Stat(cfg.FingerprintKeyPath())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if f := checkFingerprints(cfg); !f.OK {
		t.Error(f)
	}
	if err := os.WriteFile(cfg.FingerprintKeyPath(), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if f := checkFingerprints(cfg); f.OK {
		t.Error("a damaged key is good")
	}
	if _, err := (&fingerprints{cfg: cfg}).secret(t.Context()); err == nil {
		t.Error("a damaged key was taken")
	}
}

func TestFingerprintKeyOfTheOperator(t *testing.T) {
	cfg := config.Config{Data: t.TempDir(), FingerprintKey: "0123456789abcdef0123456789abcdef"}
	key, err := (&fingerprints{cfg: cfg}).secret(t.Context())
	if err != nil || string(key) != "0123456789abcdef0123456789abcdef" || !checkFingerprints(cfg).OK {
		t.Errorf("%q, %v", key, err)
	}
}

// Processes on shared backends make one key between them.
func TestSharedFingerprintKeyIsOne(t *testing.T) {
	store, err := fileblob.Open(t.TempDir(), fileblob.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close() //nolint:errcheck // a test's
	keys := make([][]byte, 8)
	errs := make([]error, len(keys))
	var group sync.WaitGroup
	for i := range keys {
		group.Go(func() {
			keys[i], errs[i] = (&fingerprints{cfg: config.Config{Shared: true}, blobs: store}).secret(t.Context())
		})
	}
	group.Wait()
	for i, key := range keys {
		if errs[i] != nil || len(key) != fingerprintSize || !bytes.Equal(key, keys[0]) {
			t.Errorf("process %d has %x, %v", i, key, errs[i])
		}
	}
	if f := checkFingerprints(config.Config{Shared: true}); !f.OK {
		t.Error(f)
	}
}
