package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"dpp"
	"dpp/internal/runs"
	"dpp/internal/store"
	"dpp/test/platform"
)

// watched tells of every time that awaited runs are looked up, which begins as soon
// as somebody waits.
type watched struct {
	store.Store
	lookups chan struct{}
}

func (w watched) RunStates(ctx context.Context, above map[dpp.RunID]int64) ([]store.RunState, error) {
	for _, version := range above {
		if version == 0 { // a poll
			return w.Store.RunStates(ctx, above)
		}
	}
	select {
	case w.lookups <- struct{}{}:
	default:
	}
	return w.Store.RunStates(ctx, above)
}

// newWatchedSite is a site that tells when somebody has begun to wait.
func newWatchedSite(t *testing.T) (*site, chan struct{}) {
	t.Helper()
	lookups := make(chan struct{}, 1)
	s := newSite(t, options{Options: platform.Options{Wrap: func(p runs.Ports) runs.Ports {
		p.Store = watched{p.Store, lookups}
		return p
	}}})
	return s, lookups
}

// while sends a request, calls do once it waits, and returns its answer.
func (s *site) while(c call, lookups chan struct{}, do func()) answer {
	s.t.Helper()
	select {
	case <-lookups:
	default:
	}
	answers := make(chan answer, 1)
	go func() {
		a, err := s.try(c)
		if err != nil {
			s.t.Error(err)
		}
		answers <- a
	}()
	<-lookups
	do()
	return <-answers
}

func TestWaitEndsWithTheRun(t *testing.T) {
	s, lookups := newWatchedSite(t)
	run := s.accepted("wait-key-0001")
	a := s.while(call{method: "GET", path: "/v1/runs/" + string(run.ID) + "?wait=55"}, lookups, s.finish)
	if got := s.wantRun(a, http.StatusOK); got.Status != dpp.StatusCompleted {
		t.Errorf("%s", got.Status)
	}
	// once it has ended nobody waits
	if got := s.wantRun(s.get("/v1/runs/"+string(run.ID)+"?wait=55"), http.StatusOK); !got.Terminal {
		t.Errorf("%s", got.Status)
	}
}

func TestWaitEndsWithTheNextVersion(t *testing.T) {
	s, lookups := newWatchedSite(t)
	run := s.accepted("wait-key-0002")
	c := call{method: "GET", path: "/v1/runs/" + string(run.ID) + "?wait=55", header: map[string]string{"If-None-Match": `W/"1"`}}
	a := s.while(c, lookups, func() { s.Claim() })
	if got := s.wantRun(a, http.StatusOK); got.Status != dpp.StatusProcessing || got.Version != 2 || got.Attempt != 1 {
		t.Errorf("%+v", got)
	}
}

func TestWaitForAnyOfSeveral(t *testing.T) {
	s, lookups := newWatchedSite(t)
	first, second := s.accepted("wait-key-0003"), s.accepted("wait-key-0004")
	a := s.while(call{method: "GET", path: "/v1/runs?wait=55&ids=" + string(second.ID) + "," + string(dpp.NewRunID()) + "," + string(first.ID)}, lookups, s.finish)
	s.wantStatus(a, http.StatusOK)
	list := read[dpp.List[dpp.RunView]](s, a)
	if len(list.Data) != 2 || list.Data[0].ID != second.ID || list.Data[1].ID != first.ID || list.NextCursor != "" {
		t.Fatalf("%s", a.body)
	}
	if list.Data[0].Terminal || !list.Data[1].Terminal {
		t.Errorf("%s, %s", list.Data[0].Status, list.Data[1].Status)
	}
}

