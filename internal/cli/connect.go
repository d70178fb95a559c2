package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"dpp"
	"dpp/client"
	"dpp/internal/config"
)

// errNotRunning: the data folder names no server that listens.
var errNotRunning = errors.New("no server listens beside the data folder: start one with dpp up, or name it with --url or DPP_URL")

// target says which server a client command speaks to, and as whom.
type target struct {
	URL  string `name:"url" placeholder:"URL" help:"Where the server is ($$DPP_URL)."`
	Key  string `name:"key" placeholder:"KEY" help:"API key ($$DPP_API_KEY)."`
	Data string `name:"data" placeholder:"DIR" help:"Data folder of a running dpp up: its address and its dev key."`
}

// maxNote bounds the small files of the data folder.
const maxNote = 4096

// longPause is a pause between tries that somebody may wonder about.
const longPause = 3 * time.Second

// connect makes the client that a command speaks with. Long pauses are told.
func (s *session) connect(t *target) (*client.Client, error) {
	c, err := t.client(s.Env)
	if err != nil {
		return nil, err
	}
	c.OnRetry = func(cause error, pause time.Duration) {
		if pause >= longPause {
			s.say("%s; again in %d s", cause, (pause+time.Second-1)/time.Second)
		}
	}
	return c, nil
}

// client makes it. A flag beats the environment; where neither names the server, the
// default data folder does. A folder's key goes to no other server than the
// folder's own, unless --data asks for it.
func (t *target) client(env []string) (*client.Client, error) {
	variables, err := config.Environment(env)
	if err != nil {
		return nil, err
	}
	folder := cmp.Or(t.Data, variables[config.DataVariable], config.DefaultData)
	c := &client.Client{HTTP: &http.Client{CheckRedirect: stay}}
	own := false
	switch {
	case t.URL != "":
		c.URL = t.URL
	case t.Data == "" && variables[config.ClientURL] != "":
		c.URL = variables[config.ClientURL]
	default:
		own = true
		if c.URL, err = listening(folder); err != nil {
			return nil, err
		}
	}
	switch {
	case t.Key != "":
		c.Key = dpp.Secret(t.Key)
	case t.Data == "" && variables[config.ClientKey] != "":
		c.Key = dpp.Secret(variables[config.ClientKey])
	case own || t.Data != "":
		c.Key, err = devKey(folder)
	default:
		err = &usageError{"no API key: name it with --key or DPP_API_KEY"}
	}
	return c, err
}

// stay keeps a key from travelling to another server.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// listening reads where the server of a data folder listens. It is asked on
// loopback where it listens everywhere.
func listening(folder string) (string, error) {
	note, err := readNote(config.ListenPath(folder))
	if errors.Is(err, os.ErrNotExist) {
		return "", errNotRunning
	}
	if err != nil {
		return "", fmt.Errorf("address of the server: %w", err)
	}
	host, port, err := net.SplitHostPort(note)
	if err != nil {
		return "", fmt.Errorf("address of the server: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port), nil
}

func devKey(folder string) (dpp.Secret, error) {
	note, err := readNote(config.DevKeyPath(folder))
	if errors.Is(err, os.ErrNotExist) {
		return "", &usageError{"the data folder holds no dev.key: name a key with --key or DPP_API_KEY"}
	}
	if err != nil {
		return "", fmt.Errorf("dev key: %w", err)
	}
	return dpp.Secret(note), nil
}

func readNote(path string) (string, error) {
	f, err := os.Open(path) //nolint:gosec // the caller names the folder
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(f, maxNote))
	return strings.TrimSpace(string(text)), err
}
