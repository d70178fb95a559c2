package api_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"dpp"
)

// marker is what a caller sends everywhere. It may come back as the name of a field
// and nowhere else, and never stands in a log.
const marker = "zq7x"

// Nothing that a caller sends is echoed: not in problems, not in logs.
func TestNothingIsEchoed(t *testing.T) {
	s := newSite(t, options{})
	base := `{"pack_type":"script","inputs":{"note":"x"},"reservation":{"max_cost_usd":"0.5"}}`
	calls := []call{
		{method: "GET", path: "/" + marker},
		{method: "GET", path: "/v1/" + marker},
		{method: "POST", path: "/v1/runs/" + marker},
		{method: "GET", path: "/v1/runs/" + marker},
		{method: "GET", path: "/v1/runs/" + marker + "/result"},
		{method: "POST", path: "/v1/runs/" + marker + "/cancel"},
		{method: "GET", path: "/v1/runs/..%2f" + marker},
		{method: "GET", path: "//" + marker},
		{method: "GET", path: "/v1/packs/" + marker},
		{method: "GET", path: "/problems/" + marker},
		{method: "GET", path: "/blobs/" + marker + "?expires=" + marker + "&sig=" + marker},
		{method: strings.ToUpper(marker), path: "/v1/runs"},
		{method: "GET", path: "/v1/budget", header: map[string]string{"Authorization": "Bearer " + marker}},
		{method: "GET", path: "/v1/budget", header: map[string]string{"Authorization": marker + " x"}},
		{method: "GET", path: "/v1/budget", header: map[string]string{"Traceparent": marker, "X-Trace-Id": marker, "X-Request-Id": marker, "User-Agent": marker, "Accept": marker, "Accept-Encoding": marker, "Origin": marker, "Cookie": marker, "If-None-Match": marker, "Prefer": marker}},
		{method: "GET", path: "/v1/runs?cursor=" + base64.RawURLEncoding.EncodeToString([]byte("runs:"+marker))},
	}
	for _, parameter := range []string{"status", "pack_type", "created_after", "created_before", "external_id", "limit", "cursor", "ids", "wait"} {
		calls = append(calls, call{method: "GET", path: "/v1/runs?" + parameter + "=" + marker}, call{method: "GET", path: "/v1/runs?limit=0&" + parameter + "=" + marker})
	}
	for _, path := range []string{"/v1/runs/x?wait=", "/v1/runs/x?inline=", "/v1/ledger?limit=", "/v1/ledger?cursor=", "/v1/usage?from=", "/v1/usage?to=", "/v1/runs?%zz"} {
		calls = append(calls, call{method: "GET", path: path + marker})
	}
	for i, body := range bodies(base) {
		calls = append(calls, call{method: "POST", path: "/v1/runs", body: body, header: map[string]string{"Idempotency-Key": fmt.Sprintf("echo-key-%04d", i)}})
	}
	calls = append(calls,
		call{method: "POST", path: "/v1/runs", body: base, header: map[string]string{"Idempotency-Key": marker}},
		call{method: "POST", path: "/v1/runs", body: base, header: map[string]string{"Idempotency-Key": marker + " " + marker}},
		call{method: "POST", path: "/v1/runs", body: base, header: map[string]string{"Idempotency-Key": "echo-key-9999", "Content-Type": "application/" + marker}},
		call{method: "POST", path: "/v1/runs", body: base, header: map[string]string{"Idempotency-Key": "echo-key-9999", "Content-Encoding": marker}},
	)
	for _, body := range []string{
		`{"media_type":"MARK/x y","size_bytes":1}`, `{"media_type":"image/png","size_bytes":"MARK"}`, `{"media_type":"image/png","size_bytes":1,"sha256":"MARK"}`,
		`{"media_type":"image/png","size_bytes":1,"name":"MARK\n"}`, `{"media_type":["MARK"],"size_bytes":{"x":"MARK"}}`, `MARK`,
	} {
		calls = append(calls, call{method: "POST", path: "/v1/uploads", body: strings.ReplaceAll(body, "MARK", marker)})
	}
	calls = append(calls, call{
		method: "POST", path: "/v1/runs", body: strings.Replace(base, `"note":"x"`, `"note":"x","files":["upl_`+marker+`"]`, 1),
		header: map[string]string{"Idempotency-Key": "echo-key-9998"},
	})
	for _, c := range calls {
		a := s.do(c)
		if a.status < 400 && !strings.Contains(c.path, marker) && c.body == "" {
			continue
		}
		if strings.Contains(string(a.body), marker) || strings.Contains(fmt.Sprint(a.header), marker) {
			t.Errorf("%s %s %.80s: %s %v", c.method, c.path, c.body, a.body, a.header)
		}
	}
	if strings.Contains(strings.ToLower(s.logs.String()), marker) {
		for line := range strings.Lines(s.logs.String()) {
			if strings.Contains(strings.ToLower(line), marker) {
				t.Errorf("logged: %s", line)
			}
		}
	}
	s.Audit()
}

