package pack_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"dpp"
	"dpp/internal/pack"
)

// fake is a pack whose answers a test sets.
type fake struct {
	manifest pack.Manifest
	estimate pack.Estimate
	err      error
}

func (f *fake) Manifest() *pack.Manifest { return &f.manifest }

func (f *fake) Estimate(jsontext.Value) (pack.Estimate, error) { return f.estimate, f.err }

func (f *fake) Run(context.Context, pack.Job) (*pack.Outcome, error) {
	return nil, errors.New("a fake does not run")
}

func newFake(packType string) *fake {
	return &fake{manifest: pack.Manifest{
		Type: packType, Version: "1.2.0", InputsSchema: jsontext.Value(`{"type":"object"}`), DataSchema: jsontext.Value(`{"type":"object"}`),
		Prices: []dpp.Price{{Unit: "page", Per: 1, Amount: 1_000}, {Unit: "token", Per: 1_000_000, Amount: 150_000}},
		Limits: map[string]int64{"max_pages": 10, "max_tokens": 1_000},
	}}
}

// offer registers a fake alone.
func offer(t *testing.T, f *fake, own map[string]dpp.Price) *pack.Offer {
	t.Helper()
	prices := pack.Prices{}
	if own != nil {
		prices[f.manifest.Type] = own
	}
	r, err := pack.NewRegistry(prices, f)
	if err != nil {
		t.Fatal(err)
	}
	o, ok := r.Lookup(f.manifest.Type)
	if !ok {
		t.Fatal("a registered pack is not found")
	}
	return o
}

func TestRegistry(t *testing.T) {
	url, ocr := newFake("url"), newFake("ocr")
	r, err := pack.NewRegistry(nil, url, ocr)
	if err != nil {
		t.Fatal(err)
	}
	if o, ok := r.Lookup("url"); !ok || o.Pack != url {
		t.Errorf("url is %v, %t", o, ok)
	}
	if o, ok := r.Lookup("eval"); ok {
		t.Errorf("there is no eval, but %v", o)
	}
	if offers := r.Offers(); len(offers) != 2 || offers[0].Pack != ocr || offers[1].Pack != url {
		t.Errorf("the offers are %v; want ocr and url", offers)
	}
}

