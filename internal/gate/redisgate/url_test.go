package redisgate

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestURL(t *testing.T) {
	for url, want := range map[string]struct {
		nodes          []string
		user, password string
		database       int
		tls            bool
	}{
		"redis://127.0.0.1:7000":                            {nodes: []string{"127.0.0.1:7000"}},
		"redis://cache.example":                             {nodes: []string{"cache.example:6379"}},
		"ReDiSs://cache.example":                            {nodes: []string{"cache.example:6379"}, tls: true},
		"redis://[::1]:7000/3":                              {nodes: []string{"[::1]:7000"}, database: 3},
		"redis://:s%23cret@h:1":                             {nodes: []string{"h:1"}, password: "s#cret"},
		"rediss://app:secret@h:1/2":                         {nodes: []string{"h:1"}, user: "app", password: "secret", database: 2, tls: true},
		"redis://h:1?addr=i:2&addr=j:3":                     {nodes: []string{"h:1", "i:2", "j:3"}},
		"redis://h:1?client_cache=1&max_retries=9&addr=i:6": {nodes: []string{"h:1", "i:6"}},
	} {
		got, err := clientOption(url)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		if !slices.Equal(got.InitAddress, want.nodes) || got.Username != want.user || got.Password != want.password ||
			got.SelectDB != want.database || (got.TLSConfig != nil) != want.tls {
			t.Errorf("%s: %+v", url, got)
		}
		if !got.DisableCache || !got.DisableRetry || got.Dialer.Timeout != connectTimeout || got.ConnWriteTimeout != connectTimeout {
			t.Errorf("%s: caching, retries or timeouts are not ours: %+v", url, got)
		}
	}
}

func TestNoErrorShowsAURL(t *testing.T) {
	for _, url := range []string{
		"", "hunter2", "hunter2://h:1", "http://:hunter2@h:1", "redis://:hunter2@h:port", "redis://:hunt/er2@h:1",
		"redis://:hunter2%zz@h:1", "redis://:hunter2@h:1/x", "redis://h:1/hunter2", "redis://h:1/1/hunter2",
		"redis://h:1?db=hunter2", "redis://h:1?addr=hunter2", "redis://h:1?addr=i:2&addr=:2", "redis:hunter2", "redis://", "redis://:hunter2@:1", "unix:///hunter2", "redis://h:1?dial_timeout=hunter2", "redis://\x00hunter2",
	} {
		_, err := clientOption(url)
		if !errors.Is(err, ErrURL) || strings.Contains(err.Error(), "hunt") {
			t.Errorf("%q: %v", url, err)
		}
		if g, err := Open(t.Context(), url, Options{}); !errors.Is(err, ErrURL) || g != nil {
			t.Errorf("%q: %v, %v", url, g, err)
		}
	}
}

func FuzzURL(f *testing.F) {
	f.Add("redis://user:password@host:6379/1?addr=other:6379")
	f.Add("rediss://[::1]:6379?skip_verify=true&protocol=2")
	f.Add("rediS://0")
	f.Fuzz(func(t *testing.T, url string) {
		option, err := clientOption(url)
		if err != nil {
			if err.Error() != ErrURL.Error() {
				t.Error(err)
			}
			return
		}
		scheme, _, _ := strings.Cut(strings.ToLower(url), ":") // RFC 3986: in any case
		if len(option.InitAddress) == 0 || !option.DisableCache || scheme != "redis" && scheme != "rediss" || (scheme == "rediss") != (option.TLSConfig != nil) {
			t.Errorf("%q: %+v", url, option)
		}
	})
}

func TestPrefixesHaveNoBraces(t *testing.T) {
	for _, prefix := range []string{"{", "a}b", "{dpp}:"} {
		if _, err := Open(t.Context(), "redis://127.0.0.1:1", Options{Prefix: prefix}); err == nil {
			t.Errorf("prefix %q was taken", prefix)
		}
	}
}
