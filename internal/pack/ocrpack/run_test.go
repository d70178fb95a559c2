package ocrpack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/document"
	"dpp/internal/document/picture"
	"dpp/internal/document/tesseract"
	"dpp/internal/inputs"
	"dpp/internal/pack"
	"dpp/internal/pack/packtest"
)

func TestEachPageIsReadInTheWayThatSuitsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &library{slow: time.Second}
		j, meter := jobOf(dpp.USD, inputsOf("", pdfOf("tsgevb"), inline(tiffHead, "sss", `,"name":"fax.tif"`), inline(pngHead, "s", `,"name":"fax.tif"`)))
		outcome, err := l.pack().Run(t.Context(), j)
		if err != nil {
			t.Fatal(err)
		}
		d := dataOf(t, outcome)
		for i, want := range []struct{ name, story string }{
			{"files[0]", "T1S2S3T4T5(6 PAGE_UNREADABLE)"}, {"fax.tif", "S1S2S3"}, {"fax.tif (2)", "S1"},
		} {
			if got := d.Documents[i]; got.Name != want.name || story(got) != want.story || got.Error != nil || got.PageCount != len(got.Pages) {
				t.Errorf("%s: %s, %+v", got.Name, story(got), got)
			}
		}
		pages := d.Documents[0].Pages
		if p := pages[0]; p.Text != "layer 1" || p.DPI != layerDPI || p.Coverage != nil || len(p.Notes) != 0 {
			t.Errorf("%+v", p.Content)
		}
		if p := pages[2]; p.Text != "scan 3\n" || p.DPI != ocrDPI || *p.Coverage != dpp.FullScore || !slices.Equal(p.Notes, []string{noteGarbage + "symbols"}) {
			t.Errorf("%+v", p.Content)
		}
		if p := pages[3]; p.Text != "" || p.Confidence != dpp.FullScore {
			t.Errorf("a blank page: %+v", p.Content)
		}
		if p := pages[4]; !slices.Equal(p.Notes, []string{noteOver}) || p.Confidence >= pages[0].Confidence {
			t.Errorf("a layer over a scan: %+v", p.Content)
		}
		if layers, ocr := used(meter); layers != 3 || ocr != 6 {
			t.Errorf("charged %d and %d", layers, ocr)
		}
		if p := meter.Progress(); p.Done != 10 || p.Total != 10 || p.Unit != unitPage {
			t.Errorf("progress %+v", p)
		}
		if l.most.Load() != 2 {
			t.Errorf("%d pages at once", l.most.Load())
		}
		if len(outcome.Discarded) != 1 || outcome.Discarded[0].Item != "files/0/page/6" || outcome.Stopped != "" || outcome.Remaining != nil {
			t.Errorf("%+v", outcome)
		}
		if !slices.Contains(outcome.Reasons, "files[0], page 6: PAGE_UNREADABLE") || outcome.Reliability >= 900_000 {
			t.Errorf("%s %q", outcome.Reliability, outcome.Reasons)
		}
	})
}

func TestCostLimit(t *testing.T) {
	const rest = `{"files":[%s]}`
	for name, c := range map[string]struct {
		limit   dpp.Money
		spec    string
		story   string // empty: the run ends without result
		rest    string // pages
		charged dpp.Money
	}{
		"enough":                         {1_500, "ttt", "T1T2T3", "", 1_500},
		"two layers":                     {1_499, "ttt", "T1T2", "3", 1_000},
		"two scans":                      {8_900, "sss", "S1S2", "3", 6_000},
		"a layer, not a scan":            {3_400, "tst", "T1", "2-3", 500},
		"a scan, nothing more":           {3_400, "stt", "S1", "2-3", 3_000},
		"not for one layer":              {400, "t", "", "", 0},
		"not for one scan":               {2_900, "s", "", "", 0},
		"what fails costs nothing":       {6_000, "xss", "(1 NOT_READ)S2S3", "", 6_000},
		"what is broken costs nothing":   {1_000, "btt", "(1 PAGE_UNREADABLE)T2T3", "", 1_000},
		"what cannot be drawn neither":   {3_000, "zs", "(1 DOCUMENT_DAMAGED)S2", "", 3_000},
		"what panics neither":            {3_000, "ps", "(1 NOT_READ)S2", "", 3_000},
		"garbage is charged as OCR once": {3_000, "g", "S1", "", 3_000},
		"nothing but failures":           {100_000, "xd", "fails", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j, meter := jobOf(c.limit, inputsOf("", pdfOf(c.spec)))
				outcome, err := (&library{slow: time.Second}).pack().Run(t.Context(), j)
				if meter.Total() != c.charged {
					t.Errorf("charged %s, want %s", meter.Total(), c.charged)
				}
				switch c.story {
				case "":
					if !errors.Is(err, pack.ErrCostLimit) {
						t.Errorf("%+v, %v", outcome, err)
					}
					return
				case "fails":
					var f *pack.Failure
					if !errors.As(err, &f) || f.Reason != dpp.ReasonPackError || !f.Retryable {
						t.Errorf("%+v, %v", outcome, err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if got := story(dataOf(t, outcome).Documents[0]); got != c.story {
					t.Errorf("%s, want %s", got, c.story)
				}
				want, stop := "", dpp.StopReason("")
				if c.rest != "" {
					want, stop = fmt.Sprintf(rest, inline(pdfHead, c.spec, `,"pages":"`+c.rest+`"`)), dpp.StopCostLimit
				}
				if got := remaining(t, outcome); got != want || outcome.Stopped != stop {
					t.Errorf("stopped by %q with %s left, want %s", outcome.Stopped, got, want)
				}
			})
		})
	}
}

