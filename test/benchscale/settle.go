package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// decision is a small run: four alternatives, three criteria, no draws.
const decision = `{"pack_type":"decision","inputs":{"question":"Which supplier should we take?","alternatives":[
{"name":"North","values":{"price":14200,"quality":8,"delivery_days":12}},{"name":"Harbour","values":{"price":15900,"quality":9,"delivery_days":7}},
{"name":"Mill","values":{"price":12800,"quality":6,"delivery_days":15}},{"name":"Quarry","values":{"price":16400,"quality":7,"delivery_days":14}}],
"criteria":[{"name":"price","weight":0.4,"direction":"min"},{"name":"quality","weight":0.4,"direction":"max"},{"name":"delivery_days","weight":0.2,"direction":"min"}],
"draws":0},"reservation":{"max_cost_usd":"0.0100","timebox_sec":60}}`

func newClient(bytes *atomic.Int64) *http.Client {
	var dialer net.Dialer
	return &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: loadClients, DisableCompression: true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return countedConn{c, bytes}, nil
		},
	}}
}

var submitted atomic.Int64

// settle has clients submit runs and wait until each is settled, and then waits until
// the reaper has sealed what they left in the ledger. Without clients it waits.
func (s *site) settle(ctx context.Context, clients, runs int) (time.Duration, error) {
	begin := time.Now()
	if clients == 0 {
		return quietFor, until(ctx, 2*quietFor, func() (bool, error) { return time.Since(begin) > quietFor, nil })
	}
	var left atomic.Int64
	left.Store(int64(runs))
	results := make(chan error, clients)
	for range clients {
		go func() { // results counts it
			var err error
			for err == nil && left.Add(-1) >= 0 {
				err = s.one(ctx)
			}
			results <- err
		}()
	}
	var err error
	for range clients {
		err = errors.Join(err, <-results)
	}
	lasts := time.Since(begin)
	if err != nil {
		return lasts, err
	}
	return lasts, until(ctx, settlingTime, func() (bool, error) {
		var unsealed int64
		err := s.watch.QueryRow(ctx, selectUnsealed).Scan(&unsealed)
		return unsealed == 0, err
	})
}

// one submits a run and waits for its end, asking again where the answer came first.
func (s *site) one(ctx context.Context) error {
	n := submitted.Add(1)
	key := string(s.keys[n%int64(len(s.keys))])
	request := func(method, url, body string) (int, string, http.Header, error) {
		r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
		if err != nil {
			return 0, "", nil, err
		}
		r.Header.Set("Authorization", "Bearer "+key)
		r.Header.Set("Prefer", "wait=30")
		if method == http.MethodPost {
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Idempotency-Key", "measured-"+strconv.FormatInt(n, 10))
		}
		answer, err := s.client.Do(r)
		if err != nil {
			return 0, "", nil, err
		}
		text, err := io.ReadAll(answer.Body)
		return answer.StatusCode, string(text), answer.Header, errors.Join(err, answer.Body.Close())
	}
	status, text, header, err := request(http.MethodPost, s.parts[0].url+"/v1/runs", decision)
	for range 10 {
		if err != nil || status != http.StatusAccepted {
			break
		}
		status, text, _, err = request(http.MethodGet, s.parts[0].url+header.Get("Location"), "")
		if strings.Contains(text, `"status":"QUEUED"`) || strings.Contains(text, `"status":"PROCESSING"`) {
			status = http.StatusAccepted
		}
	}
	if err == nil && (status != http.StatusOK || !strings.Contains(text, `"COMPLETED"`)) {
		err = fmt.Errorf("status %d: %.300s", status, text)
	}
	return err
}
