package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"dpp"
	"dpp/client"
	"dpp/internal/config"
)

// healthCmd is the health check of containers, whose image holds nothing else that
// could ask.
type healthCmd struct {
	URL     string        `name:"url" placeholder:"URL" help:"Where the process listens: an API, a worker or a reaper ($$DPP_URL)."`
	Timeout time.Duration `name:"timeout" default:"5s" help:"How long it may take to answer."`
}

// readiness is an answer of GET /readyz, good or bad.
type readiness struct {
	Ready  bool     `json:"ready"`
	Down   []string `json:"down"`             // that it can do without
	Detail string   `json:"detail,omitempty"` // why it is not ready
}

const maxReadiness = 64 << 10

// Run is part of the command line.
func (c *healthCmd) Run(ctx context.Context, s *session) error {
	where, err := c.where(s.Env)
	if err != nil {
		return err
	}
	if c.Timeout <= 0 {
		return &usageError{"--timeout must be above zero"}
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	r, err := readyz(ctx, where)
	if err != nil {
		return err
	}
	if err := s.print(r, func(w io.Writer) { showReadiness(w, &r) }); err != nil {
		return err
	}
	if !r.Ready {
		return errTold
	}
	return nil
}

func (c *healthCmd) where(env []string) (string, error) {
	variables, err := config.Environment(env)
	if err != nil {
		return "", err
	}
	if named := cmp.Or(c.URL, variables[config.ClientURL]); named != "" {
		if u, err := url.Parse(named); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return "", &usageError{"--url and DPP_URL must be like http://127.0.0.1:8001"}
		}
		return strings.TrimRight(named, "/"), nil
	}
	return listening(cmp.Or(variables[config.DataVariable], config.DefaultData))
}

func readyz(ctx context.Context, where string) (r readiness, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, where+"/readyz", http.NoBody)
	if err != nil {
		return r, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return r, &client.UnreachableError{Err: err}
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxReadiness))
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return r, &client.UnreachableError{Err: err}
	}
	var body struct {
		Down   []string   `json:"down"`
		Reason dpp.Reason `json:"reason_code"`
		Detail string     `json:"detail"`
	}
	unread := json.Unmarshal(text, &body)
	r = readiness{Ready: answer.StatusCode == http.StatusOK, Down: body.Down, Detail: body.Detail}
	if unread != nil || !r.Ready && body.Reason == "" {
		return r, fmt.Errorf("what listens there is no DPP: it answers %d to GET /readyz", answer.StatusCode)
	}
	return r, nil
}

func showReadiness(w io.Writer, r *readiness) {
	switch {
	case !r.Ready:
		row(w, "not ready: "+printable(r.Detail))
	case len(r.Down) > 0:
		row(w, "ready, without "+printable(strings.Join(r.Down, ", ")))
	default:
		row(w, "ready")
	}
}
