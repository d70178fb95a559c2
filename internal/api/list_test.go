package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"dpp"
)

func TestListsArePaged(t *testing.T) {
	s := newSite(t, options{})
	var want []dpp.RunID
	for i := range 7 {
		want = append(want, s.accepted(fmt.Sprintf("paging-key-%d", i)).ID)
	}
	slices.Reverse(want)
	for _, limit := range []int{1, 3, 7, 100} {
		var got []dpp.RunID
		for path := fmt.Sprintf("/v1/runs?limit=%d", limit); ; {
			a := s.get(path)
			s.wantStatus(a, http.StatusOK)
			page := read[dpp.List[dpp.RunView]](s, a)
			for _, run := range page.Data {
				got = append(got, run.ID)
			}
			if page.NextCursor == "" {
				if strings.Contains(string(a.body), "next_cursor") {
					t.Error("the last page has a cursor")
				}
				break
			}
			path = fmt.Sprintf("/v1/runs?limit=%d&cursor=%s", limit, url.QueryEscape(page.NextCursor))
		}
		if !slices.Equal(got, want) {
			t.Errorf("limit %d: %v, want %v", limit, got, want)
		}
	}
}

func TestLedgerIsPaged(t *testing.T) {
	s := newSite(t, options{})
	for i := range 3 {
		s.accepted(fmt.Sprintf("ledger-key-%d", i))
		s.finish()
	}
	var seqs []int64
	var kinds []string
	for path := "/v1/ledger?limit=4"; ; {
		page := read[dpp.List[dpp.EntryView]](s, s.get(path))
		for _, e := range page.Data {
			seqs, kinds = append(seqs, e.Seq), append(kinds, e.Kind)
		}
		if page.NextCursor == "" {
			break
		}
		path = "/v1/ledger?limit=4&cursor=" + url.QueryEscape(page.NextCursor)
	}
	if !slices.Equal(seqs, []int64{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}) || kinds[9] != "credit" || kinds[8] != "hold" {
		t.Errorf("%v %v", seqs, kinds)
	}
}

func TestBadCursors(t *testing.T) {
	s := newSite(t, options{})
	s.accepted("cursor-key-1")
	s.accepted("cursor-key-2")
	ofRuns := read[dpp.List[dpp.RunView]](s, s.get("/v1/runs?limit=1")).NextCursor
	ofLedger := read[dpp.List[dpp.EntryView]](s, s.get("/v1/ledger?limit=1")).NextCursor
	for path, cursors := range map[string][]string{
		"/v1/runs":   {"nonsense", "", "%00", ofLedger, ofRuns + "x", ofRuns[1:], "cnVuczo"},
		"/v1/ledger": {"nonsense", "", ofRuns, ofLedger + "=", "bGVkZ2VyOg", "bGVkZ2VyOi0x", "bGVkZ2VyOjAx"},
	} {
		for _, cursor := range cursors {
			p := s.wantProblem(s.get(path+"?cursor="+cursor), http.StatusBadRequest, dpp.ReasonInvalidCursor)
			if p.Errors[0].Parameter != "cursor" {
				t.Errorf("%+v", p.Errors)
			}
		}
	}
}

func TestListFilters(t *testing.T) {
	s := newSite(t, options{})
	s.submit("filter-key-1", `{"pack_type":"script","inputs":{"note":"x"},"reservation":{"max_cost_usd":"0.5"},"meta":{"external_id":"order 7","tags":["a","b"]}}`)
	s.finish()
	run := s.accepted("filter-key-2")
	second := run.Meta.CreatedAt.Format(time.RFC3339Nano)
	for query, want := range map[string]int{
		"": 2, "status=COMPLETED": 1, "status=QUEUED": 1, "status=FAILED": 0, "pack_type=script": 2, "pack_type=ocr": 0,
		"external_id=order%207": 1, "external_id=none": 0, "created_after=2000-01-01T00:00:00Z": 2, "created_before=2000-01-01T00:00:00Z": 0,
		"created_after=9999-01-01T00:00:00Z": 0, "created_after=0001-01-01T00:00:00Z": 2,
		"created_after=2000-01-01T00:00:00%2B02:00&created_before=2100-01-01T00:00:00.5Z&status=QUEUED": 1,
		"created_after=" + second + "&status=QUEUED":                                                    1, "created_before=" + second + "&status=QUEUED": 0,
	} {
		a := s.get("/v1/runs?" + query)
		s.wantStatus(a, http.StatusOK)
		if list := read[dpp.List[dpp.RunView]](s, a); len(list.Data) != want {
			t.Errorf("%s: %d runs, want %d", query, len(list.Data), want)
		}
	}
}

