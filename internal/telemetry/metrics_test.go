package telemetry_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dpp"
	"dpp/internal/telemetry"
)

// page is what a scrape gets.
func page(t *testing.T, m *telemetry.Metrics) string {
	t.Helper()
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	if answer.Code != 200 {
		t.Fatalf("status %d: %s", answer.Code, answer.Body)
	}
	return answer.Body.String()
}

func has(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains("\n"+text, "\n"+line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
}

// A rate over a counter that appears with its first event misses the event.
func TestWhatHasNotHappenedIsZero(t *testing.T) {
	m := telemetry.NewMetrics()
	m.ExpectSubmits("POST", "/v1/runs")
	m.ExpectRefusals("BUDGET_DRAINED")
	has(
		t, page(t, m),
		`dpp_submits_total{outcome="accepted"} 0`,
		`dpp_submits_total{outcome="RATE_LIMITED"} 0`,
		`dpp_transitions_total{from="QUEUED",reason="RESERVATION_EXPIRED",to="EXPIRED"} 0`,
		`dpp_transitions_total{from="PROCESSING",reason="WORKER_TIMEOUT",to="FAILED"} 0`,
		`dpp_lost_leases_total{outcome="left"} 0`,
		`dpp_settle_lag_seconds_count{role="reaper"} 0`,
		`dpp_batch_wait_seconds_count{batch="submit"} 0`,
		`dpp_gate_failures_total{call="admit"} 0`,
		`dpp_http_request_seconds_count{method="POST",route="/v1/runs",status="5xx"} 0`,
		`dpp_http_refusals_total{reason="BUDGET_DRAINED"} 0`,
		`dpp_acceptance_seconds_count 0`,
	)
}

// Thresholds of the service level objectives must be boundaries of buckets.
func TestObjectivesHaveBuckets(t *testing.T) {
	m := telemetry.NewMetrics()
	has(
		t, page(t, m),
		`dpp_acceptance_seconds_bucket{le="0.25"} 0`,
		`dpp_pick_up_seconds_bucket{le="10"} 0`,
		`dpp_settle_lag_seconds_bucket{role="worker",le="10"} 0`,
	)
}

func TestBooksSayNothingBeforeTheyKnow(t *testing.T) {
	m := telemetry.NewMetrics()
	books := m.NewBooks()
	if text := page(t, m); strings.Contains(text, "dpp_books_") {
		t.Errorf("books that nobody has read yet say:\n%s", text)
	}
	books.Summed(telemetry.Sums{Accounts: 2, OpenRuns: 3, Unsealed: 4, Discrepancies: 1, Credited: 10 * dpp.USD, Available: 6 * dpp.USD, Held: 3 * dpp.USD, Spent: dpp.USD / 4})
	text := page(t, m)
	has(
		t, text, "dpp_books_accounts 2", "dpp_books_open_runs 3", "dpp_books_unsealed_entries 4", "dpp_books_discrepancies 1",
		"dpp_books_credited_usd 10", "dpp_books_available_usd 6", "dpp_books_held_usd 3", "dpp_books_spent_usd 0.25",
	)
	if !strings.Contains(text, "\ndpp_books_checked_timestamp_seconds 1.") {
		t.Error("nobody knows how old the books are")
	}
}

func TestSweepsAreCounted(t *testing.T) {
	m := telemetry.NewMetrics()
	sweeps := m.NewSweeps("seal", "forget")
	sweeps.Swept("seal", 3, nil)
	sweeps.Swept("seal", 4, nil)
	sweeps.Swept("forget", 0, errors.New("away"))
	text := page(t, m)
	has(
		t, text, `dpp_sweep_items_total{sweep="seal"} 7`, `dpp_sweep_errors_total{sweep="seal"} 0`,
		`dpp_sweep_errors_total{sweep="forget"} 1`, `dpp_sweep_last_success_timestamp_seconds{sweep="forget"} 0`,
	)
	if !strings.Contains(text, `dpp_sweep_last_success_timestamp_seconds{sweep="seal"} 1.`) {
		t.Error("nobody knows when it last sealed")
	}
}

func TestTheProcessIsShown(t *testing.T) {
	m := telemetry.NewMetrics()
	m.Build("worker", "v1.2.3", "abc", "go1.26")
	m.WatchWaits(func() int { return 5 })
	m.WatchPool(func() telemetry.Pool {
		return telemetry.Pool{Acquired: 1, Idle: 2, Max: 16, Waits: 7, Waited: 1500 * time.Millisecond}
	})
	stopped := m.WatchWorker(func() (int, int) { return 16, 3 })
	stopped("lease_lost")
	m.WatchQueue(func(context.Context) (int64, time.Duration, error) { return 9, 90 * time.Second, nil })
	has(
		t, page(t, m),
		`dpp_build_info{commit="abc",go_version="go1.26",role="worker",version="v1.2.3"} 1`,
		"dpp_watched_runs 5", "dpp_worker_slots 16", "dpp_worker_slots_busy 3",
		`dpp_executions_stopped_total{why="lease_lost"} 1`, `dpp_executions_stopped_total{why="taken"} 0`,
		"dpp_database_pool_acquired_connections 1", "dpp_database_pool_idle_connections 2", "dpp_database_pool_max_connections 16",
		"dpp_database_pool_waits_total 7", "dpp_database_pool_wait_seconds_total 1.5",
		"dpp_queue_waiting 9", "dpp_queue_oldest_seconds 90",
	)
}
