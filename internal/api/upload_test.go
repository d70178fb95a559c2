package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"dpp"
	"dpp/internal/blob"
	"dpp/internal/runs"
	"dpp/test/platform"
)

const fileText = "what stands in the file"

func (s *site) announce(body string) answer {
	s.t.Helper()
	return s.do(call{method: http.MethodPost, path: "/v1/uploads", body: body})
}

// announced is an upload of [fileText] whose bytes are not there yet.
func (s *site) announced() dpp.UploadView {
	s.t.Helper()
	a := s.announce(fmt.Sprintf(`{"media_type":"text/plain","size_bytes":%d}`, len(fileText)))
	s.wantStatus(a, http.StatusCreated)
	return read[dpp.UploadView](s, a)
}

func (s *site) send(u dpp.UploadView, content string, header ...string) answer {
	s.t.Helper()
	return s.put(blob.SignedPut{URL: u.Put.URL, Header: u.Put.Headers}, strings.NewReader(content), int64(len(content)), header...)
}

// naming is the body of a submit that names uploads.
func naming(ids ...dpp.UploadID) string {
	files := ""
	for _, id := range ids {
		files += fmt.Sprintf(",%q", id)
	}
	return `{"pack_type":"script","inputs":{"note":"x","files":[` + strings.TrimPrefix(files, ",") + `]},"reservation":{"max_cost_usd":"0.5"}}`
}

func TestAFileFromItsAnnouncementToARun(t *testing.T) {
	s := newSite(t, options{})
	sum := sha256.Sum256([]byte(fileText))
	begin := time.Now()
	a := s.announce(fmt.Sprintf(`{"media_type":"text/plain; charset=utf-8","size_bytes":%d,"sha256":%q,"name":"notes.txt"}`, len(fileText), hex.EncodeToString(sum[:])))
	s.wantStatus(a, http.StatusCreated)
	u := read[dpp.UploadView](s, a)
	if !u.ID.Valid() || !strings.HasPrefix(u.Put.URL, s.url+"/") || u.Put.Headers["Content-Type"] != "text/plain; charset=utf-8" {
		t.Errorf("%s", a.body)
	}
	if put, all := u.Put.ExpiresAt.Sub(begin), u.ExpiresAt.Sub(begin); put < 59*time.Minute || put > 2*time.Hour || all < 24*time.Hour-time.Minute || all > 25*time.Hour {
		t.Errorf("the PUT ends in %s, the upload in %s", put, all)
	}
	if a.header.Get("Location") != "" || a.header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(a.header.Get("RateLimit-Policy"), `"read";q=`) {
		t.Errorf("%v", a.header)
	}
	p := s.wantProblem(s.submit("upload-key-1", naming(u.ID)), http.StatusUnprocessableEntity, dpp.ReasonUploadUnusable)
	if len(p.Errors) != 1 || *p.Errors[0].Pointer != "/inputs/files/0" || p.Remedy.Action != dpp.RemedyChangeRequest {
		t.Errorf("%+v", p)
	}
	if a := s.Account(s.Key); a.Held != 0 {
		t.Errorf("%s are held", a.Held)
	}
	s.wantStatus(s.send(u, fileText), http.StatusOK)
	s.wantProblem(s.send(u, fileText), http.StatusConflict, dpp.ReasonUploadExists)
	first := s.wantRun(s.submit("upload-key-1", naming(u.ID)), http.StatusAccepted)
	second := s.wantRun(s.submit("upload-key-2", naming(u.ID, u.ID)), http.StatusAccepted)
	s.finish()
	s.finish()
	for _, run := range []dpp.RunView{first, second} {
		if ended := s.wantRun(s.get("/v1/runs/"+string(run.ID)), http.StatusOK); ended.Status != dpp.StatusCompleted {
			t.Errorf("the run is %s", ended.Status)
		}
	}
	s.Audit()
}

func TestAnnouncementsThatAreRefused(t *testing.T) {
	s := newSite(t, options{})
	s.wantProblem(s.announce(`{"media_type":"text/plain"}`), 422, dpp.ReasonValidationFailed)
	s.wantProblem(s.announce(`{"media_type":"text/plain","size_bytes":1,"upload_id":"upl_x"}`), 422, dpp.ReasonUnknownField)
	s.wantProblem(s.announce(`[`), 400, dpp.ReasonBadRequest)
	s.wantProblem(s.announce(``), 400, dpp.ReasonBadRequest)
	s.wantProblem(s.announce(strings.Repeat(" ", 11<<20)), 413, dpp.ReasonBodyTooLarge)
	s.wantProblem(s.do(call{method: "POST", path: "/v1/uploads?name=x", body: `{}`}), 422, dpp.ReasonUnknownField)
	s.wantProblem(s.do(call{method: "POST", path: "/v1/uploads", body: `{}`, header: map[string]string{"Content-Type": "text/plain"}}), 415, dpp.ReasonUnsupportedMediaType)
	s.wantProblem(s.do(call{method: "POST", path: "/v1/uploads", body: `{}`, anonymous: true}), 401, dpp.ReasonAuthMissing)
	s.wantProblem(s.do(call{method: "POST", path: "/v1/uploads", body: `{}`, key: s.operator}), 403, dpp.ReasonScopeMissing)
	for range 256 {
		s.announced()
	}
	a := s.announce(`{"media_type":"text/plain","size_bytes":1}`)
	if p := s.wantProblem(a, 429, dpp.ReasonRateLimited); a.header.Get("Retry-After") != "60" || !strings.Contains(p.Detail, "256") {
		t.Errorf("%s %s", a.header.Get("Retry-After"), a.body)
	}
	if err := s.Ports.Store.SetSuspended(t.Context(), s.Key.Tenant, true); err != nil {
		t.Fatal(err)
	}
	s.wantProblem(s.announce(`{"media_type":"text/plain","size_bytes":1}`), 403, dpp.ReasonTenantSuspended)
}

// Whether somebody else has such an upload nobody learns.
func TestUploadsOfOthersAreAsUnknownOnes(t *testing.T) {
	s := newSite(t, options{})
	foreign := s.Upload(s.Tenant(dpp.USD), fileText)
	own := s.announced()
	s.wantStatus(s.send(own, fileText), http.StatusOK)
	told := func(id dpp.UploadID) string {
		p := s.wantProblem(s.submit("foreign-key-1", naming(id)), 422, dpp.ReasonUploadUnusable)
		return fmt.Sprintf("%s %s %+v %s", p.Detail, p.Hint, p.Remedy, p.Errors[0].Code+p.Errors[0].Message+p.Errors[0].Expected)
	}
	unknown := told(dpp.NewUploadID())
	if got := told(foreign.ID); got != unknown {
		t.Errorf("told %s, of an unknown one %s", got, unknown)
	}
	s.Age(25 * time.Hour)
	if got := told(own.ID); got != unknown {
		t.Errorf("of an expired one told %s", got)
	}
}

func TestAnnouncementsCountAsReads(t *testing.T) {
	s := newSite(t, options{Options: platform.Options{Config: func(c *runs.Config) { c.Reads.Quota = 2 }}})
	s.announced()
	s.announced()
	s.wantProblem(s.announce(`{"media_type":"text/plain","size_bytes":1}`), 429, dpp.ReasonRateLimited)
	s.accepted("another-key-1") // submits are counted apart
}
