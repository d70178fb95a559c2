package delivery

import (
	"bytes"
	"maps"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pb33f/go-yaml"

	"dpp/internal/config"
)

// composeFile is what the Compose specification knows, as far as it is used here. Any
// other key, and any key that stands twice, is an error.
type composeFile struct {
	Common   any                `yaml:"x-dpp"`
	Services map[string]service `yaml:"services"`
	Volumes  map[string]struct {
		Driver string `yaml:"driver"`
	} `yaml:"volumes"`
}

type service struct {
	Image string `yaml:"image"`
	Build struct {
		Context string `yaml:"context"`
	} `yaml:"build"`
	Command         []string          `yaml:"command"`
	Environment     map[string]string `yaml:"environment"`
	Ports           []string          `yaml:"ports"`
	Volumes         []string          `yaml:"volumes"`
	Tmpfs           []string          `yaml:"tmpfs"`
	Profiles        []string          `yaml:"profiles"`
	Restart         string            `yaml:"restart"`
	ReadOnly        bool              `yaml:"read_only"`
	CapDrop         []string          `yaml:"cap_drop"`
	SecurityOpt     []string          `yaml:"security_opt"`
	StopGracePeriod string            `yaml:"stop_grace_period"`
	DependsOn       map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
	Healthcheck *struct {
		Test     []string `yaml:"test"`
		Interval string   `yaml:"interval"`
		Timeout  string   `yaml:"timeout"`
		Retries  int      `yaml:"retries"`
	} `yaml:"healthcheck"`
}

const (
	composePath = "infra/docker-compose.yml"
	appProfile  = "app"
)

