package dpp_test

import (
	"bytes"
	"encoding/hex"
	stdjson "encoding/json"
	"fmt"
	"hash/crc32"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"dpp"
)

// Keys whose checksum and hash were computed apart from this program, with the
// crc32 and sha256 of another language's library.
const (
	liveKey     = "dpp_live_0123456789ABCDEFGHIJKLMNOPQRSTUV_33216f09"
	testKey     = "dpp_test_abcdefghijklmnopqrstuvwxyzWXYZ01_f4f60ded"
	operatorKey = "dpp_operator_0123456789ABCDEFGHIJKLMNOPQRSTUV_96f0e60a"

	liveKeyHash = "f3ebc78035a30da4738a908c3362d8ed7f7861851c510c490a98f5c4507a976b"
)

func TestNewSecretForm(t *testing.T) {
	seen := map[dpp.Secret]bool{}
	var random strings.Builder
	for range 100 {
		for form, secret := range map[string]dpp.Secret{
			`^dpp_live_([0-9A-Za-z]{32})_[0-9a-f]{8}$`:     dpp.NewSecret(true),
			`^dpp_test_([0-9A-Za-z]{32})_[0-9a-f]{8}$`:     dpp.NewSecret(false),
			`^dpp_operator_([0-9A-Za-z]{32})_[0-9a-f]{8}$`: dpp.NewOperatorSecret(),
		} {
			parts := regexp.MustCompile(form).FindStringSubmatch(string(secret))
			if parts == nil || !secret.Valid() || seen[secret] {
				t.Fatalf("not %s, not valid, or there twice", form)
			}
			seen[secret] = true
			random.WriteString(parts[1])
		}
	}
	for _, digit := range "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" {
		if !strings.ContainsRune(random.String(), digit) { // 9,600 draws out of 62
			t.Errorf("no key has a %c", digit)
		}
	}
}

func TestSecretValid(t *testing.T) {
	for _, good := range []dpp.Secret{liveKey, testKey, operatorKey} {
		if !good.Valid() {
			t.Errorf("%s is refused", string(good))
		}
	}
	body, sum, _ := strings.Cut(strings.TrimPrefix(liveKey, "dpp_live_"), "_")
	signed := func(text string) string { return fmt.Sprintf("%s_%08x", text, crc32.ChecksumIEEE([]byte(text))) }
	for name, bad := range map[string]string{
		"nothing":              "",
		"the prefix alone":     "dpp_live_",
		"no prefix":            body + "_" + sum,
		"an unknown prefix":    signed("dpp_root_" + body),
		"an upper prefix":      signed("DPP_LIVE_" + body),
		"no checksum":          "dpp_live_" + body,
		"another's checksum":   "dpp_test_" + body + "_" + sum,
		"an upper checksum":    "dpp_live_" + body + "_" + strings.ToUpper(sum),
		"a short checksum":     "dpp_live_" + body + "_" + sum[:7],
		"too short":            signed("dpp_live_" + body[1:]),
		"too long":             signed("dpp_live_" + body + "0"),
		"a sign in the middle": signed("dpp_live_" + body[:15] + "-" + body[16:]),
		"an underscore inside": signed("dpp_live_" + body[:15] + "_" + body[16:]),
		"no ASCII":             signed("dpp_live_" + body[:30] + "é"),
		"a space before":       " " + liveKey,
		"a line break after":   liveKey + "\n",
	} {
		if dpp.Secret(bad).Valid() {
			t.Errorf("%s is accepted: %q", name, bad)
		}
	}
}

func TestSecretWithOneCharacterChanged(t *testing.T) {
	for _, key := range []string{liveKey, testKey, operatorKey} {
		for i := range key {
			for _, c := range "0aZf_-" {
				changed := []byte(key)
				changed[i] = byte(c)
				if string(changed) != key && dpp.Secret(changed).Valid() {
					t.Errorf("%s is accepted", changed)
				}
			}
		}
	}
}

func TestSecretHash(t *testing.T) {
	hash := dpp.Secret(liveKey).Hash()
	if got := hex.EncodeToString(hash[:]); got != liveKeyHash {
		t.Errorf("the hash is %s, want %s", got, liveKeyHash)
	}
	if other := dpp.Secret(testKey).Hash(); !hash.Equal(dpp.Secret(liveKey).Hash()) || hash.Equal(other) {
		t.Error("hashes are equal that are not, or the other way round")
	}
}

func TestSecretIsNeverPrinted(t *testing.T) {
	secret := dpp.Secret(liveKey)
	inside := struct {
		Key  dpp.Secret
		Keys []dpp.Secret
		By   map[string]dpp.Secret
	}{secret, []dpp.Secret{secret}, map[string]dpp.Secret{"a": secret}}
	var out bytes.Buffer
	for _, verb := range "vsqxXdtbcoOUeEfFgGz" {
		for _, flag := range []string{"", "+", "#", "60", "-60.50"} {
			fmt.Fprintf(&out, "%"+flag+string(verb), secret)
			fmt.Fprintf(&out, "%"+flag+string(verb), inside)
		}
	}
	fmt.Fprintln(&out, secret, inside, &inside, fmt.Errorf("refused: %v", secret))
	out.WriteString(secret.String())
	for _, log := range []*slog.Logger{
		slog.New(slog.NewJSONHandler(&out, nil)), slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewTextHandler(&out, nil)).With("key", secret),
	} {
		log.Info("a key", "key", secret, "inside", inside, slog.Group("more", "key", secret))
	}
	for _, marshal := range []func(any) ([]byte, error){
		stdjson.Marshal, func(v any) ([]byte, error) { return json.Marshal(v) },
	} {
		text, err := marshal(inside)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
	}
	plain := liveKey[len("dpp_live_"):][:8]
	for _, leak := range []string{plain, hex.EncodeToString([]byte(plain)), strings.ToUpper(hex.EncodeToString([]byte(plain)))} {
		if i := strings.Index(out.String(), leak); i >= 0 {
			t.Errorf("the secret is printed: …%s…", out.String()[max(i-80, 0):i+8])
		}
	}
	if strings.Count(out.String(), "(secret)") < 100 {
		t.Error("nothing stands in the secret's place")
	}
}

func TestKeyPermits(t *testing.T) {
	key := dpp.Key{Scopes: []dpp.Scope{dpp.ScopeRuns}}
	if !key.Permits(dpp.ScopeRuns) || key.Permits(dpp.ScopeOperator) || (dpp.Key{}).Permits(dpp.ScopeRuns) {
		t.Error("a key permits what it has no scope for, or not what it has one for")
	}
}

func FuzzSecretValid(f *testing.F) {
	for _, seed := range []string{"", liveKey, testKey, operatorKey, liveKey + "0", "dpp_live_", "dpp_live__", strings.ToLower(liveKey)} {
		f.Add(seed)
	}
	form := regexp.MustCompile(`^(dpp_(?:live|test|operator)_[0-9A-Za-z]{32})_([0-9a-f]{8})$`)
	f.Fuzz(func(t *testing.T, text string) {
		want := false
		if parts := form.FindStringSubmatch(text); parts != nil {
			want = fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(parts[1]))) == parts[2]
		}
		if got := dpp.Secret(text).Valid(); got != want {
			t.Errorf("%q is valid: %t", text, got)
		}
	})
}