func TestRegistryRefuses(t *testing.T) {
	price := func(p dpp.Price) pack.Prices { return pack.Prices{"url": {"page": p}} }
	with := func(change func(*pack.Manifest)) *fake {
		f := newFake("url")
		change(&f.manifest)
		return f
	}
	good := newFake("url")
	elsewhere := filepath.Join(t.TempDir(), "schema.json")
	if err := os.WriteFile(elsewhere, []byte(`{}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		prices pack.Prices
		packs  []pack.Pack
		names  string // what the error tells the operator
	}{
		"the same type twice":       {nil, []pack.Pack{good, newFake("ocr"), newFake("url")}, "url"},
		"a price for no pack":       {pack.Prices{"eval": {"row": {Per: 1, Amount: 100}}}, []pack.Pack{good}, "eval"},
		"a price for no unit":       {pack.Prices{"url": {"row": {Per: 1, Amount: 100}}}, []pack.Pack{good}, "row"},
		"a price per nothing":       {price(dpp.Price{Amount: 100}), []pack.Pack{good}, "page"},
		"a price per less":          {price(dpp.Price{Per: -1, Amount: 100}), []pack.Pack{good}, "page"},
		"a negative price":          {price(dpp.Price{Per: 1, Amount: -100}), []pack.Pack{good}, "page"},
		"too high a price":          {price(dpp.Price{Per: 1, Amount: dpp.MaxAmount + dpp.Quantum}), []pack.Pack{good}, "page"},
		"a price finer than text":   {price(dpp.Price{Per: 1, Amount: 150}), []pack.Pack{good}, "page"},
		"prices that do not add up": {price(dpp.Price{Per: 1<<62 - 57, Amount: 100}), []pack.Pack{good}, "token"},
		"one of its own prices":     {nil, []pack.Pack{with(func(m *pack.Manifest) { m.Prices[1].Per = 0 })}, "token"},
		"two prices for a unit":     {nil, []pack.Pack{with(func(m *pack.Manifest) { m.Prices[1].Unit = "page" })}, "page"},
		"inputs schema: no JSON":    {nil, []pack.Pack{with(func(m *pack.Manifest) { m.InputsSchema = jsontext.Value(`{`) })}, "inputs schema"},
		"inputs schema: none":       {nil, []pack.Pack{with(func(m *pack.Manifest) { m.InputsSchema = nil })}, "inputs schema"},
		"inputs schema: no schema":  {nil, []pack.Pack{with(func(m *pack.Manifest) { m.InputsSchema = jsontext.Value(`{"type":"thing"}`) })}, "inputs schema"},
		"data schema: no schema":    {nil, []pack.Pack{with(func(m *pack.Manifest) { m.DataSchema = jsontext.Value(`{"minItems":-1}`) })}, "data schema"},
		"a schema of elsewhere": {nil, []pack.Pack{with(func(m *pack.Manifest) {
			m.InputsSchema = jsontext.Value(`{"$ref":"http://127.0.0.1:1/schema.json"}`)
		})}, "inputs schema"},
		"a schema of a file": {nil, []pack.Pack{with(func(m *pack.Manifest) {
			m.InputsSchema = jsontext.Value(`{"$ref":"file://` + filepath.ToSlash(elsewhere) + `"}`)
		})}, "inputs schema"},
		"data as a whole is spilled":  {nil, []pack.Pack{with(func(m *pack.Manifest) { m.Spillable = []string{"/pages", ""} })}, "spilled"},
		"a spilled name is no file's": {nil, []pack.Pack{with(func(m *pack.Manifest) { m.Spillable = []string{"/a~1b"} })}, "/a~1b"},
	} {
		r, err := pack.NewRegistry(c.prices, c.packs...)
		if err == nil || r != nil || !strings.Contains(err.Error(), c.names) {
			t.Errorf("%s: %v; want an error that names %s", name, err, c.names)
		}
	}
}

func TestPricesAreOverridden(t *testing.T) {
	f := newFake("url")
	f.estimate.All = []pack.Quantity{{Unit: "page", Quantity: 2}, {Unit: "token", Quantity: 1_000_000}}
	own := slices.Clone(f.manifest.Prices)
	o := offer(t, f, map[string]dpp.Price{"page": {Unit: "ignored", Per: 10, Amount: 500}})
	want := []dpp.Price{{Unit: "page", Per: 10, Amount: 500}, own[1]}
	if !slices.Equal(o.Manifest.Prices, want) {
		t.Errorf("the prices are %v, want %v", o.Manifest.Prices, want)
	}
	if !slices.Equal(f.manifest.Prices, own) {
		t.Errorf("the pack's own prices became %v", f.manifest.Prices)
	}
	bounds, err := o.Check(jsontext.Value(`{}`))
	if err != nil || bounds.All != 150_100 {
		t.Errorf("all costs %d, %v; want 150100", int64(bounds.All), err)
	}
	free := offer(t, f, map[string]dpp.Price{"page": {Per: 1}})
	if bounds, err := free.Check(jsontext.Value(`{}`)); err != nil || bounds.All != 150_000 {
		t.Errorf("with pages for nothing all costs %d, %v; want 150000", int64(bounds.All), err)
	}
}

func TestProfileNamesTheConditions(t *testing.T) {
	profile := func(change func(*pack.Manifest)) string {
		f := newFake("url")
		f.manifest.Limits = maps.Clone(f.manifest.Limits)
		change(&f.manifest)
		return offer(t, f, nil).Profile
	}
	base := profile(func(*pack.Manifest) {})
	if !regexp.MustCompile(`^1\.2\.0-[0-9a-f]{8}$`).MatchString(base) {
		t.Errorf("the profile is %s", base)
	}
	for range 10 { // maps have no order
		if again := profile(func(m *pack.Manifest) { m.Title, m.Description = "t", "d" }); again != base {
			t.Errorf("the same conditions are %s and %s", base, again)
		}
	}
	seen := map[string]string{base: "the original"}
	for name, change := range map[string]func(*pack.Manifest){
		"another version":    func(m *pack.Manifest) { m.Version = "1.2.1" },
		"another amount":     func(m *pack.Manifest) { m.Prices[0].Amount += dpp.Quantum },
		"another per":        func(m *pack.Manifest) { m.Prices[0].Per++ },
		"another unit":       func(m *pack.Manifest) { m.Prices[0].Unit = "sheet" },
		"another limit":      func(m *pack.Manifest) { m.Limits["max_pages"]++ },
		"a limit more":       func(m *pack.Manifest) { m.Limits["max_bytes"] = 1 },
		"limits under names": func(m *pack.Manifest) { m.Limits = map[string]int64{"max_pages": 1_000, "max_tokens": 10} },
	} {
		p := profile(change)
		if other, twice := seen[p]; twice {
			t.Errorf("%s has the profile of %s", name, other)
		}
		seen[p] = name
	}
	if o := offer(t, newFake("url"), map[string]dpp.Price{"page": {Per: 1, Amount: 2_000}}); seen[o.Profile] != "" {
		t.Errorf("an operator's price has the profile of %s", seen[o.Profile])
	}
	if o := offer(t, newFake("url"), map[string]dpp.Price{"page": {Per: 1, Amount: 1_000}}); o.Profile != base {
		t.Errorf("an operator's price that is the pack's own gives %s, not %s", o.Profile, base)
	}
}

func TestCheckPricesTheEstimate(t *testing.T) {
	f := newFake("url")
	pages := func(n int64) []pack.Quantity { return []pack.Quantity{{Unit: "page", Quantity: n}} }
	f.estimate = pack.Estimate{
		Minimum: pages(1), All: []pack.Quantity{{Unit: "page", Quantity: 3}, {Unit: "token", Quantity: 1}}, Low: nil, Likely: pages(4), High: pages(5),
	}
	got, err := offer(t, f, nil).Check(jsontext.Value(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	if got.Minimum != 1_000 || got.All != 3_100 || got.Low != 0 || got.Likely != 4_000 || got.High != 5_000 || !slices.Equal(got.Units, pages(4)) {
		t.Errorf("the bounds are %+v", got)
	}
}

func TestCheckPassesErrorsOn(t *testing.T) {
	f := newFake("url")
	o := offer(t, f, nil)
	own := &pack.InputError{Fields: []pack.FieldError{{Pointer: "/urls/0", Code: "not_allowed", Message: "m"}}}
	f.err = own
	var invalid *pack.InputError
	if _, err := o.Check(jsontext.Value(`{}`)); !errors.As(err, &invalid) || invalid != own || !strings.Contains(err.Error(), "/urls/0") {
		t.Errorf("the pack's own findings come out as %v", err)
	}
	for _, units := range [][]pack.Quantity{{{Unit: "row", Quantity: 1}}, {{Unit: "page", Quantity: -1}}} {
		f.err, f.estimate = nil, pack.Estimate{High: units}
		if bounds, err := o.Check(jsontext.Value(`{}`)); err == nil || errors.As(err, &invalid) || bounds.Units != nil {
			t.Errorf("an estimate of %v gives %+v, %v", units, bounds, err)
		}
	}
	if text := (&pack.InputError{}).Error(); text == "" {
		t.Error("an error without findings says nothing")
	}
}

// A limit of what a check says is enough for the meter, and a quantum less is not.
func TestBoundsAreWhatTheMeterCounts(t *testing.T) {
	f := newFake("url")
	o := offer(t, f, nil)
	rapid.Check(t, func(t *rapid.T) {
		f.estimate.All = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) pack.Quantity {
			return pack.Quantity{Unit: rapid.SampledFrom([]string{"page", "token"}).Draw(t, "unit"), Quantity: rapid.Int64Range(0, 5_000).Draw(t, "quantity")}
		}), 1, 6).Draw(t, "all")
		bounds, err := o.Check(jsontext.Value(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		take := func(limit dpp.Money) error {
			m := pack.NewMeter(o.Manifest.Prices, limit, nil)
			for _, q := range f.estimate.All {
				if err := m.Take(q.Unit, q.Quantity); err != nil {
					return err
				}
			}
			return nil
		}
		if err := take(bounds.All); err != nil {
			t.Fatalf("%v within %s: %v", f.estimate.All, bounds.All, err)
		}
		if err := take(bounds.All - dpp.Quantum); bounds.All > 0 && !errors.Is(err, pack.ErrCostLimit) {
			t.Fatalf("%v within less than %s: %v", f.estimate.All, bounds.All, err)
		}
	})
}