func compose(t *testing.T) composeFile {
	t.Helper()
	file, err := readCompose(text(t, composePath))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func readCompose(text string) (file composeFile, err error) {
	decoder := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.KnownFields(true)
	return file, decoder.Decode(&file)
}

func TestSlipsInAComposeFileAreFound(t *testing.T) {
	for name, text := range map[string]string{
		"an unknown key":          "services: {a: {image: x, comand: [api]}}",
		"a key that stands twice": "services: {a: {image: x, image: y}}",
		"a command as text":       "services: {a: {command: api}}",
		"no YAML":                 "services: {a: [",
	} {
		if _, err := readCompose(text); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// app tells whether the service runs DPP, and not what DPP needs.
func (s service) app() bool { return slices.Contains(s.Profiles, appProfile) }

func TestComposeStartsWhatDPPNeeds(t *testing.T) {
	file := compose(t)
	published := map[string]string{}
	var plain, apps []string
	for _, name := range slices.Sorted(maps.Keys(file.Services)) {
		s := file.Services[name]
		for _, port := range s.Ports {
			published[port] = name
		}
		if s.app() {
			apps = append(apps, name)
		} else {
			plain = append(plain, name)
		}
	}
	if want := []string{"localstack", "postgres", "redis"}; !slices.Equal(plain, want) {
		t.Errorf("without a profile %q start, want %q", plain, want)
	}
	if want := []string{"api", "migrate", "reaper", "worker-1", "worker-2"}; !slices.Equal(apps, want) {
		t.Errorf("the profile starts %q, want %q", apps, want)
	}
	want := map[string]string{
		"127.0.0.1:5432:5432": "postgres", "127.0.0.1:6379:6379": "redis",
		"127.0.0.1:4566:4566": "localstack", "127.0.0.1:8000:8000": "api",
	}
	if !maps.Equal(published, want) {
		t.Errorf("published are %v, want %v: on this machine's own address alone", published, want)
	}
}

var exactImage = regexp.MustCompile(`^[a-z0-9./-]+:\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?$`)

func TestComposeServicesAreWholeAndPinned(t *testing.T) {
	file := compose(t)
	for name, s := range file.Services {
		if s.app() {
			if s.Image != "dpp:local" || s.Build.Context != ".." {
				t.Errorf("%s runs %s built from %q, want this checkout", name, s.Image, s.Build.Context)
			}
			if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
				t.Errorf("%s may do more than it needs", name)
			}
		} else {
			if !exactImage.MatchString(s.Image) || s.Build.Context != "" {
				t.Errorf("%s runs %s, want an exact version", name, s.Image)
			}
		}
		if name != "migrate" {
			checkHealth(t, name, s)
		}
		if !slices.Contains([]string{"unless-stopped", "on-failure"}, s.Restart) {
			t.Errorf("%s restarts %q", name, s.Restart)
		}
		checkNeeds(t, file, name, s)
		for _, volume := range s.Volumes {
			source, target, ok := strings.Cut(volume, ":")
			if _, named := file.Volumes[source]; !ok || !named || !strings.HasPrefix(target, "/") {
				t.Errorf("%s mounts %s, want a named volume", name, volume)
			}
		}
		if strings.Contains(strings.Join(slices.Collect(maps.Values(s.Environment)), ""), "$") {
			t.Errorf("%s has a $ in its environment, which Compose would replace", name)
		}
	}
	if !strings.HasPrefix(file.Services["localstack"].Image, "localstack/localstack:4.14.") {
		t.Error("S3 and SQS: later releases than 4.14 want a token")
	}
}

func checkHealth(t *testing.T, name string, s service) {
	t.Helper()
	h := s.Healthcheck
	if h == nil || len(h.Test) < 2 || h.Test[0] != "CMD" || h.Retries < 1 {
		t.Errorf("%s has no whole health check: %+v", name, h)
		return
	}
	for _, text := range []string{h.Interval, h.Timeout} {
		if d, err := time.ParseDuration(text); err != nil || d < time.Second {
			t.Errorf("%s has a health check with the time %q", name, text)
		}
	}
}

func checkNeeds(t *testing.T, file composeFile, name string, s service) {
	t.Helper()
	for other, need := range s.DependsOn {
		needed, ok := file.Services[other]
		switch {
		case !ok:
			t.Errorf("%s waits for %s, which is not there", name, other)
		case need.Condition == "service_healthy" && needed.Healthcheck == nil:
			t.Errorf("%s waits for the health of %s, which has no check", name, other)
		case need.Condition == "service_completed_successfully" && needed.Restart == "unless-stopped":
			t.Errorf("%s waits for the end of %s, which never ends", name, other)
		case need.Condition != "service_healthy" && need.Condition != "service_completed_successfully":
			t.Errorf("%s waits for %s until %q", name, other, need.Condition)
		}
	}
	if s.app() && name != "migrate" && s.DependsOn["migrate"].Condition != "service_completed_successfully" {
		t.Errorf("%s does not wait for the schema", name)
	}
}

// Docker kills what does not end in time: that must be longer than ending takes.
func TestComposeAsksAndLetsRunsFinish(t *testing.T) {
	for name, s := range compose(t).Services {
		if !s.app() || name == "migrate" {
			continue
		}
		cfg, err := config.Load(config.Role(s.Command[0]), nil, environ(s.Environment))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_, port, err := net.SplitHostPort(cfg.Listen)
		if want := []string{"CMD", "/usr/local/bin/dpp", "health", "--url", "http://127.0.0.1:" + port}; err != nil || !slices.Equal(s.Healthcheck.Test, want) {
			t.Errorf("%s is asked by %q, want %q, %v", name, s.Healthcheck.Test, want, err)
		}
		if grace, err := time.ParseDuration(s.StopGracePeriod); err != nil || grace < cfg.ShutdownDelay+cfg.DrainGrace+stopping {
			t.Errorf("%s has %q to stop (%v), and drains for %s", name, s.StopGracePeriod, err, cfg.DrainGrace)
		}
	}
}

// stopping is what ending takes besides the draining of runs.
const stopping = 20 * time.Second

// environ is a map as [os.Environ] writes it.
func environ(variables map[string]string) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		all = append(all, name+"="+variables[name])
	}
	return all
}
