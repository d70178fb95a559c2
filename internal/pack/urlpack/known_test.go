package urlpack

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"dpp"
	"dpp/internal/fetch"
)

func TestWhatHasNotChangedIsNotGiven(t *testing.T) {
	const tagged = "http://a.example/tagged"
	moved := "http://a.example/to/" + tagged
	hash := sumOf([]byte("high water at noon"))
	for name, c := range map[string]struct {
		url, known string
		unchanged  bool
		status     int
		used       map[string]int64
	}{
		"by its tag":             {tagged, `"etag":"W/\"v1\""`, true, 304, map[string]int64{unitURL: 1}},
		"by its tag, not weak":   {tagged, `"etag":"\"v1\""`, true, 304, map[string]int64{unitURL: 1}},
		"by its time":            {tagged, `"last_modified":"Wed, 21 Oct 2015 07:28:00 GMT"`, true, 304, map[string]int64{unitURL: 1}},
		"by its content":         {tagged, `"content_sha256":"` + hash + `"`, true, 200, map[string]int64{unitURL: 1, unitMiB: 1}},
		"by its tag, moved":      {moved, `"etag":"\"v1\""`, true, 200, map[string]int64{unitURL: 1, unitMiB: 1}},
		"another tag":            {tagged, `"etag":"\"v0\""`, false, 200, map[string]int64{unitURL: 1, unitMiB: 1}},
		"other content":          {tagged, `"content_sha256":"` + sumOf(nil) + `"`, false, 200, map[string]int64{unitURL: 1, unitMiB: 1}},
		"another tag, same text": {tagged, `"etag":"\"v0\"","content_sha256":"` + hash + `"`, true, 200, map[string]int64{unitURL: 1, unitMiB: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j, meter := job(dpp.USD, `,"unchanged_since":[{"url":"`+c.url+`",`+c.known+`}]`, c.url)
				outcome, err := newWeb(t, site).pack().Run(t.Context(), j)
				if err != nil {
					t.Fatal(err)
				}
				r := resultsOf(t, outcome)[0]
				if !r.OK || r.NotModified != c.unchanged || (r.Page == nil) != c.unchanged || r.StatusCode != c.status || r.FinalURL != tagged || !maps.Equal(used(meter), c.used) {
					t.Errorf("%+v, used %v", r, used(meter))
				}
				if v := r.Validators; v == nil || v.ETag != `W/"v1"` || v.LastModified != "Wed, 21 Oct 2015 07:28:00 GMT" {
					t.Errorf("validators %+v", v)
				}
				if c.unchanged && outcome.Reliability != dpp.FullScore || len(outcome.Discarded) != 0 {
					t.Errorf("reliability %s, discarded %+v", outcome.Reliability, outcome.Discarded)
				}
			})
		})
	}
}

// A server that answers so without having been asked is at fault.
func TestNotModifiedThatNobodyAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, _ := job(dpp.USD, "", "http://a.example/status/304", "http://a.example/0/x")
		outcome, err := newWeb(t, site).pack().Run(t.Context(), j)
		if err != nil {
			t.Fatal(err)
		}
		if r := resultsOf(t, outcome)[0]; r.OK || r.Error.Reason != "HTTP_STATUS" {
			t.Errorf("%+v", r)
		}
	})
}

