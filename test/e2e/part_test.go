package e2e

import (
	"errors"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"syscall"
	"time"

	"dpp/test/platform"
)

// part is one process of a site, over all its lives.
type part struct {
	site *site
	role string // up, api, worker or reaper
	args []string
	// aside: clients of the site are not sent to it.
	aside bool

	cmd   *exec.Cmd // nil: it does not run
	ended chan error
	said  *platform.LogBuffer // standard output of this life
	log   *platform.LogBuffer // standard error of all lives
	url   string              // where it listens
}

// serves tells whether clients of the site are sent to the part.
func (p *part) serves() bool { return (p.role == "up" || p.role == "api") && !p.aside }

// up starts the process and returns once it is ready.
func (p *part) up() {
	p.site.t.Helper()
	p.begin()
	p.awaitReady()
}

// begin starts the process.
func (p *part) begin() {
	t := p.site.t
	t.Helper()
	p.said = &platform.LogBuffer{}
	cmd := exec.Command(p.site.program, append([]string{p.role, "--listen", "127.0.0.1:0"}, p.args...)...)
	cmd.Env, cmd.Stdout, cmd.Stderr = p.site.env, p.said, p.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // ends with the process, which stop or kill ends
	p.cmd, p.ended = cmd, ended
}

var greeted = regexp.MustCompile(`listens on (http://\S+)\n`)

// awaitReady waits until the process says where it listens, and that it is ready.
func (p *part) awaitReady() {
	t := p.site.t
	t.Helper()
	late := time.After(60 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if found := greeted.FindStringSubmatch(p.said.String()); found != nil {
			before := p.url
			if p.url = found[1]; p.serves() {
				p.site.balance.replace(before, p.url)
			}
			if p.ready() == http.StatusOK {
				return
			}
		}
		select {
		case err := <-p.ended:
			p.cmd = nil
			t.Fatalf("dpp %s ended before it was ready: %v\n%s", p.role, err, p.tail())
		case <-late:
			t.Fatalf("dpp %s is not ready after 60 s\n%s", p.role, p.tail())
		case <-tick.C:
		}
	}
}

// answers is the status and the body with which the part answers a GET; 0: not at all.
func (p *part) answers(path string) (int, string) {
	answer, err := http.Get(p.url + path)
	if err != nil {
		return 0, ""
	}
	text, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return 0, ""
	}
	return answer.StatusCode, string(text)
}

// ready is what the part answers to whoever asks whether it can serve.
func (p *part) ready() int {
	status, _ := p.answers("/readyz")
	return status
}

// stop ends the process as an operator would and expects it to succeed.
func (p *part) stop() {
	p.site.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.site.t.Fatal(err)
	}
	p.awaitEnd()
}

func (p *part) awaitEnd() {
	p.site.t.Helper()
	select {
	case err := <-p.ended:
		p.cmd = nil
		if err != nil {
			p.site.t.Fatalf("dpp %s ended with %v\n%s", p.role, err, p.tail())
		}
	case <-time.After(90 * time.Second):
		p.site.t.Fatalf("dpp %s did not stop\n%s", p.role, p.tail())
	}
}

// interrupt signals until the process is gone, however it takes that.
func (p *part) interrupt() {
	for {
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			<-p.ended // it is gone
			break
		}
		select {
		case <-p.ended:
		case <-time.After(200 * time.Millisecond):
			continue
		}
		break
	}
	p.cmd = nil
}

// kill ends the process with no chance to say anything.
func (p *part) kill() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Kill()
	<-p.ended
	p.cmd = nil
}

// tail is how the part's log ends.
func (p *part) tail() string {
	text := p.log.String()
	return text[max(0, len(text)-4000):]
}
