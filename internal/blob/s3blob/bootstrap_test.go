package s3blob_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dpp/internal/blob/s3blob"
	"dpp/test/servers"
)

const day = 24 * time.Hour

// bootstrap returns its warnings.
func bootstrap(t *testing.T, s *s3blob.Store, retention time.Duration) []string {
	t.Helper()
	warnings, err := s.Bootstrap(t.Context(), retention)
	if err != nil {
		t.Fatal(err)
	}
	for _, warning := range warnings {
		if strings.ContainsAny(warning, "\r\n") || len(warning) < 20 {
			t.Errorf("warning %q", warning)
		}
	}
	return warnings
}

func TestBootstrapIsForManyAtOnce(t *testing.T) {
	cloud := servers.S3(t)
	cloud.Setenv(t)
	opts := options(cloud)
	var starting sync.WaitGroup
	for range 8 {
		s := open(t, opts)
		starting.Go(func() {
			if _, err := s.Bootstrap(t.Context(), 30*day); err != nil {
				t.Error(err)
			}
			if err := s.Ping(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	starting.Wait()
	s := open(t, opts)
	put(t, s, object("a/b", "x"))
	warnings := bootstrap(t, s, 30*day) // again
	wantContent(t, s, "a/b", "x")
	for _, warning := range warnings {
		t.Log(warning)
	}
	if !slices.ContainsFunc(warnings, func(w string) bool { return strings.Contains(w, "no setting for lifecycle rules") }) {
		t.Errorf("warnings %q", warnings)
	}
}

func TestBootstrapInstallsRules(t *testing.T) {
	f := newFake(t)
	f.missing = true
	s := open(t, f.options())
	if warnings := bootstrap(t, s, 30*day); len(warnings) > 0 {
		t.Errorf("warnings %q", warnings)
	}
	wantRules(t, f, "dpp-expire Enabled dpp/ 37", "dpp-abort-uploads Enabled dpp/ abort 1")
	if strings.Count(f.blocked, "true") != 4 {
		t.Errorf("public access %s", f.blocked)
	}

	// Again it writes nothing.
	for _, setting := range []string{"lifecycle", "publicAccessBlock"} {
		before := f.count(http.MethodPut, setting)
		bootstrap(t, s, 30*day)
		if f.count(http.MethodPut, setting) != before || before != 1 {
			t.Errorf("%s was written again", setting)
		}
	}
	bootstrap(t, s, 29*day+1) // parts of days count whole
	if f.count(http.MethodPut, "lifecycle") != 1 {
		t.Error("the same rules were written again")
	}
	bootstrap(t, s, 60*day)
	wantRules(t, f, "dpp-expire Enabled dpp/ 67", "dpp-abort-uploads Enabled dpp/ abort 1")

	opts := f.options()
	opts.Prefix = "second/"
	bootstrap(t, open(t, opts), day)
	wantRules(
		t, f, "dpp-expire Enabled dpp/ 67", "dpp-abort-uploads Enabled dpp/ abort 1",
		"dpp-expire-second Enabled second/dpp/ 8", "dpp-abort-uploads-second Enabled second/dpp/ abort 1",
	)
}

func TestBootstrapKeepsWhatOperatorsDecided(t *testing.T) {
	f := newFake(t)
	const others = `<Rule><ID>logs</ID><Status>Enabled</Status><Filter><And><Prefix>logs/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></And></Filter>` +
		`<Transition><Days>30</Days><StorageClass>GLACIER</StorageClass></Transition></Rule>` +
		`<Rule><ID>old</ID><Status>Disabled</Status><Prefix>old/</Prefix><Expiration><Date>2030-01-01T00:00:00Z</Date></Expiration></Rule>`
	f.rules = `<LifecycleConfiguration>` + others +
		`<Rule><ID>dpp-expire</ID><Status>Disabled</Status><Filter><Prefix>dpp/</Prefix></Filter><Expiration><Days>37</Days></Expiration></Rule></LifecycleConfiguration>`
	f.blocked = `<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><BlockPublicPolicy>false</BlockPublicPolicy></PublicAccessBlockConfiguration>`
	blocked := f.blocked
	warnings := bootstrap(t, open(t, f.options()), 30*day)
	if len(warnings) != 1 || !strings.Contains(warnings[0], "blocked in part only") || f.blocked != blocked {
		t.Errorf("warnings %q, public access %s", warnings, f.blocked)
	}
	wantRules(t, f, "logs Enabled logs/", "old Disabled old/", "dpp-expire Enabled dpp/ 37", "dpp-abort-uploads Enabled dpp/ abort 1")
	for _, part := range []string{"<Key>k</Key><Value>v</Value>", "<StorageClass>GLACIER</StorageClass>", "<Date>2030-01-01T00:00:00Z</Date>"} {
		if !strings.Contains(f.rules, part) {
			t.Errorf("%s is lost from %s", part, f.rules)
		}
	}
}

var (
	ruleXML  = regexp.MustCompile(`(?s)<Rule>.*?</Rule>`)
	fieldXML = regexp.MustCompile(`<(ID|Status|Prefix|Days|DaysAfterInitiation)>([^<]*)<`)
)

// wantRules compares the rules that the server has, each as "id status prefix days".
func wantRules(t *testing.T, f *fake, want ...string) {
	t.Helper()
	var got []string
	for _, rule := range ruleXML.FindAllString(f.rules, -1) {
		fields := map[string]string{}
		for _, field := range fieldXML.FindAllStringSubmatch(rule, -1) {
			fields[field[1]] = field[2]
		}
		text := fields["ID"] + " " + fields["Status"] + " " + fields["Prefix"]
		if strings.Contains(rule, "<Expiration><Days>") {
			text += " " + fields["Days"]
		}
		if days, ok := fields["DaysAfterInitiation"]; ok {
			text += " abort " + days
		}
		got = append(got, text)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("rules %q, want %q", got, want)
	}
}

func TestBootstrapWarns(t *testing.T) {
	for name, test := range map[string]struct {
		setting, method string
		status          int
		code            string
		want            string
	}{
		"a server without rules":           {"lifecycle", "GET", 501, "NotImplemented", "no setting for lifecycle rules: let it delete objects under dpp/ that are older than 37 days"},
		"a server that only has no rules":  {"lifecycle", "PUT", 501, "NotImplemented", "no setting for lifecycle rules"},
		"rules that may not be read":       {"lifecycle", "GET", 403, "AccessDenied", "allow s3:GetLifecycleConfiguration and s3:PutLifecycleConfiguration"},
		"rules that may not be written":    {"lifecycle", "PUT", 403, "AccessDenied", "allow s3:GetLifecycleConfiguration"},
		"rules that are refused":           {"lifecycle", "PUT", 400, "MalformedXML", "refuses to set lifecycle rules (400 MalformedXML)"},
		"a server without public access":   {"publicAccessBlock", "GET", 405, "MethodNotAllowed", "no setting for public access"},
		"public access that is not ours":   {"publicAccessBlock", "PUT", 403, "AccessDenied", "may not set public access"},
		"public access that nobody tells":  {"publicAccessBlock", "GET", 403, "AccessDenied", "may not set public access"},
		"public access of an odd kind":     {"publicAccessBlock", "GET", 404, "NoSuchKey", "refuses to set public access"},
		"rules at a server that is ill":    {"lifecycle", "PUT", 500, "InternalError", "refuses to set lifecycle rules (500 InternalError)"},
		"a server that has another answer": {"lifecycle", "GET", 418, "Teapot", "refuses to set lifecycle rules (418 Teapot)"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.answer = func(w http.ResponseWriter, r *http.Request) bool {
				hit := r.Method == test.method && r.URL.Query().Has(test.setting)
				if hit {
					refuse(w, r, test.status, test.code)
				}
				return hit
			}
			warnings := bootstrap(t, open(t, f.options()), 30*day)
			if len(warnings) != 1 || !strings.Contains(warnings[0], test.want) {
				t.Errorf("warnings %q, want one with %q", warnings, test.want)
			}
		})
	}
}

// A server that knows no rule for broken uploads still gets the other one.
func TestBootstrapWithHalfOfTheRules(t *testing.T) {
	f := newFake(t)
	f.answer = times(1, http.MethodPut, func(w http.ResponseWriter, r *http.Request) { refuse(w, r, 400, "InvalidArgument") })
	f.blocked = `<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>` +
		`<IgnorePublicAcls>true</IgnorePublicAcls><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>`
	warnings := bootstrap(t, open(t, f.options()), 30*day)
	if len(warnings) != 1 || !strings.Contains(warnings[0], "no rule that ends uploads") {
		t.Errorf("warnings %q", warnings)
	}
	wantRules(t, f, "dpp-expire Enabled dpp/ 37")
}

func TestBootstrapFails(t *testing.T) {
	for name, test := range map[string]struct {
		head, create int
		code, want   string
	}{
		"a bucket that may not be made": {404, 403, "AccessDenied", "may not make it (s3:CreateBucket)"},
		"a bucket of somebody else":     {403, 0, "", "bucket bucket"},
		"a bucket elsewhere":            {301, 0, "", "bucket bucket"},
		"a bucket with a refused name":  {404, 400, "InvalidBucketName", "could not be made"},
		"a bucket that does not appear": {404, 200, "", "cannot be seen"},
		"a bucket that never gets free": {404, 409, "BucketAlreadyExists", "BucketAlreadyExists"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.answer = func(w http.ResponseWriter, r *http.Request) bool {
				switch {
				case r.Method == http.MethodHead:
					w.WriteHeader(test.head)
				case test.create != http.StatusOK:
					refuse(w, r, test.create, test.code)
				}
				return true
			}
			warnings, err := open(t, f.options()).Bootstrap(t.Context(), 30*day)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hush") {
				t.Errorf("%q, %v", warnings, err)
			}
		})
	}
	t.Run("a region of its own", func(t *testing.T) {
		f := newFake(t)
		f.missing = true
		opts := f.options()
		opts.Region = "eu-central-1"
		bootstrap(t, open(t, opts), 30*day)
	})
}