func TestQueriesAreReadStrictly(t *testing.T) {
	s := newSite(t, options{})
	id := string(dpp.NewRunID())
	for _, c := range []struct {
		path      string
		status    int
		reason    dpp.Reason
		parameter string
	}{
		{"/v1/runs?colour=red", 422, dpp.ReasonUnknownField, "colour"},
		{"/v1/runs?Limit=1", 422, dpp.ReasonUnknownField, "Limit"},
		{"/v1/runs?=1", 422, dpp.ReasonUnknownField, "(a name that cannot be told)"},
		{"/v1/runs?%ff=1", 422, dpp.ReasonUnknownField, "(a name that cannot be told)"},
		{"/v1/runs?" + strings.Repeat("n", 65) + "=1", 422, dpp.ReasonUnknownField, "(a name that cannot be told)"},
		{"/v1/runs?limit=0", 422, dpp.ReasonValidationFailed, "limit"},
		{"/v1/runs?limit=101", 422, dpp.ReasonValidationFailed, "limit"},
		{"/v1/runs?limit=ten", 422, dpp.ReasonValidationFailed, "limit"},
		{"/v1/runs?limit=1&limit=2", 422, dpp.ReasonValidationFailed, "limit"},
		{"/v1/runs?status=DONE", 422, dpp.ReasonValidationFailed, "status"},
		{"/v1/runs?status=", 422, dpp.ReasonValidationFailed, "status"},
		{"/v1/runs?pack_type=", 422, dpp.ReasonValidationFailed, "pack_type"},
		{"/v1/runs?external_id=%00", 422, dpp.ReasonValidationFailed, "external_id"},
		{"/v1/runs?external_id=" + strings.Repeat("x", 201), 422, dpp.ReasonValidationFailed, "external_id"},
		{"/v1/runs?created_after=yesterday", 422, dpp.ReasonValidationFailed, "created_after"},
		{"/v1/runs?wait=1", 422, dpp.ReasonValidationFailed, "wait"},
		{"/v1/runs?ids=", 422, dpp.ReasonValidationFailed, "ids"},
		{"/v1/runs?ids=" + strings.Repeat(id+",", 100) + id, 422, dpp.ReasonValidationFailed, "ids"},
		{"/v1/runs?ids=" + id + "&status=QUEUED", 422, dpp.ReasonValidationFailed, "status"},
		{"/v1/runs?%zz", 400, dpp.ReasonBadRequest, ""},
		{"/v1/runs?a;b", 400, dpp.ReasonBadRequest, ""},
		{"/v1/runs/" + id + "?inline=yes", 422, dpp.ReasonValidationFailed, "inline"},
		{"/v1/runs/" + id + "?limit=1", 422, dpp.ReasonUnknownField, "limit"},
		{"/v1/runs/" + id + "/result?inline=true", 422, dpp.ReasonUnknownField, "inline"},
		{"/v1/budget?at=now", 422, dpp.ReasonUnknownField, "at"},
		{"/v1/packs?x=1", 422, dpp.ReasonUnknownField, "x"},
		{"/v1/packs/script?x=1", 422, dpp.ReasonUnknownField, "x"},
		{"/v1/usage?from=2026-02-30", 422, dpp.ReasonValidationFailed, "from"},
		{"/v1/usage?from=2026-01-02&to=2026-01-02", 422, dpp.ReasonValidationFailed, "from"},
		{"/v1/usage?from=2026-01-03&to=2026-01-02", 422, dpp.ReasonValidationFailed, "from"},
		{"/v1/usage?from=2024-01-01&to=2026-01-01", 422, dpp.ReasonValidationFailed, "from"},
		{"/openapi.json?x=1", 422, dpp.ReasonUnknownField, "x"},
		{"/docs?x=1", 422, dpp.ReasonUnknownField, "x"},
		{"/problems?x=1", 422, dpp.ReasonUnknownField, "x"},
		{"/problems/INTERNAL?x=1", 422, dpp.ReasonUnknownField, "x"},
	} {
		p := s.wantProblem(s.get(c.path), c.status, c.reason)
		if c.parameter != "" && (len(p.Errors) != 1 || p.Errors[0].Parameter != c.parameter) {
			t.Errorf("%s: %+v", c.path, p.Errors)
		}
	}
	p := s.wantProblem(s.get("/v1/runs?limit=0&status=x&colour=1&wait=x"), 422, dpp.ReasonValidationFailed)
	if len(p.Errors) != 4 {
		t.Errorf("several mistakes at once: %+v", p.Errors)
	}
}

