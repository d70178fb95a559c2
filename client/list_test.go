package client_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"dpp"
	"dpp/client"
)

// threePages serves entries 6..1 in pages of two.
func threePages() *web {
	return &web{answer: func(_ int, r *http.Request) (*http.Response, error) {
		switch r.URL.Query().Get("cursor") {
		case "":
			return says(200, entries(6, 5, "a")), nil
		case "a":
			return says(200, entries(4, 3, "b=&")), nil
		default:
			return says(200, entries(2, 1, "")), nil
		}
	}}
}

func entries(a, b int, next string) string {
	one := `{"seq":%d,"kind":"credit","amount_usd":"1.0000","created_at":"2025-01-02T03:04:05.678Z"}`
	doc := fmt.Sprintf(`{"data":[`+one+`,`+one+`]`, a, b)
	if next != "" {
		doc += `,"next_cursor":"` + next + `"`
	}
	return doc + "}"
}

func TestLedgerGoesOverAllPages(t *testing.T) {
	w := threePages()
	all := w.client().Ledger(t.Context())
	for range 2 { // a sequence may be used again
		var seqs []int64
		for e, err := range all {
			if err != nil {
				t.Fatal(err)
			}
			seqs = append(seqs, e.Seq)
		}
		if !slices.Equal(seqs, []int64{6, 5, 4, 3, 2, 1}) {
			t.Errorf("saw %v", seqs)
		}
	}
	if got := w.asked[2].URL.Query(); got.Get("cursor") != "b=&" || got.Get("limit") != "100" {
		t.Errorf("the third page was asked for with %v", got)
	}
}

func TestAReaderThatHasEnoughAsksForNoMorePages(t *testing.T) {
	w := threePages()
	for e, err := range w.client().Ledger(t.Context()) {
		if err != nil || e.Seq == 5 {
			break
		}
	}
	if len(w.asked) != 1 {
		t.Errorf("%d pages were asked for", len(w.asked))
	}
}

func TestFiltersOfTheList(t *testing.T) {
	w := always(200, `{"data":[`+runDoc("FAILED", 3, "")+`]}`)
	at := time.Date(2025, 3, 4, 5, 6, 7, 8_000_000, time.FixedZone("", 3600))
	f := client.Filter{Status: dpp.StatusFailed, PackType: "url", ExternalID: "a b", CreatedAfter: at, CreatedBefore: at.Add(time.Hour)}
	count := 0
	for run, err := range w.client().List(t.Context(), f) {
		if count++; err != nil || run.ID != runID {
			t.Errorf("got %+v, %v", run, err)
		}
	}
	want := "created_after=2025-03-04T04%3A06%3A07.008Z&created_before=2025-03-04T05%3A06%3A07.008Z&external_id=a+b&limit=100&pack_type=url&status=FAILED"
	if got := w.asked[0].URL.RawQuery; got != want || count != 1 {
		t.Errorf("%d runs, asked with %s", count, got)
	}
}

func TestAPageThatNamesItselfEndsTheList(t *testing.T) {
	w := always(200, `{"data":[],"next_cursor":"same"}`)
	var last error
	for _, err := range w.client().Ledger(t.Context()) {
		last = err
	}
	if !errors.Is(last, client.ErrMalformed) || len(w.asked) != 2 {
		t.Errorf("%v after %d pages", last, len(w.asked))
	}
}

func TestAnErrorEndsTheList(t *testing.T) {
	var seen int
	for _, err := range always(400, `{"reason_code":"INVALID_CURSOR"}`).client().Ledger(t.Context()) {
		if seen++; err == nil {
			t.Error("no error")
		}
	}
	if seen != 1 {
		t.Errorf("told %d times", seen)
	}
}
