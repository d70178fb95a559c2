package cli

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestHealth(t *testing.T) {
	for name, c := range map[string]struct {
		status    int
		body      string
		code      int
		out, says string
	}{
		"ready":            {200, `{"status":"ready","down":[]}`, exitDone, "ready\n", ""},
		"without the gate": {200, `{"status":"ready","down":["redis"]}`, exitDone, "ready, without redis\n", ""},
		"not ready":        {503, `{"reason_code":"DEPENDENCY_DOWN","detail":"Down: s3."}`, exitFailed, "not ready: Down: s3.\n", ""},
		"somebody else":    {404, "404 page not found", exitFailed, "", "what listens there is no DPP"},
		"another service":  {200, "welcome", exitFailed, "", "what listens there is no DPP"},
		"a login page":     {302, `{}`, exitFailed, "", "what listens there is no DPP"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/readyz" || r.Header.Get("Authorization") != "" {
					t.Errorf("%s %s", r.Method, r.URL)
				}
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			}))
			defer server.Close()
			for _, b := range []*bench{{t: t}, {t: t, env: []string{"DPP_URL=" + server.URL + "/"}}} {
				args := []string{"health"}
				if b.env == nil {
					args = append(args, "--url", server.URL)
				}
				o := b.run(args...)
				if o.code != c.code || o.out != c.out {
					t.Errorf("exit %d, %q, %q", o.code, o.out, o.err)
				}
				contains(t, o.err, c.says)
			}
		})
	}
}

func TestHealthOfNobody(t *testing.T) {
	t.Chdir(t.TempDir())
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	b := &bench{t: t}
	for _, c := range []struct {
		code int
		args []string
	}{
		{exitUnreachable, []string{"--url", server.URL}},
		{exitUnreachable, nil}, // no data folder
		{exitUsage, []string{"--url", "ftp://host"}},
		{exitUsage, []string{"--url", server.URL, "--timeout", "0s"}},
	} {
		if o := b.run(append([]string{"health"}, c.args...)...); o.code != c.code || o.out != "" {
			t.Errorf("%v: exit %d, %q, %q", c.args, o.code, o.out, o.err)
		}
	}
}
