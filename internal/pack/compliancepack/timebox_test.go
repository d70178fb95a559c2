package compliancepack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"

	"dpp"
	"dpp/internal/document"
	"dpp/internal/pack"
	"dpp/internal/pack/packtest"
)

// slowReader is a reader of documents that takes its time for text layers, and for pages by
// OCR.
type slowReader struct {
	sheets
	layers, page time.Duration
}

func after(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func (s *slowReader) Layers(ctx context.Context, content []byte, o document.LayerOptions) (*document.Layers, error) {
	if err := after(ctx, s.layers); err != nil {
		return nil, err
	}
	return s.sheets.Layers(ctx, content, o)
}

func (s *slowReader) Image(ctx context.Context, _ []byte, _ int, how document.OCR) (*document.Reading, error) {
	if err := after(ctx, s.page); err != nil {
		return nil, err
	}
	return s.Picture(ctx, nil, how)
}

const aPNG = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"

// boxed runs documents within ten seconds, and with all money; p is warm.
func boxed(t *testing.T, p *Pack, in any, changed func(context.Context, *pack.Meter)) (*ran, *pack.Meter, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var meter *pack.Meter
	meter = pack.NewMeter(p.Manifest().Prices, dpp.USD, func() {
		if changed != nil {
			changed(ctx, meter)
		}
	})
	out, err := p.Run(ctx, pack.Job{Tenant: tenant, Live: true, Inputs: packtest.JSON(t, in), Meter: meter})
	if err != nil {
		return nil, meter, err
	}
	return store(t, out, meter), meter, nil
}

func warm(t *testing.T, r Reader) *Pack {
	t.Helper()
	p := withReader(r, &document.Engine{Languages: []string{"eng"}})
	p.catalogue = shared().catalogue
	if _, err := p.catalogue(); err != nil {
		t.Fatal(err)
	}
	return p
}

func left(t *testing.T, r *ran) (names []string) {
	t.Helper()
	var rest request
	if err := json.Unmarshal(packtest.JSON(t, r.Remaining), &rest); err != nil {
		t.Fatal(err)
	}
	for i := range rest.Documents {
		names = append(names, rest.Documents[i].Name)
	}
	return names
}

func named(name string, doc m) m {
	doc["name"] = name
	return doc
}

// At the end of the timebox what is finished is paid and given, and the rest remains and goes
// on, as if there had been time for all.
func TestTimebox(t *testing.T) {
	pdf, scan := fileOf("application/pdf", aPDF), fileOf("image/png", aPNG)
	for name, c := range map[string]struct {
		documents    []m
		layers, page time.Duration
		done, rest   []string // nothing done: no result
	}{
		"two of three":         {[]m{named("a", pdf), named("b", fileOf("application/pdf", aPDF)), named("c", fileOf("application/pdf", aPDF))}, 4 * time.Second, 0, []string{"a", "b"}, []string{"c"}},
		"a page in the middle": {[]m{text("a", "ssn 346-73-1350"), named("b", scan), text("c", "jo@example.org")}, 0, time.Minute, []string{"a"}, []string{"b", "c"}},
		"none":                 {[]m{named("a", fileOf("application/pdf", aPDF)), text("b", "jo@example.org")}, 11 * time.Second, 0, nil, nil},
		"all":                  {[]m{named("a", fileOf("application/pdf", aPDF)), text("b", "jo@example.org")}, 9 * time.Second, 0, []string{"a", "b"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := warm(t, &slowReader{layers: c.layers, page: c.page})
			in := m{"documents": c.documents, "policies": policies("pii", "gdpr-art13"), "redact": true}
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				r, meter, err := boxed(t, p, in, nil)
				if took := time.Since(start); took > 10*time.Second {
					t.Errorf("it took %s", took)
				}
				if c.done == nil {
					if !errors.Is(err, context.DeadlineExceeded) || meter.Total() != 0 {
						t.Errorf("%v, charged %s", err, meter.Total())
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				checkPart(t, r, c.done, c.rest)
			})
			if c.done != nil {
				checkGoesOn(t, in, p, c.rest)
			}
		})
	}
}

// checkPart looks at the result of documents that are done.
func checkPart(t *testing.T, r *ran, done, rest []string) {
	t.Helper()
	var names []string
	chars := int64(0)
	for _, d := range r.data.Documents {
		names = append(names, d.Name)
		chars += int64(d.Chars)
	}
	if !slices.Equal(names, done) || (r.Stopped == dpp.StopTimebox) != (rest != nil) || r.Stopped == dpp.StopCostLimit {
		t.Errorf("%v are done, stopped by %q", names, r.Stopped)
	}
	if usage := r.meter.Usage(); usage[0].Unit != unitCharacter || usage[0].Quantity != chars {
		t.Errorf("%d characters are done, charged %+v", chars, usage)
	}
	for _, f := range r.data.Findings {
		if !slices.Contains(done, f.Document) {
			t.Errorf("a finding in %s", f.Document)
		}
	}
	if len(r.data.Findings) < len(done) || len(r.files) != 1+len(done) || strings.Contains(r.everything(), "example.org") || strings.Contains(r.everything(), "4111") {
		t.Errorf("%d findings, %d files", len(r.data.Findings), len(r.files))
	}
	if rest == nil {
		return
	}
	if got := left(t, r); !slices.Equal(got, rest) || !slices.Contains(r.data.Reasons, becauseStopped) || r.data.Verdict == verdictPass {
		t.Errorf("%v remain; %s, %v", got, r.data.Verdict, r.data.Reasons)
	}
	if c := r.data.Counts.Documents; c.Given != len(done)+len(rest) || c.Checked != len(done) {
		t.Errorf("%+v", c)
	}
}

// checkGoesOn runs the parts after each other with time for all that is left, and all of it at
// once: the same is found, for the same money.
func checkGoesOn(t *testing.T, in m, slow *Pack, rest []string) {
	t.Helper()
	quick := warm(t, &sheets{})
	whole, meter, err := boxed(t, quick, in, nil)
	if err != nil {
		t.Fatal(err)
	}
	var first, second *ran
	synctest.Test(t, func(t *testing.T) {
		if first, _, err = boxed(t, slow, in, nil); err != nil {
			t.Fatal(err)
		}
	})
	total, found := first.meter.Total(), fingerprints(first)
	if rest != nil {
		if second, _, err = boxed(t, quick, first.Remaining, nil); err != nil {
			t.Fatal(err)
		}
		total, found = total+second.meter.Total(), append(found, fingerprints(second)...)
		if second.Stopped != "" {
			t.Errorf("stopped by %s", second.Stopped)
		}
	}
	if want := fingerprints(whole); !slices.Equal(found, want) || total < meter.Total() || total > meter.Total()+dpp.Quantum {
		t.Errorf("%d findings for %s in parts, %d for %s at once", len(found), total, len(want), meter.Total())
	}
}

func fingerprints(r *ran) (all []string) {
	for _, f := range r.data.Findings {
		all = append(all, f.Document+" "+f.RuleID+" "+f.Fingerprint)
	}
	return all
}

// What is paid when time is up is given, whole, and does not remain.
func TestWhatIsPaidAtTheEndOfTheTimeboxIsGiven(t *testing.T) {
	p := warm(t, nil)
	in := m{"documents": []m{text("a.json", `{"a":["jo@example.org"`+strings.Repeat(`,"x"`, 5000)+`,"bo@example.org"]}`), text("b", "x")}, "policies": policies("pii")}
	synctest.Test(t, func(t *testing.T) {
		r, _, err := boxed(t, p, in, func(ctx context.Context, meter *pack.Meter) {
			if meter.Total() > 0 {
				<-ctx.Done()
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := left(t, r); !slices.Equal(got, []string{"b"}) || r.Stopped != dpp.StopTimebox || len(r.data.Documents) != 1 {
			t.Errorf("%v remain, stopped by %q", got, r.Stopped)
		}
		for i, want := range []string{"/a/0", "/a/5001"} {
			if len(r.data.Findings) != 2 || r.data.Findings[i].Location.Pointer != want {
				t.Errorf("%s: %s", want, fmt.Sprint(r.data.Findings))
			}
		}
	})
}
