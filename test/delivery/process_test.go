package delivery

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"dpp/test/platform"
	"dpp/test/servers"
)

// here are real servers in the place of those that a file names.
type here struct {
	database *url.URL
	redis    string
	objects  servers.Cloud
	messages servers.Cloud
}

func startServers(t *testing.T) here {
	t.Helper()
	database, err := url.Parse(servers.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	return here{database: database, redis: servers.Redis(t).Address(), objects: servers.S3(t), messages: servers.SQS(t)}
}

// environment is that of a file, with our servers in the place of its own and with
// their credentials. All else, such as names of buckets and parameters of URLs, stays.
func (h here) environment(t *testing.T, of map[string]string) map[string]string {
	t.Helper()
	env := maps.Clone(of)
	for name, change := range map[string]func(*url.URL){
		"DPP_DATABASE_URL": func(u *url.URL) {
			u.User, u.Host, u.Path = h.database.User, h.database.Host, h.database.Path
			set(u, "sslmode", "disable")
		},
		"DPP_REDIS_URL": func(u *url.URL) { u.Scheme, u.User, u.Host = "redis", nil, h.redis },
		"DPP_BLOB_URL": func(u *url.URL) {
			set(u, "endpoint", h.objects.Endpoint)
			set(u, "public_endpoint", h.objects.Endpoint)
			set(u, "region", h.objects.Region)
		},
		"DPP_QUEUE_URL": func(u *url.URL) {
			set(u, "endpoint", h.messages.Endpoint)
			set(u, "region", h.messages.Region)
		},
	} {
		u, err := url.Parse(env[name])
		if err != nil || env[name] == "" {
			t.Fatalf("%s is %q (%v)", name, env[name], err)
		}
		change(u)
		env[name] = u.String()
	}
	for _, line := range h.objects.Environ() {
		name, value, _ := strings.Cut(line, "=")
		env[name] = value
	}
	env["DPP_LISTEN"] = "127.0.0.1:0"
	return env
}

func set(u *url.URL, parameter, value string) {
	query := u.Query()
	query.Set(parameter, value)
	u.RawQuery = query.Encode()
}

// process is a role of the binary that runs.
type process struct {
	name  string
	url   string
	cmd   *exec.Cmd
	log   platform.LogBuffer
	ended chan error
}

// startup bounds how long a process may take until it is ready.
const startup = 60 * time.Second

// startProcess starts the binary and returns once it is ready.
func startProcess(t *testing.T, name string, args []string, env map[string]string) *process {
	t.Helper()
	p := &process{name: name, ended: make(chan error, 1)}
	p.cmd = exec.Command(binary(t), args...)
	p.cmd.Env, p.cmd.Stderr = environ(env), &p.log
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	greeting := make(chan string, 1)
	go func() { // ends with the process, which the cleanup ends
		line, _ := bufio.NewReader(out).ReadString('\n')
		greeting <- line
		_, _ = io.Copy(io.Discard, out)
		p.ended <- p.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
		if t.Failed() {
			t.Logf("the log of %s:\n%s", name, p.log.String())
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), startup)
	defer cancel()
	select {
	case line := <-greeting:
		_, address, ok := strings.Cut(strings.TrimSpace(line), " listens on ")
		if !ok {
			t.Fatalf("%s says %q\n%s", name, line, p.log.String())
		}
		p.url = address
	case <-ctx.Done():
		t.Fatalf("%s does not listen after %s\n%s", name, startup, p.log.String())
	}
	if err := p.awaitReady(ctx); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, p.log.String())
	}
	return p
}

func (p *process) awaitReady(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		status, err := get(ctx, p.url+"/readyz")
		if status == http.StatusOK {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not ready: status %d, %w", status, errors.Join(err, ctx.Err()))
		case <-tick.C:
		}
	}
}

func get(ctx context.Context, url string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	return answer.StatusCode, answer.Body.Close()
}

// stop ends the process as Docker and systemd do, and expects it to end well.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.ended:
		p.ended <- err // for the cleanup
		if err != nil {
			t.Errorf("%s ended with %v", p.name, err)
		}
	case <-time.After(startup):
		t.Errorf("%s did not stop", p.name)
	}
}

// command runs the binary to its end and returns what it printed.
func command(t *testing.T, args []string, env map[string]string) (string, error) {
	t.Helper()
	path := binary(t) // is built first, on nobody's time
	ctx, cancel := context.WithTimeout(t.Context(), startup)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = environ(env)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("dpp %s: %w: %s", strings.Join(args, " "), err, exit.Stderr)
	}
	return string(out), err
}

// done is [command] for one that must succeed.
func done(t *testing.T, args []string, env map[string]string) string {
	t.Helper()
	out, err := command(t, args, env)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return out
}

// eventually is [done] for a command that looks at servers with short deadlines, which
// a machine that is busy with other tests may miss.
func eventually(t *testing.T, args []string, env map[string]string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startup)
	defer cancel()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		out, err := command(t, args, env)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%v\n%s", err, out)
		case <-tick.C:
		}
	}
}
