package api_test

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"dpp"
	"dpp/internal/pack"
	"dpp/test/platform"
)

// wantRun reads a Run object and checks that headers and body say the same.
func (s *site) wantRun(a answer, status int) dpp.RunView {
	s.t.Helper()
	s.wantStatus(a, status)
	run := read[dpp.RunView](s, a)
	for name, want := range map[string]string{
		"X-DPP-Cost-Reserved": run.Cost.Reserved.String(), "X-DPP-Cost-Used": run.Cost.Used.String(), "X-DPP-Cost-Minimum-Fee": run.Cost.MinimumFee.String(),
		"X-DPP-Budget-Remaining": run.Cost.BudgetRemaining.String(), "X-Trace-Id": run.Meta.TraceID,
		"ETag": `W/"` + strconv.FormatInt(run.Version, 10) + `"`, "Cache-Control": "private, no-cache",
	} {
		if got := a.header.Get(name); got != want {
			s.t.Errorf("%s: %q, the body says %q", name, got, want)
		}
	}
	for _, name := range []string{"RateLimit", "RateLimit-Policy"} {
		if a.header.Get(name) == "" {
			s.t.Errorf("no %s", name)
		}
	}
	if waiting := a.header.Get("Retry-After") != ""; waiting == run.Terminal {
		s.t.Errorf("Retry-After %q on a run that is %s", a.header.Get("Retry-After"), run.Status)
	}
	return run
}

func TestARunFromSubmitToResult(t *testing.T) {
	s := newSite(t, options{Options: platform.Options{Credit: 10 * dpp.USD}})
	a := s.submit("life-cycle-1", order("0.5"))
	run := s.wantRun(a, http.StatusAccepted)
	if a.header.Get("Location") != "/v1/runs/"+string(run.ID) || run.Poll.Href != a.header.Get("Location") || a.header.Get("Idempotent-Replayed") != "" {
		t.Errorf("Location %q, href %q", a.header.Get("Location"), run.Poll.Href)
	}
	if !strings.HasPrefix(a.header.Get("RateLimit-Policy"), `"submit";q=`) || !strings.HasPrefix(a.header.Get("RateLimit"), `"submit";r=`) {
		t.Errorf("%s, %s", a.header.Get("RateLimit-Policy"), a.header.Get("RateLimit"))
	}
	if run.Status != dpp.StatusQueued || run.Cost.BudgetRemaining != 9_500_000 || run.Reservation.TimeboxSec != 90 || !run.Live {
		t.Errorf("%+v", run)
	}
	if r := s.wantRun(s.get("/v1/runs/"+string(run.ID)), http.StatusOK); r.Result != nil || r.Terminal {
		t.Errorf("%+v", r)
	}
	s.wantProblem(s.get("/v1/runs/"+string(run.ID)+"/result"), http.StatusNotFound, dpp.ReasonNotFound)
	s.finish()

	a = s.get("/v1/runs/" + string(run.ID))
	ended := s.wantRun(a, http.StatusOK)
	if ended.Status != dpp.StatusCompleted || ended.Cost.Used != platform.StepPrice || ended.Cost.BudgetRemaining != 10*dpp.USD-platform.StepPrice {
		t.Errorf("%+v", ended)
	}
	if !strings.HasPrefix(a.header.Get("RateLimit-Policy"), `"read";q=`) {
		t.Errorf("%s", a.header.Get("RateLimit-Policy"))
	}
	if ended.Result == nil || ended.Result.Envelope != nil {
		t.Fatalf("result %+v", ended.Result)
	}
	result := s.get("/v1/runs/" + string(run.ID) + "/result")
	s.wantStatus(result, http.StatusOK)
	inline := s.wantRun(s.get("/v1/runs/"+string(run.ID)+"?inline=true"), http.StatusOK)
	signed := s.download(ended.Result.URL)
	s.wantStatus(signed, http.StatusOK)
	if !bytes.Equal(result.body, signed.body) || !bytes.Equal(result.body, inline.Result.Envelope) || pack.SumHex(result.body) != ended.Result.SHA256 {
		t.Error("the result, its download, the envelope and its sum differ")
	}
	s.wantProblem(s.do(call{method: "POST", path: "/v1/runs/" + string(run.ID) + "/cancel"}), http.StatusConflict, dpp.ReasonRunAlreadyTerminal)
	s.Audit()
}