func TestTimebox(t *testing.T) {
	for name, c := range map[string]struct {
		files []string
		story string // of all documents; empty: no result
		rest  string
	}{
		"two of four, two at once": {[]string{pdfOf("ssss")}, "S1S2", "3-4"},
		"a page in the middle":     {[]string{pdfOf("snst")}, "S1T4", "2-3"},
		"none":                     {[]string{pdfOf("nn")}, "", ""},
		"all":                      {[]string{pdfOf("stt")}, "S1T2T3", ""},
		"too little time":          {[]string{pdfOf("sd")}, "S1", "2"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j, meter := jobOf(dpp.USD, inputsOf("", c.files...))
				ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
				defer cancel()
				began := time.Now()
				outcome, err := (&library{slow: 4 * time.Second}).pack().Run(ctx, j)
				if took := time.Since(began); took > 8*time.Second {
					t.Errorf("it took %s", took)
				}
				if c.story == "" {
					if !errors.Is(err, context.DeadlineExceeded) || meter.Total() != 0 {
						t.Errorf("%+v, %v, charged %s", outcome, err, meter.Total())
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				got := ""
				for _, d := range dataOf(t, outcome).Documents {
					got += story(d)
				}
				rest := remaining(t, outcome)
				if got != c.story || strings.Contains(rest, `"pages":"`+c.rest+`"`) != (c.rest != "") || (outcome.Stopped == dpp.StopTimebox) != (c.rest != "") {
					t.Errorf("%s, want %s; stopped by %q with %s left", got, c.story, outcome.Stopped, rest)
				}
				if _, ocr := used(meter); ocr != int64(strings.Count(got, "S")) {
					t.Errorf("%d pages charged of %s", ocr, got)
				}
			})
		})
	}
}

// Files that were not reached are left as they came, by reference where they had one.
func TestFilesThatWereNotReachedRemain(t *testing.T) {
	j, _ := jobOf(600, inputsOf(`,"languages":["kor+eng"],"output":["words"],"find":[{"name":"n","pattern":"x"}],"annotate":false`,
		pdfOf("t"), inline(pdfHead, "tt", `,"name":"b.pdf","pages":"2"`), inline(pngHead, "s", "")))
	outcome, err := (&library{}).pack().Run(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	want := inputsOf(`,"languages":["kor+eng"],"output":["words"],"find":[{"name":"n","pattern":"x"}],"annotate":false`,
		inline(pdfHead, "tt", `,"name":"b.pdf","pages":"2"`), inline(pngHead, "s", ""))
	if got := remaining(t, outcome); got != want {
		t.Errorf("%s\nis left, want\n%s", got, want)
	}
	packtest.Accepted(t, (&library{}).pack(), jsontext.Value(want))
	if d := dataOf(t, outcome).Documents; len(d) != 3 || story(d[0]) != "T1" || len(d[1].Pages) != 0 || d[1].Error != nil {
		t.Errorf("%+v", d)
	}
}

func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, meter := jobOf(dpp.USD, inputsOf("", pdfOf("tsn")))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		began := time.Now()
		outcome, err := (&library{slow: time.Second}).pack().Run(ctx, j)
		if !errors.Is(err, context.Canceled) || outcome != nil || time.Since(began) != 3*time.Second {
			t.Errorf("%+v, %v after %s", outcome, err, time.Since(began))
		}
		if layers, ocr := used(meter); layers != 1 || ocr != 1 {
			t.Errorf("charged %d and %d", layers, ocr)
		}
	})
}

