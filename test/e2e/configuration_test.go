package e2e

import (
	"crypto/rand"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dpp"
	"dpp/test/servers"
)

// starter brings up a site with settings such as "DPP_LEASE_TTL=3s".
type starter func(t *testing.T, env ...string) *site

// everywhere runs a test on both configurations.
func everywhere(t *testing.T, test func(t *testing.T, start starter)) {
	for _, configuration := range []struct {
		name  string
		start starter
	}{{"embedded", embedded}, {"production", production}} {
		t.Run(configuration.name, func(t *testing.T) {
			t.Parallel()
			test(t, configuration.start)
		})
	}
}

// embedded is one `dpp up` on a data folder.
func embedded(t *testing.T, env ...string) *site {
	t.Helper()
	s := newSite(t, env)
	data := filepath.Join(t.TempDir(), "data")
	s.place = []string{"--data", data}
	s.add("up", s.place...)
	s.up()
	s.check()
	key, err := os.ReadFile(filepath.Join(data, "dev.key"))
	if err != nil {
		t.Fatal(err)
	}
	s.key = dpp.Secret(strings.TrimSpace(string(key)))
	return s
}

// production is all parts apart, several of each, on shared backends.
func production(t *testing.T, env ...string) *site {
	t.Helper()
	return apart(t, backends{
		database: servers.Postgres(t), redis: servers.Redis(t).Address(),
		objects: servers.S3(t), queue: servers.SQS(t),
	}, env...)
}

// backends are where the parts find what they share.
type backends struct {
	database       string // URL
	redis          string // host:port
	objects, queue servers.Cloud
}

// variables are the settings that name the backends, with a bucket and a queue of
// their own.
func (b backends) variables() []string {
	name := "e2e-" + strings.ToLower(rand.Text())
	return append(
		b.objects.Environ(),
		"DPP_DATABASE_URL="+b.database, "DPP_REDIS_URL=redis://"+b.redis+"/0",
		"DPP_BLOB_URL=s3://"+name+"?"+cloudQuery(b.objects), "DPP_QUEUE_URL=sqs://"+name+"?"+cloudQuery(b.queue),
	)
}

func cloudQuery(c servers.Cloud) string {
	return url.Values{"endpoint": {c.Endpoint}, "region": {c.Region}}.Encode()
}

// apart starts all parts on backends.
func apart(t *testing.T, b backends, env ...string) *site {
	t.Helper()
	s := newSite(t, append(append(b.variables(), "DPP_REAPER_INTERVAL=1s"), env...))
	for _, role := range []string{"api", "api", "worker", "worker", "worker", "reaper", "reaper"} {
		s.add(role)
	}
	if out, err := s.cli("migrate", "up"); err != nil {
		t.Fatal(err, out)
	}
	s.up()
	s.check()
	_, s.key = s.tenant("dev", "100.0000")
	return s
}