// download follows an absolute URL without a key.
func (s *site) download(url string) answer {
	s.t.Helper()
	path, ok := strings.CutPrefix(url, s.url)
	if !ok {
		s.t.Fatalf("%s does not start with %s", url, s.url)
	}
	resp, err := http.Get(s.url + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(resp.Body); err != nil {
		s.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, body.Bytes()}
}

func TestASignedURLThatWasChangedIs403(t *testing.T) {
	s := newSite(t, options{})
	run := s.accepted("signed-url-1")
	s.finish()
	url := s.wantRun(s.get("/v1/runs/"+string(run.ID)), http.StatusOK).Result.URL
	last := url[len(url)-1]
	changed := url[:len(url)-1] + string('0'+(last+1)%2)
	if changed == url {
		changed = url[:len(url)-1] + "x"
	}
	s.wantProblem(s.download(changed), http.StatusForbidden, dpp.ReasonScopeMissing)
	s.wantProblem(s.download(s.url+"/blobs/"), http.StatusForbidden, dpp.ReasonScopeMissing)
	s.wantProblem(s.do(call{method: "DELETE", path: "/blobs/x"}), http.StatusMethodNotAllowed, dpp.ReasonMethodNotAllowed)
	if a := s.download(url); a.status != http.StatusOK || a.header.Get("Cache-Control") != "private" {
		t.Errorf("%d %s", a.status, a.header.Get("Cache-Control"))
	}
}

func TestInlineAsTheSubmitSaid(t *testing.T) {
	s := newSite(t, options{})
	a := s.submit("inline-1", `{"pack_type":"script","inputs":{"note":"x"},"reservation":{"max_cost_usd":"0.5"},"options":{"inline":true}}`)
	run := s.wantRun(a, http.StatusAccepted)
	s.finish()
	if got := s.wantRun(s.get("/v1/runs/"+string(run.ID)), http.StatusOK); len(got.Result.Envelope) == 0 {
		t.Error("no envelope")
	}
	for _, item := range read[dpp.List[dpp.RunView]](s, s.get("/v1/runs")).Data {
		if item.Result.Envelope != nil || item.Result.URL != "" || item.Result.ExpiresAt != nil {
			t.Errorf("a list item carries %+v", item.Result)
		}
	}
}

func TestReplays(t *testing.T) {
	s := newSite(t, options{Options: platform.Options{Credit: dpp.USD / 2}})
	run := s.accepted("replayed-key-1")
	same := `{"meta":{"trace_id":"another"},"options":{"inline":true,"allow_partial":true},"reservation":{"min_reliability_score":0.0,"timebox_sec":90,"max_cost_usd":"0.50"},"inputs":{"note":"\u0078","extra":null},"pack_type":"script"}`
	for name, body := range map[string]string{"the same": order("0.5000"), "the same in other words": same} {
		for _, key := range []string{"replayed-key-1", `"replayed-key-1"`} {
			a := s.submit(key, body)
			if got := s.wantRun(a, http.StatusAccepted); got.ID != run.ID || a.header.Get("Idempotent-Replayed") != "true" || a.header.Get("Location") == "" {
				t.Errorf("%s: %s %v", name, got.ID, a.header)
			}
		}
	}
	other := s.wantProblem(s.submit("replayed-key-1", order("0.4000")), http.StatusConflict, dpp.ReasonIdempotencyConflict)
	if other.RunID != run.ID || other.Remedy.Action != dpp.RemedyUseNewKey {
		t.Errorf("%+v", other)
	}
	s.finish()
	if a := s.submit("replayed-key-1", order("0.5000")); a.status != http.StatusAccepted {
		t.Errorf("a replay of an ended run: %d", a.status)
	}
	a := s.submit("replayed-key-1", order("0.5000"), "Prefer", "wait=5")
	if got := s.wantRun(a, http.StatusOK); got.Status != dpp.StatusCompleted || a.header.Get("Preference-Applied") != "wait=5" || a.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("%+v %v", got, a.header)
	}
	poor := s.wantProblem(s.submit("another-key-1", order("0.5000")), http.StatusPaymentRequired, dpp.ReasonBudgetDrained)
	if poor.Required == nil || *poor.Required != dpp.USD/2 || poor.Available == nil || *poor.Available >= dpp.USD/2 || !poor.Retryable {
		t.Errorf("%+v", poor)
	}
	s.Audit()
}

