package s3blob_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"dpp/internal/blob/s3blob"
	"dpp/internal/ops"
	"dpp/test/servers"
)

// wantFindings compares the names; those that are not good start with '!'.
func wantFindings(t *testing.T, findings []ops.Finding, want ...string) {
	t.Helper()
	var got []string
	for _, f := range findings {
		name := f.Name
		if !f.OK {
			name = "!" + name
		}
		got = append(got, name)
		if f.Detail == "" || f.OK != (f.Remedy == "") || strings.Contains(f.Detail, "X-Amz-Signature") || strings.Contains(f.Detail, "hush") {
			t.Errorf("%+v", f)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("findings %+v, want %q", findings, want)
	}
}

var allGood = []string{
	"object store clock", "bucket", "object write", "object condition", "object read", "signed URL", "object delete", "lifecycle rules",
}

func TestCheck(t *testing.T) {
	s := shared(t)
	wantFindings(t, s.Check(t.Context()), allGood...)
	infos, err := s.List(t.Context(), "", "", 9)
	if err != nil || len(infos) != 0 {
		t.Errorf("left %+v, %v", infos, err)
	}
}

func TestCheckFinds(t *testing.T) {
	cloud := servers.S3(t)
	cloud.Setenv(t)
	t.Run("no bucket", func(t *testing.T) {
		wantFindings(t, open(t, options(cloud)).Check(t.Context()), "object store clock", "!bucket")
	})
	t.Run("wrong credentials", func(t *testing.T) {
		opts := options(cloud)
		bucketed(t, opts)
		wrong := cloud
		wrong.SecretKey = "hush-hush"
		wrong.Setenv(t)
		wantFindings(t, open(t, opts).Check(t.Context()), "object store clock", "!bucket")
	})
	t.Run("no server", func(t *testing.T) {
		wantFindings(t, open(t, s3blob.Options{Bucket: "bucket", Endpoint: "http://127.0.0.1:1"}).Check(t.Context()), "!bucket")
	})
	t.Run("a public endpoint that nobody serves", func(t *testing.T) {
		opts := options(cloud)
		opts.PublicEndpoint = "http://127.0.0.1:1"
		want := slices.Clone(allGood)
		want[5] = "!signed URL"
		wantFindings(t, bucketed(t, opts).Check(t.Context()), want...)
	})
	t.Run("a public endpoint of somebody else", func(t *testing.T) {
		other := newFake(t)
		cloud.Setenv(t)
		opts := options(cloud)
		opts.PublicEndpoint = other.URL
		want := slices.Clone(allGood)
		want[5] = "!signed URL"
		wantFindings(t, bucketed(t, opts).Check(t.Context()), want...)
	})
}

func TestCheckFindsAtAFake(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(*fake)
		want  []string // that are not good
	}{
		"a store whose rules are missing": {func(*fake) {}, []string{"lifecycle rules"}},
		"a store that overwrites":         {func(f *fake) { f.overwrites = true }, []string{"object condition", "lifecycle rules"}},
		"a store that loses metadata":     {func(f *fake) { f.sumsOnly = true }, []string{"object read", "lifecycle rules"}},
		"rules that may not be seen": {
			func(f *fake) { refuseAll(f, "", "lifecycle", 403) },
			[]string{"lifecycle rules"},
		},
		"a clock that is wrong": {
			func(f *fake) {
				f.answer = func(w http.ResponseWriter, _ *http.Request) bool {
					w.Header().Set("Date", time.Now().Add(-5*time.Minute).UTC().Format(http.TimeFormat))
					return false
				}
			},
			[]string{"object store clock", "lifecycle rules"},
		},
		"objects that may not be deleted": {
			func(f *fake) { refuseAll(f, http.MethodPost, "delete", 403) },
			[]string{"object delete", "lifecycle rules"},
		},
		"objects that may not be listed": {
			func(f *fake) { refuseAll(f, http.MethodGet, "list-type", 403) },
			[]string{"object delete", "lifecycle rules"},
		},
		"objects that may not be read": {
			func(f *fake) { refuseAll(f, http.MethodHead, "/probe", 403) },
			[]string{"object condition", "object read", "object delete", "lifecycle rules"},
		},
		"signed URLs that are refused": {
			func(f *fake) { refuseAll(f, http.MethodGet, "X-Amz-Signature", 403) },
			[]string{"signed URL", "lifecycle rules"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			test.spoil(f)
			want := slices.Clone(allGood)
			for i, name := range want {
				if slices.Contains(test.want, name) {
					want[i] = "!" + name
				}
			}
			wantFindings(t, open(t, f.options()).Check(t.Context()), want...)
		})
	}
	t.Run("objects that may not be written", func(t *testing.T) {
		f := newFake(t)
		refuseAll(f, http.MethodPut, "/probe", 403)
		wantFindings(t, open(t, f.options()).Check(t.Context()), "object store clock", "bucket", "!object write", "!lifecycle rules")
	})
	t.Run("rules that are there", func(t *testing.T) {
		f := newFake(t)
		s := open(t, f.options())
		bootstrap(t, s, 30*day)
		wantFindings(t, s.Check(t.Context()), allGood...)
	})
	t.Run("rules that somebody switched off", func(t *testing.T) {
		f := newFake(t)
		s := open(t, f.options())
		bootstrap(t, s, 30*day)
		f.rules = strings.ReplaceAll(f.rules, "Enabled", "Disabled")
		want := slices.Clone(allGood)
		want[7] = "!lifecycle rules"
		wantFindings(t, s.Check(t.Context()), want...)
	})
	t.Run("a bucket in another region", func(t *testing.T) {
		f := newFake(t)
		refuseAll(f, http.MethodHead, "", 301)
		wantFindings(t, open(t, f.options()).Check(t.Context()), "object store clock", "!bucket")
	})
}

// refuseAll refuses the requests of a method whose URLs hold text.
func refuseAll(f *fake, method, text string, status int) {
	f.answer = func(w http.ResponseWriter, r *http.Request) bool {
		hit := (method == "" || r.Method == method) && strings.Contains(r.URL.String(), text)
		if hit {
			refuse(w, r, status, "AccessDenied")
		}
		return hit
	}
}