func TestPreferWaitAnswersWithTheEndedRun(t *testing.T) {
	s, lookups := newWatchedSite(t)
	c := call{method: "POST", path: "/v1/runs", body: order("0.5"), header: map[string]string{"Idempotency-Key": "wait-key-0005", "Prefer": "respond-async, wait=99"}}
	a := s.while(c, lookups, s.finish)
	if got := s.wantRun(a, http.StatusOK); got.Status != dpp.StatusCompleted || got.Cost.BudgetRemaining != s.Account(s.Key).Available {
		t.Errorf("%+v", got)
	}
	if a.header.Get("Preference-Applied") != "wait=55" || a.header.Get("Idempotent-Replayed") != "" {
		t.Errorf("%v", a.header)
	}
}

func TestPreferWaitThatIsOver(t *testing.T) {
	s := newSite(t, options{})
	a := s.submit("wait-key-0006", order("0.5"), "Prefer", "wait=0")
	if s.wantRun(a, http.StatusAccepted); a.header.Get("Preference-Applied") != "wait=0" {
		t.Errorf("%v", a.header)
	}
	a = s.submit("wait-key-0007", order("0.5"), "Prefer", "wait=soon")
	if s.wantRun(a, http.StatusAccepted); a.header.Get("Preference-Applied") != "" {
		t.Errorf("%v", a.header)
	}
}

func TestShutdownEndsWaits(t *testing.T) {
	s, lookups := newWatchedSite(t)
	run := s.accepted("wait-key-0008")
	a := s.while(call{method: "GET", path: "/v1/runs/" + string(run.ID) + "?wait=55"}, lookups, s.Service.EndWaits)
	if got := s.wantRun(a, http.StatusOK); got.Status != dpp.StatusQueued {
		t.Errorf("%s", got.Status)
	}
	a = s.submit("wait-key-0009", order("0.5"), "Prefer", "wait")
	if s.wantRun(a, http.StatusAccepted); a.header.Get("Preference-Applied") != "wait=30" {
		t.Errorf("%v", a.header)
	}
}

func TestNotModified(t *testing.T) {
	s := newSite(t, options{})
	run := s.accepted("etag-key-00001")
	path := "/v1/runs/" + string(run.ID)
	for tag, want := range map[string]int{
		`W/"1"`: 304, `"1"`: 304, `W/"7", W/"1"`: 304, `*`: 304, `W/"2"`: 200, `1`: 200, `W/"x"`: 200, `W/"`: 200,
	} {
		a := s.do(call{method: "GET", path: path, header: map[string]string{"If-None-Match": tag}})
		if a.status != want {
			t.Errorf("%s: %d, want %d", tag, a.status, want)
		}
		if want == 304 && (len(a.body) != 0 || a.header.Get("ETag") != `W/"1"` || a.header.Get("X-DPP-Cost-Reserved") != "0.5000" || a.header.Get("Retry-After") == "") {
			t.Errorf("%s: %q %v", tag, a.body, a.header)
		}
	}
	s.finish()
	ended := s.get(path)
	for _, tag := range []string{ended.header.Get("ETag"), "*"} {
		if a := s.do(call{method: "GET", path: path, header: map[string]string{"If-None-Match": tag}}); a.status != http.StatusOK {
			t.Errorf("%s on a terminal run: %d", tag, a.status)
		}
	}
}

func TestWaitParameter(t *testing.T) {
	s := newSite(t, options{})
	run := s.accepted("wait-key-0010")
	for _, value := range []string{"-1", "abc", "", "1.5", "+5", " 1", "0x1", "１"} {
		for _, path := range []string{"/v1/runs/" + string(run.ID) + "?wait=", "/v1/runs?ids=" + string(run.ID) + "&wait="} {
			p := s.wantProblem(s.get(path+strings.ReplaceAll(strings.ReplaceAll(value, "+", "%2B"), " ", "%20")), http.StatusUnprocessableEntity, dpp.ReasonValidationFailed)
			if len(p.Errors) != 1 || p.Errors[0].Parameter != "wait" {
				t.Errorf("%q: %+v", value, p.Errors)
			}
		}
	}
	s.finish()
	for _, value := range []string{"0", "55", "56", "4000000000"} {
		s.wantStatus(s.get("/v1/runs/"+string(run.ID)+"?wait="+value), http.StatusOK)
	}
}