func TestIDs(t *testing.T) {
	s := newSite(t, options{})
	run := s.accepted("ids-key-00001")
	list := read[dpp.List[dpp.RunView]](s, s.get("/v1/runs?ids="+strings.Repeat(string(run.ID)+",", 50)+"nonsense,,run_x"))
	if len(list.Data) != 1 || list.Data[0].ID != run.ID {
		t.Errorf("%+v", list)
	}
	if list = read[dpp.List[dpp.RunView]](s, s.get("/v1/runs?wait=55&ids=nonsense")); len(list.Data) != 0 {
		t.Errorf("%+v", list)
	}
}

func TestBudgetAndUsage(t *testing.T) {
	s := newSite(t, options{})
	s.accepted("budget-key-01")
	s.finish()
	s.accepted("budget-key-02")
	a := s.get("/v1/budget")
	budget := read[dpp.BudgetView](s, a)
	if budget.Held != dpp.USD/2 || budget.Spent == 0 || budget.Available+budget.Held+budget.Spent != 1000*dpp.USD || !strings.Contains(string(a.body), `"limits":[]`) {
		t.Errorf("%s", a.body)
	}
	if a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s", a.header.Get("Cache-Control"))
	}
	today := time.Now().UTC().Format(time.DateOnly)
	days := read[dpp.List[dpp.UsageView]](s, s.get("/v1/usage")).Data
	if len(days) != 1 || days[0].PackType != "script" || days[0].Submitted != 2 || days[0].Completed != 1 || days[0].Charged != budget.Spent {
		t.Errorf("%+v", days)
	}
	if days := read[dpp.List[dpp.UsageView]](s, s.get("/v1/usage?to="+today)).Data; len(days) != 0 {
		t.Errorf("to is exclusive: %+v", days)
	}
	if days := read[dpp.List[dpp.UsageView]](s, s.get("/v1/usage?from="+today)).Data; len(days) != 1 {
		t.Errorf("from is inclusive: %+v", days)
	}
}

func TestPacks(t *testing.T) {
	s := newSite(t, options{})
	s.Pack.Manifest() // the platform's one pack
	list := s.get("/v1/packs")
	s.wantStatus(list, http.StatusOK)
	one := s.get("/v1/packs/script")
	s.wantStatus(one, http.StatusOK)
	for _, body := range []string{string(list.body), string(one.body)} {
		for _, part := range []string{`"pack_type":"script"`, `"pack_version":"1.2.3"`, `"profile_version":"1.2.3-`, `"inputs_schema":{`, `"price_usd":"0.0100"`, `"spillable":["/items"]`} {
			if !strings.Contains(body, part) {
				t.Errorf("lacks %s: %s", part, body)
			}
		}
	}
	s.wantProblem(s.get("/v1/packs/nothing"), http.StatusNotFound, dpp.ReasonNotFound)
}
