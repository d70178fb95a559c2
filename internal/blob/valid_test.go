package blob

import (
	"errors"
	"path"
	"regexp"
	"strings"
	"testing"
)

func TestValidKey(t *testing.T) {
	for key, want := range map[string]bool{
		"a": true, "a/b": true, "dpp/ten_1/2026/01/31/run_1/1/pack_envelope.json": true, "A-Z_0.9": true, "a..b": true, "...": true,
		".a": true, "a./b": true, strings.Repeat("k", 512): true,
		"": false, "/": false, "/a": false, "a/": false, "a//b": false, ".": false, "..": false, "a/.": false, "./a": false, "a/../b": false,
		"../a": false, "a b": false, "a\x00": false, "a\\b": false, "é": false, "a~": false, "%": false, strings.Repeat("k", 513): false,
	} {
		if got := ValidKey(key); got != want {
			t.Errorf("ValidKey(%.40q) = %v, want %v", key, got, want)
		}
	}
}

// FuzzValidKey holds that a valid key is its own clean path, that joining it to a
// folder stays below the folder, and that it needs no escaping in a URL.
func FuzzValidKey(f *testing.F) {
	for _, seed := range []string{"a/b.c", "../../etc/passwd", "a//b", "a/./b", "a\x00b", "", "/", "a/", "ÿ", strings.Repeat("a/", 300) + "b"} {
		f.Add(seed)
	}
	plain := regexp.MustCompile(`^[A-Za-z0-9._/-]{1,512}$`)
	f.Fuzz(func(t *testing.T, key string) {
		clean := plain.MatchString(key) && path.Clean(key) == key && !path.IsAbs(key) && key != "." && key != ".." && !strings.HasPrefix(key, "../")
		if got := ValidKey(key); got != clean {
			t.Errorf("ValidKey(%q) = %v, but it is clean: %v", key, got, clean)
		}
		if ValidKey(key) && !strings.HasPrefix(path.Join("/root", key), "/root/") {
			t.Errorf("%q leaves its folder", key)
		}
	})
}

func TestCheckFolder(t *testing.T) {
	for prefix, want := range map[string]error{
		"a/": nil, "a/b/": nil, strings.Repeat("k", 512) + "/": nil,
		"": ErrInvalidKey, "/": ErrInvalidKey, "a": ErrInvalidKey, "a//": ErrInvalidKey, "../": ErrInvalidKey, "a /": ErrInvalidKey,
	} {
		if got := CheckFolder(prefix); !errors.Is(got, want) {
			t.Errorf("CheckFolder(%.40q) = %v, want %v", prefix, got, want)
		}
	}
}

// FuzzObject holds that what passes the check can be sent in the headers of a request
// and read back as it was.
func FuzzObject(f *testing.F) {
	f.Add("text/plain; charset=utf-8", "dpp-outcome", "COMPLETED")
	f.Add(" text/plain", "Upper", "a b")
	f.Add("a\r\nb", "", "")
	f.Add("text/ü", "blob-sha256", "é")
	name, value, mediaType := regexp.MustCompile(`^[a-z0-9-]+$`), regexp.MustCompile(`^[!-~]+$`), regexp.MustCompile(`^([!-~]([ -~]*[!-~])?)?$`)
	f.Fuzz(func(t *testing.T, media, key, text string) {
		o := Object{Key: "a/b", MediaType: media, Metadata: map[string]string{key: text}}
		good := name.MatchString(key) && value.MatchString(text) && mediaType.MatchString(media) &&
			!strings.HasPrefix(key, "blob-") && len(key)+len(text) <= 1024 && len(media) <= 255
		if err := o.Check(); (err == nil) != good {
			t.Errorf("Check of %q, %q: %q gives %v", media, key, text, err)
		}
	})
}
