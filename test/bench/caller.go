package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
)

// caller submits the same small run under ever new keys.
type caller struct {
	url, prefer string
	keys        []string // each of another tenant; clients have them in turn
	client      *http.Client
	n           atomic.Int64
}

func newCaller(url string, keys []string, prefer string) *caller {
	return &caller{url: url, keys: keys, prefer: prefer, client: &http.Client{Transport: &http.Transport{MaxIdleConns: 1024, MaxIdleConnsPerHost: 1024, DisableCompression: true}}}
}

const body = `{"pack_type":"noop","inputs":{"note":"a run that does nothing"},"reservation":{"max_cost_usd":"0.0050","timebox_sec":60}}`

func (c *caller) post(ctx context.Context, client, want int) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+c.keys[client%len(c.keys)])
	r.Header.Set("Idempotency-Key", "bench-"+strconv.FormatInt(c.n.Add(1), 10)+"-key")
	if c.prefer != "" {
		r.Header.Set("Prefer", c.prefer)
	}
	answer, err := c.client.Do(r)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return err
	}
	if answer.StatusCode != want {
		return fmt.Errorf("status %d, want %d: %.300s", answer.StatusCode, want, text)
	}
	return nil
}