func TestCancel(t *testing.T) {
	s := newSite(t, options{})
	run := s.accepted("cancel-key-1")
	for range 2 { // the second finds it cancelled
		a := s.do(call{method: "POST", path: "/v1/runs/" + string(run.ID) + "/cancel"})
		if got := s.wantRun(a, http.StatusOK); got.Status != dpp.StatusCanceled || got.MoneyState != dpp.MoneyRefunded || got.Error == nil || got.Error.Reason != dpp.ReasonCanceled {
			t.Errorf("%+v", got)
		}
	}
	s.wantStatus(s.do(call{method: "POST", path: "/v1/runs/" + string(run.ID) + "/cancel", body: `{"why":null}`}), http.StatusOK)
	p := s.wantProblem(s.do(call{method: "POST", path: "/v1/runs/" + string(run.ID) + "/cancel", body: `{"why":1}`}), http.StatusUnprocessableEntity, dpp.ReasonUnknownField)
	if *p.Errors[0].Pointer != "/why" {
		t.Errorf("%+v", p.Errors)
	}
	s.wantProblem(s.do(call{method: "POST", path: "/v1/runs/" + string(run.ID) + "/cancel", body: `{}`, header: map[string]string{"Content-Type": "text/plain"}}), http.StatusUnsupportedMediaType, dpp.ReasonUnsupportedMediaType)
}

func TestOthersSeeNothing(t *testing.T) {
	s := newSite(t, options{})
	run := s.accepted("own-run-key-1")
	s.finish()
	stranger := s.keyFor(s.Tenant(dpp.USD))
	for _, c := range []call{{method: "GET", path: ""}, {method: "GET", path: "?wait=5"}, {method: "GET", path: "/result"}, {method: "POST", path: "/cancel"}} {
		var answers [][]byte
		for _, id := range []string{string(run.ID), string(dpp.NewRunID()), "nonsense", "a%2Fb"} {
			a := s.do(call{method: c.method, path: "/v1/runs/" + id + c.path, key: stranger})
			p := s.wantProblem(a, http.StatusNotFound, dpp.ReasonNotFound)
			answers = append(answers, bytes.ReplaceAll(a.body, []byte(p.TraceID), nil))
		}
		for _, other := range answers[1:] {
			if !bytes.Equal(answers[0], other) {
				t.Errorf("%s: told apart:\n%s\n%s", c.path, answers[0], other)
			}
		}
	}
	if list := read[dpp.List[dpp.RunView]](s, s.do(call{method: "GET", path: "/v1/runs?ids=" + string(run.ID), key: stranger})); len(list.Data) != 0 {
		t.Errorf("%+v", list)
	}
	if list := read[dpp.List[dpp.RunView]](s, s.do(call{method: "GET", path: "/v1/runs", key: stranger})); len(list.Data) != 0 {
		t.Errorf("%+v", list)
	}
}

func TestAResultPastItsRetentionIs410(t *testing.T) {
	s := newSite(t, options{})
	run := s.accepted("retention-key-1")
	s.finish()
	s.Age(s.Service.Config().Retention + 1)
	if n, err := s.Service.Retain(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d %v", n, err)
	}
	for _, path := range []string{"", "?wait=1", "/result"} {
		s.wantProblem(s.get("/v1/runs/"+string(run.ID)+path), http.StatusGone, dpp.ReasonResultExpired)
	}
	stranger := s.keyFor(s.Tenant(dpp.USD))
	s.wantProblem(s.do(call{method: "GET", path: "/v1/runs/" + string(run.ID), key: stranger}), http.StatusNotFound, dpp.ReasonNotFound)
}