// bodies puts the marker into every position of a body whose value is refused.
func bodies(base string) []string {
	all := []string{marker, `"` + marker + `"`, `["` + marker + `"]`, base + marker, base + `"` + marker + `"`, `{"pack_type":"` + marker}
	for _, value := range []string{
		`"` + marker + `\u0000"`, `"` + marker + `\ud800"`, `{"` + marker + `\u0000":1}`, `["` + marker + `"]`, `{"x":"` + marker + `"}`, "\"" + marker + "\xff\"",
	} {
		for _, place := range []string{
			`"pack_type":"script"`, `"note":"x"`, `"inputs":{"note":"x"}`, `"max_cost_usd":"0.5"`, `"reservation":{"max_cost_usd":"0.5"}`,
		} {
			name, _, _ := strings.Cut(place, ":")
			all = append(all, strings.Replace(base, place, name+":"+value, 1))
		}
	}
	for _, place := range []string{`"pack_type":"script"`, `"max_cost_usd":"0.5"`, `"inputs":{"note":"x"}`, `"reservation":{"max_cost_usd":"0.5"}`} {
		name, _, _ := strings.Cut(place, ":")
		all = append(all, strings.Replace(base, place, name+`:"`+marker+`"`, 1))
	}
	for _, extra := range []string{
		`"timebox_sec":"` + marker + `"`, `"min_reliability_score":"` + marker + `"`, `"max_cost_usd":"` + marker + `"`, `"other":"` + marker + `"`,
	} {
		all = append(all, strings.Replace(base, `"max_cost_usd":"0.5"`, `"max_cost_usd":"0.5",`+extra, 1))
	}
	for _, extra := range []string{
		`"options":{"inline":"` + marker + `"}`, `"options":{"webhook_url":"https://` + marker + `"}`, `"meta":{"trace_id":"` + marker + ` "}`, `"meta":{"tags":["` + marker + `",1]}`,
		`"meta":{"external_id":"` + marker + `\n"}`, `"meta":{"trace_id":"` + marker + `","external_id":1}`, `"other":{"x":"` + marker + `"}`, `"` + strings.Repeat(marker, 20) + `":1`,
	} {
		all = append(all, "{"+extra+","+base[1:])
	}
	return all
}

// Only names of fields come back, and only short ones.
func TestNamesOfFieldsAreTold(t *testing.T) {
	s := newSite(t, options{})
	p := s.wantProblem(s.submit("names-key-001", `{"`+marker+`":1,"pack_type":"script","inputs":{"note":"x"},"reservation":{"max_cost_usd":"0.5"}}`), 422, dpp.ReasonUnknownField)
	if *p.Errors[0].Pointer != "/"+marker {
		t.Errorf("%+v", p.Errors)
	}
	if strings.Contains(s.logs.String(), marker) {
		t.Error("a name was logged")
	}
}