func TestPagesThatAreAskedFor(t *testing.T) {
	for name, c := range map[string]struct {
		spec, pages string
		story       string
		reason      string // of a refusal
		says        string
	}{
		"some":        {"ttsst", "5,1-3", "T1T2S3T5", "", ""},
		"the last":    {"ttsst", "5", "T5", "", ""},
		"beyond":      {"ttsst", "2-6", "", reasonOutOfRange, "has 5"},
		"far beyond":  {"ttsst", "900", "", reasonOutOfRange, "has 5"},
		"none there":  {"", "", "", reasonNoPages, "no pages"},
		"a long list": {strings.Repeat("t", 60), "", "", "", ""},
		"too many":    {strings.Repeat("t", maxPages+1), "", "", reasonTooMany, "500"},
		"enough":      {strings.Repeat("t", maxPages+1), "2-501", "", "", ""},
	} {
		more := ""
		if c.pages != "" {
			more = `,"pages":"` + c.pages + `"`
		}
		j, meter := jobOf(dpp.USD, inputsOf("", inline(pdfHead, c.spec, more)))
		l := &library{}
		outcome, err := l.pack().Run(t.Context(), j)
		if c.reason != "" {
			var f *pack.Failure
			if !errors.As(err, &f) || f.Reason != dpp.ReasonInputRejected || !strings.Contains(f.Detail, c.reason) || !strings.Contains(f.Detail, c.says) || f.Hint == "" || f.Retryable || meter.Total() != 0 {
				t.Errorf("%s: %+v, %v", name, outcome, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := dataOf(t, outcome).Documents[0]
		if c.story != "" && story(got) != c.story || c.story == "" && len(got.Pages) != min(len(c.spec), maxPages) || got.PageCount != len(c.spec) {
			t.Errorf("%s: %s", name, story(got))
		}
		for _, o := range l.asked {
			if len(o.Pages) > layerPages || !o.Words || o.DPI != layerDPI {
				t.Errorf("%s: asked for %+v", name, o)
			}
		}
	}
}

// A reader that gives fewer pages than it was asked for is asked again.
func TestLayersMayComeInParts(t *testing.T) {
	j, meter := jobOf(dpp.USD, inputsOf("", pdfOf(strings.Repeat("t", 40))))
	l := &library{short: 7}
	outcome, err := l.pack().Run(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	if d := dataOf(t, outcome).Documents[0]; len(d.Pages) != 40 || d.Pages[39].Text != "layer 40" || meter.Total() != 40*500 || len(l.asked) != 6 {
		t.Errorf("%s, charged %s, asked %d times", story(d), meter.Total(), len(l.asked))
	}
}

// A document that breaks in the middle keeps what was read of it.
func TestDocumentsThatBreakInTheMiddle(t *testing.T) {
	j, meter := jobOf(dpp.USD, inputsOf("", pdfOf(strings.Repeat("t", 3*layerPages))))
	outcome, err := (&library{breaks: document.ErrDamaged}).pack().Run(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	pages := dataOf(t, outcome).Documents[0].Pages
	if len(pages) != 3*layerPages || pages[layerPages-1].Content == nil || pages[layerPages].Error.Reason != reasonDamaged || pages[3*layerPages-1].Error == nil {
		t.Errorf("%d pages, %+v", len(pages), pages)
	}
	if outcome.Stopped != "" || meter.Total() != layerPages*500 {
		t.Errorf("stopped by %q, charged %s", outcome.Stopped, meter.Total())
	}
}

func TestDocumentsThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		err    error
		reason string
		input  bool
	}{
		{document.ErrEncrypted, reasonEncrypted, true},
		{document.ErrNoPages, reasonNoPages, true},
		{fmt.Errorf("%w: killed", document.ErrDamaged), reasonDamaged, true},
		{document.ErrTooLarge, reasonTooLarge, true},
		{document.ErrDemanding, reasonDemanding, true},
		{picture.ErrTooLarge, reasonPixels, true},
		{picture.ErrFormat, reasonFormat, true},
		{picture.ErrDamaged, reasonDamaged, true},
		{errSandbox, reasonNotRead, false},
	} {
		for _, file := range []string{pdfOf("t"), inline(pngHead, "s", "")} {
			if errors.Is(c.err, document.ErrNoPages) && strings.Contains(file, "png") {
				continue
			}
			j, meter := jobOf(dpp.USD, inputsOf("", file))
			outcome, err := (&library{refuse: c.err}).pack().Run(t.Context(), j)
			var f *pack.Failure
			if !errors.As(err, &f) {
				t.Errorf("%v: %+v, %v", c.err, outcome, err)
				continue
			}
			if (f.Reason == dpp.ReasonInputRejected) != c.input || f.Retryable == c.input || !strings.Contains(f.Detail, c.reason) || f.Hint == "" || meter.Total() != 0 {
				t.Errorf("%v: %+v, charged %s", c.err, f, meter.Total())
			}
			if len(f.Discarded) != 1 || f.Discarded[0].Item != "files/0" || f.Discarded[0].Reason != c.reason {
				t.Errorf("%v: %+v", c.err, f.Discarded)
			}
		}
	}
}

func TestOneBadFileNeverFailsTheOthers(t *testing.T) {
	j, meter := jobOf(dpp.USD, inputsOf("", inline(pdfHead, "t", `,"pages":"2"`), `{"kind":"inline","media_type":"text/plain","data":"aGVsbG8gdGhlcmU="}`, pdfOf("t")))
	outcome, err := (&library{}).pack().Run(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	d := dataOf(t, outcome).Documents
	if d[0].Error.Reason != reasonOutOfRange || d[1].Error.Reason != string(dpp.ReasonInputRejected) || !strings.Contains(d[1].Error.Detail, "/files/1") || story(d[2]) != "T1" {
		t.Errorf("%+v", d)
	}
	if len(outcome.Discarded) != 2 || outcome.Reliability > 340_000 || meter.Total() != 500 {
		t.Errorf("%+v, charged %s", outcome, meter.Total())
	}
}

func TestWithoutAnEngineTextLayersAreRead(t *testing.T) {
	p := New(inputs.New(nil, nil, nil, inputs.Options{}), &library{}, Options{})
	if !strings.Contains(p.Manifest().Description, "not available") {
		t.Errorf("the manifest says %q", p.Manifest().Description)
	}
	j, meter := jobOf(dpp.USD, inputsOf(`,"languages":["tlh"]`, pdfOf("ts")))
	outcome, err := p.Run(t.Context(), j)
	if err != nil || story(dataOf(t, outcome).Documents[0]) != "T1(2 OCR_NOT_AVAILABLE)" || meter.Total() != 500 {
		t.Errorf("%+v, %v", outcome, err)
	}
	j, meter = jobOf(dpp.USD, inputsOf("", inline(pngHead, "s", "")))
	var f *pack.Failure
	if outcome, err = p.Run(t.Context(), j); !errors.As(err, &f) || f.Reason != dpp.ReasonPackError || f.Retryable || !strings.Contains(f.Detail, "no OCR engine") || meter.Total() != 0 {
		t.Errorf("%+v, %v", outcome, err)
	}
}

func TestMistakesOfThePackEndTheRun(t *testing.T) {
	j, _ := jobOf(dpp.USD, inputsOf("", pdfOf("ts")))
	j.Meter = pack.NewMeter(nil, dpp.USD, nil) // knows no unit
	if outcome, err := (&library{}).pack().Run(t.Context(), j); err == nil || errors.Is(err, pack.ErrCostLimit) {
		t.Errorf("%+v, %v", outcome, err)
	}
	j.Inputs = jsontext.Value(`{"files":5}`)
	if _, err := (&library{}).pack().Run(t.Context(), j); err == nil {
		t.Error("inputs that are none were run")
	}
}

func TestMeaningOfErrors(t *testing.T) {
	if p := meaning(t.Context(), tesseract.ErrAbsent); p == nil || p.input {
		t.Errorf("%+v", p)
	}
	if p := meaning(t.Context(), errSandbox); p != nil {
		t.Errorf("%+v", p)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if p := meaning(ended, document.ErrDamaged); p != nil {
		t.Errorf("after the end: %+v", p)
	}
}

// The same inputs give the same result, in whatever order pages are finished.
func TestResultsAreTheSame(t *testing.T) {
	var first string
	for range 5 {
		j, _ := jobOf(dpp.USD, inputsOf(`,"output":["words","markdown","blocks"],"find":[{"name":"n","pattern":"[0-9]"}]`, pdfOf("sstsgs"), inline(tiffHead, "ssss", "")))
		outcome, err := (&library{}).pack().Run(t.Context(), j)
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := pack.Seal(pack.Envelope{}, outcome, nil)
		if err != nil {
			t.Fatal(err)
		}
		if text := string(sealed.Envelope.Data); first == "" {
			first = text
		} else if text != first {
			t.Fatalf("%s\nand\n%s", first, text)
		}
	}
}