func TestWhatRemainsKnowsWhatWasKnown(t *testing.T) {
	in, err := decodeInputs([]byte(`{"urls":["a","b"],"extract":{"x":{"css":"h1"}},"unchanged_since":[{"url":"b","etag":"\"1\""},{"url":"a","etag":"\"2\""}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if rest := in.rest([]string{"b"}); len(rest.UnchangedSince) != 1 || rest.UnchangedSince[0].URL != "b" || len(rest.Extract) != 1 {
		t.Errorf("%+v", rest)
	}
	if rest := in.rest([]string{"c"}); rest.UnchangedSince != nil {
		t.Errorf("%+v", rest)
	}
}

func TestValidatorsCanBeSentAgain(t *testing.T) {
	for _, c := range []struct{ tag, time, wantTag, wantTime string }{
		{`"a"`, "Wed, 21 Oct 2015 07:28:00 GMT", `"a"`, "Wed, 21 Oct 2015 07:28:00 GMT"},
		{`W/"a"`, "Wednesday, 21-Oct-15 07:28:00 GMT", `W/"a"`, "Wed, 21 Oct 2015 07:28:00 GMT"},
		{`a`, "yesterday", "", ""},
		{`"a b"`, "", "", ""},
		{`"` + strings.Repeat("a", maxValidator) + `"`, "", "", ""},
	} {
		got := validatorsOf(http.Header{"Etag": {c.tag}, "Last-Modified": {c.time}})
		if got == nil {
			got = new(Validators)
		}
		if got.ETag != c.wantTag || got.LastModified != c.wantTime {
			t.Errorf("%+v gives %+v", c, got)
		}
	}
	if got := validatorsOf(http.Header{}); got != nil {
		t.Errorf("%+v", got)
	}
}

// What is cut is kept whole in a file.
func TestCutTextsAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, _ := job(dpp.USD, `,"formats":["markdown","text","html"],"max_chars_per_url":100`, "http://a.example/0/x", "http://a.example/bytes/10", "http://a.example/bytes/1000")
		outcome, err := newWeb(t, site).pack().Run(t.Context(), j)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, a := range outcome.Artifacts {
			names = append(names, a.Name)
			if n := len(a.Content); n < 700 || n > 1100 {
				t.Errorf("%s has %d bytes", a.Name, n)
			}
		}
		if want := []string{"pages-0.html", "pages-0.md", "pages-0.txt", "pages-2.md", "pages-2.txt"}; !slices.Equal(names, want) {
			t.Errorf("artifacts %v", names)
		}
		results := resultsOf(t, outcome)
		if got := results[0].Artifacts; !maps.Equal(got, map[string]string{"markdown": "pages-0.md", "text": "pages-0.txt", "html": "pages-0.html"}) || !results[0].Truncated {
			t.Errorf("%v", got)
		}
		if results[1].Artifacts != nil || results[1].Truncated || results[0].Chars > 100 || results[0].TotalChars < 700 {
			t.Errorf("%+v %+v", results[0], results[1])
		}
	})
}

func TestFilesOfARunHaveABound(t *testing.T) {
	var s shelf
	big := wholeText{formMarkdown, strings.Repeat("x", maxArtifacts/2)}
	for i := range 3 {
		p := &Page{whole: []wholeText{big}}
		s.put(i, p)
		if (p.Artifacts == nil) != (i == 2) || p.whole != nil {
			t.Errorf("%d: %v", i, p.Artifacts)
		}
	}
	s.put(3, &Page{whole: []wholeText{{formText, ""}}})
	if len(s.sorted()) != 3 || len(s.left) != 1 || s.left[0].Item != "urls[2].markdown" || s.left[0].Reason == "" || s.left[0].Detail == "" {
		t.Errorf("%d files, %+v", len(s.files), s.left)
	}
}

func TestStillTheSame(t *testing.T) {
	answer := func(status int, truncated bool) *fetch.Result {
		return &fetch.Result{Status: status, Header: http.Header{}, Body: []byte("x"), Truncated: truncated}
	}
	hashed := known{SHA256: sumOf([]byte("x"))}
	for name, c := range map[string]struct {
		k    known
		a    *fetch.Result
		want bool
	}{
		"nothing known":      {known{}, answer(200, false), false},
		"the same":           {hashed, answer(200, false), true},
		"the same beginning": {hashed, answer(200, true), false},
		"an error page":      {hashed, answer(404, false), false},
		"no tag, no tag":     {known{LastModified: "x"}, answer(200, false), false},
	} {
		if got := c.k.still(c.a); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
