package fetch

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/go-json-experiment/json"
)

// truth reads a file of the folder of ground truth, which is no part of the
// project, or says that it is not there.
func truth(t *testing.T, name string, into any) bool {
	t.Helper()
	folder := os.Getenv("TRUTH_DIR")
	if folder == "" {
		t.Logf("TRUTH_DIR is not set: the cases of %s did not run, only the project's own", name)
		return false
	}
	content, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, into, json.MatchCaseInsensitiveNames(true)); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return true
}

// asLocation matches what means the same in a Location header: an absolute URL
// without white space.
var asLocation = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20]*$`)

// Every URL of the ground truth is decided as it says, as the URL that is asked for
// and as the place that a redirect leads to. Nothing is ever dialled but a stub.
func TestTruthOfURLs(t *testing.T) {
	var file struct {
		Cases []struct{ ID, URL, Expect, Why string }
	}
	if !truth(t, "ssrf_urls.json", &file) {
		return
	}
	if len(file.Cases) == 0 {
		t.Fatal("there are no cases")
	}
	for _, c := range file.Cases {
		t.Run(c.ID, func(t *testing.T) {
			allow := c.Expect == "allow"
			if !allow && c.Expect != "block" {
				t.Fatalf("this test does not know how to %q", c.Expect)
			}
			if e, dialled := fetchSealed(t, c.URL); dialled != allow || e.Blocked == allow {
				t.Errorf("%q (%s): dialled %t, %+v, want %s", c.URL, c.Why, dialled, *e, c.Expect)
			}
			if !asLocation.MatchString(c.URL) {
				return
			}
			if followed := hopsTo(t, c.URL) == 2; followed != allow {
				t.Errorf("a redirect to %q (%s): followed %t, want %s", c.URL, c.Why, followed, c.Expect)
			}
		})
	}
	t.Logf("%d cases", len(file.Cases))
}

// hopsTo counts what is dialled after a page that redirects to a location.
func hopsTo(t *testing.T, location string) int {
	t.Helper()
	start := pipes(t, scripted(func() string {
		return "HTTP/1.1 302 Found\r\nLocation: " + location + "\r\nContent-Length: 0\r\n\r\n"
	}))
	dials := 0
	f := New(Options{Resolver: fixed(public), Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials++; dials > 1 {
			return nil, errors.New("sealed")
		}
		return start(ctx, network, address)
	}})
	refusal(t, f, Request{URL: "http://start.example/", AllowHTTP: true, MaxHops: 1})
	return dials
}

// Every behaviour of the ground truth has a test of its own here.
func TestTruthOfBehaviours(t *testing.T) {
	var cases []struct{ ID, Setup, Expect string }
	if !truth(t, "ssrf_dynamic.json", &cases) {
		return
	}
	for _, c := range cases {
		if !slices.ContainsFunc(hostile, func(h behaviour) bool { return h.id == c.ID }) {
			t.Errorf("nothing tests %s: %s; %s", c.ID, c.Setup, c.Expect)
		}
	}
	t.Logf("%d cases, each a subtest of TestHostile", len(cases))
}
