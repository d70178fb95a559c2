package app_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestMetricsTellOfRequests(t *testing.T) {
	s := start(t, settings(t, "ops-listen", "127.0.0.1:0"))
	defer func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	}()
	get := func(address, path string) string {
		answer, err := http.Get("http://" + address + path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		if err = errors.Join(err, answer.Body.Close()); err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	get(s.Address(), "/health")
	get(s.Address(), "/v1/budget") // without a key
	metrics := get(s.OpsAddress(), "/metrics")
	for _, want := range []string{
		`dpp_http_request_seconds_count{method="GET",route="/health",status="2xx"} 1`,
		`dpp_http_request_seconds_count{method="GET",route="/v1/budget",status="4xx"} 1`,
	} {
		if !strings.Contains(metrics, want+"\n") {
			t.Errorf("no %s", want)
		}
	}
}
