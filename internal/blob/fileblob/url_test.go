package fileblob_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"dpp/internal/blob"
	"dpp/internal/blob/fileblob"
)

const someKey = "dpp/t/2026/01/31/run_1/1/pack_envelope.json"

// signed returns a URL for someKey that ends at about the given time.
func signed(t testing.TB, s *fileblob.Store, ttl time.Duration) *url.URL {
	t.Helper()
	text, err := s.SignGet(t.Context(), someKey, ttl)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestAURLLivesForItsTime(t *testing.T) {
	s := open(t, t.TempDir(), fileblob.Options{})
	defer closeStore(t, s)
	for _, ttl := range []time.Duration{time.Second, 1500 * time.Millisecond, 10 * time.Minute} {
		before := time.Now()
		u := signed(t, s, ttl)
		after := time.Now()
		if key, err := s.Verify(u, before.Add(ttl-1)); err != nil || key != someKey {
			t.Errorf("%v: just before its end: %q, %v", ttl, key, err)
		}
		if _, err := s.Verify(u, after.Add(ttl+time.Second)); !errors.Is(err, blob.ErrBadSignature) {
			t.Errorf("%v: a second after its end: error %v", ttl, err)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	s := open(t, t.TempDir(), fileblob.Options{})
	defer closeStore(t, s)
	good := *signed(t, s, time.Minute)
	query := good.Query()
	expires, sig := query.Get("expires"), query.Get("sig")
	if _, err := s.Verify(&good, time.Now()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*url.URL){
		"another path":              func(u *url.URL) { u.Path = strings.Replace(u.Path, "/blobs/", "/files/", 1) },
		"no key":                    func(u *url.URL) { u.Path = "/blobs/" },
		"a key that climbs":         func(u *url.URL) { u.Path = "/blobs/../" + someKey },
		"a longer key":              func(u *url.URL) { u.Path += "x" },
		"no query":                  func(u *url.URL) { u.RawQuery = "" },
		"no signature":              func(u *url.URL) { u.RawQuery = "expires=" + expires },
		"an empty signature":        func(u *url.URL) { u.RawQuery = "expires=" + expires + "&sig=" },
		"no end":                    func(u *url.URL) { u.RawQuery = "sig=" + sig },
		"two ends":                  func(u *url.URL) { u.RawQuery += "&expires=" + expires },
		"two signatures":            func(u *url.URL) { u.RawQuery += "&sig=" + sig },
		"one parameter more":        func(u *url.URL) { u.RawQuery += "&x=" },
		"a query that is none":      func(u *url.URL) { u.RawQuery += "&%zz" },
		"another form of the end":   func(u *url.URL) { u.RawQuery = "expires=0" + expires + "&sig=" + sig },
		"a signature in upper case": func(u *url.URL) { u.RawQuery = "expires=" + expires + "&sig=" + strings.ToUpper(sig) },
		"a signature and a space":   func(u *url.URL) { u.RawQuery += "+" },
	} {
		t.Run(name, func(t *testing.T) {
			u := good
			change(&u)
			if key, err := s.Verify(&u, time.Now()); !errors.Is(err, blob.ErrBadSignature) {
				t.Errorf("%q, %v", key, err)
			}
		})
	}
}

func TestBaseURL(t *testing.T) {
	s, err := fileblob.Open(t.TempDir(), fileblob.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	if text, err := s.SignGet(t.Context(), someKey, time.Minute); err == nil {
		t.Errorf("signed %q without a base", text)
	}
	s.SetBaseURL("https://dpp.example/under/")
	if u := signed(t, s, time.Minute).String(); !strings.HasPrefix(u, "https://dpp.example/under/blobs/"+someKey+"?expires=") {
		t.Errorf("signed %q", u)
	}
}

// FuzzVerify holds that nobody gets a key out of a URL but by the signature that the
// store itself makes for it.
func FuzzVerify(f *testing.F) {
	s := open(f, f.TempDir(), fileblob.Options{})
	f.Cleanup(func() { closeStore(f, s) })
	now := time.Now()
	u := signed(f, s, 24*time.Hour)
	query := u.Query()
	f.Add(u.Path, u.RawQuery)
	f.Add("/blobs/a/../b", u.RawQuery)
	f.Add(u.Path, "expires=99999999999&sig="+query.Get("sig"))
	f.Add(u.Path, "sig="+query.Get("sig")+"&expires="+query.Get("expires"))
	f.Add("/blobs//", "expires=9223372036854775808&sig=")
	f.Fuzz(func(t *testing.T, path, rawQuery string) {
		key, err := s.Verify(&url.URL{Path: path, RawQuery: rawQuery}, now)
		if err != nil {
			if !errors.Is(err, blob.ErrBadSignature) || key != "" {
				t.Errorf("%q, %v", key, err)
			}
			return
		}
		got, err := url.ParseQuery(rawQuery)
		if err != nil || key != someKey || got.Get("sig") != query.Get("sig") || got.Get("expires") != query.Get("expires") {
			t.Errorf("%q gives %q without having been signed", path+"?"+rawQuery, key)
		}
	})
}
