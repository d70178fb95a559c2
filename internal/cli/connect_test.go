package cli

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"dpp"
)

// folder makes a data folder as a running server leaves it.
func folder(t *testing.T, name, listen, key string) {
	t.Helper()
	if err := os.MkdirAll(name, 0o700); err != nil {
		t.Fatal(err)
	}
	for file, content := range map[string]string{"listen": listen, "dev.key": key} {
		if content == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(name, file), []byte(content+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhichServerAndWhichKey(t *testing.T) {
	t.Chdir(t.TempDir())
	folder(t, "dpp-data", "127.0.0.1:1111", "default-key")
	folder(t, "other", "[::]:2222", "other-key")
	folder(t, "third", "0.0.0.0:3333", "third-key")
	folder(t, "fourth", ":4444", "fourth-key")
	both := []string{"DPP_URL=http://env", "DPP_API_KEY=env-key"}
	for name, c := range map[string]struct {
		target   target
		env      []string
		url, key string
	}{
		"nothing said":              {target{}, nil, "http://127.0.0.1:1111", "default-key"},
		"environment":               {target{}, both, "http://env", "env-key"},
		"flags":                     {target{URL: "http://flag", Key: "flag-key"}, both, "http://flag", "flag-key"},
		"folder beats environment":  {target{Data: "other"}, both, "http://127.0.0.1:2222", "other-key"},
		"flags beat folder":         {target{URL: "http://flag", Key: "flag-key", Data: "other"}, both, "http://flag", "flag-key"},
		"key of the environment":    {target{}, both[1:], "http://127.0.0.1:1111", "env-key"},
		"key of a named folder":     {target{URL: "http://flag", Data: "other"}, nil, "http://flag", "other-key"},
		"key flag beside folder":    {target{Key: "flag-key", Data: "third"}, nil, "http://127.0.0.1:3333", "flag-key"},
		"folder of the environment": {target{}, []string{"DPP_DATA=fourth"}, "http://127.0.0.1:4444", "fourth-key"},
	} {
		got, err := c.target.client(c.env)
		if err != nil || got.URL != c.url || got.Key != dpp.Secret(c.key) {
			t.Errorf("%s: %v, %q with %q, want %q with %q", name, err, got.URL, string(got.Key), c.url, c.key)
		}
	}
}

func TestAFoldersKeyGoesToNoOtherServerUnasked(t *testing.T) {
	t.Chdir(t.TempDir())
	folder(t, "dpp-data", "127.0.0.1:1111", "default-key")
	for _, env := range [][]string{nil, {"DPP_URL=http://elsewhere"}} {
		c := target{URL: "http://elsewhere"}
		if env != nil {
			c.URL = ""
		}
		_, err := c.client(env)
		var usage *usageError
		if !errors.As(err, &usage) {
			t.Errorf("environment %v: got %v, want a usage error", env, err)
		}
	}
}

func TestDataFoldersThatDoNotHelp(t *testing.T) {
	t.Chdir(t.TempDir())
	folder(t, "no-server", "", "key")
	folder(t, "no-key", "127.0.0.1:1", "")
	folder(t, "bad", "127.0.0.1", "key")
	for name, want := range map[string]int{"none": exitUnreachable, "no-server": exitUnreachable, "no-key": exitUsage, "bad": exitFailed} {
		c := target{Data: name}
		if _, err := c.client(nil); err == nil || code(err) != want {
			t.Errorf("%s: %v, want exit %d", name, err, want)
		}
	}
}
