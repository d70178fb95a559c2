package packtest_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/pack"
	"dpp/internal/pack/packtest"
)

// counter is a pack that counts to the number in its inputs.
type counter struct{ manifest pack.Manifest }

const countInputs = `{"type":"object","required":["to"],"additionalProperties":false,"properties":{"to":{"type":"integer","maximum":9}}}`

func newCounter() *counter {
	return &counter{pack.Manifest{
		Type: "count", Version: "1.0.0", InputsSchema: jsontext.Value(countInputs), Spillable: []string{"/steps"},
		DataSchema: jsontext.Value(`{"type":"object","properties":{"steps":{"type":["array","object"]}}}`),
		Prices:     []dpp.Price{{Unit: "step", Per: 1, Amount: 5_000}}, Units: map[string]string{"step": "a step"}, Limits: map[string]int64{"max_to": 9},
		Example: jsontext.Value(`{"pack_type":"count","inputs":{"to":2},"reservation":{"max_cost_usd":"0.0100"}}`),
	}}
}

func (c *counter) Manifest() *pack.Manifest { return &c.manifest }

func (c *counter) Estimate(jsontext.Value) (pack.Estimate, error) {
	two := []pack.Quantity{{Unit: "step", Quantity: 2}}
	return pack.Estimate{Minimum: two, All: two, Low: two, Likely: two, High: two}, nil
}

func (c *counter) Run(context.Context, pack.Job) (*pack.Outcome, error) { return nil, nil }

// recorder is a test of which somebody else wants to know how it ends.
type recorder struct{ found []string }

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.found = append(r.found, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatal(args ...any) {
	r.found = append(r.found, fmt.Sprint(args...))
	runtime.Goexit()
}

// findings is what a check finds.
func findings(check func(t packtest.TB)) []string {
	var r recorder
	done := make(chan struct{})
	go func() {
		defer close(done)
		check(&r)
	}()
	<-done
	return r.found
}

func TestManifestsThatAreWrong(t *testing.T) {
	packtest.Manifest(t, newCounter())
	example := func(text string) func(*pack.Manifest) {
		return func(m *pack.Manifest) { m.Example = jsontext.Value(text) }
	}
	for name, spoil := range map[string]func(*pack.Manifest){
		"another pack's example":    example(`{"pack_type":"other","inputs":{"to":2},"reservation":{"max_cost_usd":"0.0100"}}`),
		"an example of wrong form":  example(`{"pack_type":"count","inputs":{"to":2},"reservation":{"max_cost_usd":"0.0100"},"more":1}`),
		"inputs that are not taken": example(`{"pack_type":"count","inputs":{"to":10},"reservation":{"max_cost_usd":"0.0100"}}`),
		"too small a reservation":   example(`{"pack_type":"count","inputs":{"to":2},"reservation":{"max_cost_usd":"0.0099"}}`),
		"too long a timebox":        example(`{"pack_type":"count","inputs":{"to":2},"reservation":{"max_cost_usd":"0.0100","timebox_sec":91}}`),
		"a unit without words":      func(m *pack.Manifest) { m.Units = map[string]string{"stride": "a stride"} },
		"a unit without a price":    func(m *pack.Manifest) { m.Units = map[string]string{"step": "a step", "stride": "a stride"} },
		"a price of nothing":        func(m *pack.Manifest) { m.Prices = []dpp.Price{{Unit: "step", Per: 1}} },
		"a limit of nothing":        func(m *pack.Manifest) { m.Limits = map[string]int64{"max_to": 0} },
		"a schema that is none":     func(m *pack.Manifest) { m.DataSchema = jsontext.Value(`{"type":"thing"}`) },
	} {
		p := newCounter()
		spoil(&p.manifest)
		if found := findings(func(t packtest.TB) { packtest.Manifest(t, p) }); len(found) != 1 {
			t.Errorf("%s: found %q", name, found)
		}
	}
}

func TestSchemas(t *testing.T) {
	s := packtest.Compile(t, jsontext.Value(countInputs))
	for text, ok := range map[string]bool{`{"to":9}`: true, `{"to":9.0}`: true, `{"to":10}`: false, `{}`: false, `[]`: false} {
		if err := s.Validate(t, jsontext.Value(text)); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
	for name, check := range map[string]func(t packtest.TB){
		"no JSON":            func(t packtest.TB) { _ = s.Validate(t, jsontext.Value(`{"to":`)) },
		"no schema":          func(t packtest.TB) { packtest.Compile(t, jsontext.Value(`{"type":5}`)) },
		"a file outside":     func(t packtest.TB) { packtest.Compile(t, jsontext.Value(`{"$ref":"file:///packtest_test.go"}`)) },
		"a text of no value": func(t packtest.TB) { packtest.JSON(t, func() {}) },
	} {
		if found := findings(check); len(found) != 1 {
			t.Errorf("%s: found %q", name, found)
		}
	}
}

func TestSeal(t *testing.T) {
	m := newCounter().Manifest()
	steps := slices.Repeat([]string{strings.Repeat("x", 1_000)}, 2_000)
	if sealed := packtest.Seal(t, m, &pack.Outcome{Data: map[string]any{"steps": steps}}); len(sealed.Artifacts) != 1 {
		t.Errorf("%d artifacts", len(sealed.Artifacts))
	}
	for name, data := range map[string]any{
		"another form": map[string]any{"steps": "one"}, "too large": map[string]any{"other": steps},
	} {
		if found := findings(func(t packtest.TB) { packtest.Seal(t, m, &pack.Outcome{Data: data}) }); len(found) != 1 {
			t.Errorf("%s: found %q", name, found)
		}
	}
}

func TestExamplesOfAPage(t *testing.T) {
	const page = "# Count\n\n```json\n{\"to\": 1}\n```\n\n```sh\ncount\n```\n\n```json\n{\"pack_type\": \"count\",\n \"inputs\": {\"to\": 2}}\n```\n"
	examples := packtest.Examples(page)
	var inputs []string
	for _, example := range examples {
		inputs = append(inputs, string(packtest.Inputs(t, example)))
	}
	if want := []string{"{\"to\": 1}\n", `{"to": 2}`}; !slices.Equal(inputs, want) {
		t.Fatalf("found %q, want %q", inputs, want)
	}
	packtest.Accepted(t, newCounter(), examples...)
	if found := findings(func(t packtest.TB) { packtest.Accepted(t, newCounter(), jsontext.Value(`{"to":10}`), examples[0]) }); len(found) != 1 {
		t.Errorf("found %q", found)
	}
	packtest.Same(t, examples[1], jsontext.Value(`{"inputs":{"to":2.0},"pack_type":"count"}`))
	if found := findings(func(t packtest.TB) { packtest.Same(t, examples[0], examples[1]) }); len(found) != 1 {
		t.Errorf("found %q", found)
	}
}

func TestNamesOfAPage(t *testing.T) {
	names := packtest.Names(t, jsontext.Value(`{"properties":{
		"files":{"items":{"$ref":"#/$defs/input_file"}},
		"kind":{"anyOf":[{"enum":["exact_match","f1",";",1,null]},{"$ref":"#/$defs/spilled"}]},
		"deep":{"properties":{"deeper":{"type":"string"}}}},
		"$defs":{"input_file":{"properties":{"media_type":{"enum":["text"]}}},"spilled":{"properties":{"$artifact":{"type":"string"},"count":{"type":"integer"}}}}}`))
	slices.Sort(names)
	if want := []string{"deep", "deeper", "exact_match", "f1", "files", "kind"}; !slices.Equal(names, want) {
		t.Errorf("found %q, want %q", names, want)
	}
	const page = "`files`, a kind of deep (exact_match or f1), deeper."
	packtest.Named(t, page, names...)
	if found := findings(func(t packtest.TB) { packtest.Named(t, page, "file", "match", "f1", "dee?p") }); len(found) != 3 {
		t.Errorf("found %q", found)
	}
	if packtest.Page(t, "packtest_test.go") == "" || len(findings(func(t packtest.TB) { packtest.Page(t, "none.md") })) != 1 {
		t.Error("a page is not read, or one that is not there is")
	}
}

func TestProse(t *testing.T) {
	text := packtest.Prose(10_000)
	if len(text) < 10_000 || text != packtest.Prose(10_000) || !strings.Contains(text, " INFO ") || !strings.Contains(text, "@example.org") {
		t.Errorf("%d bytes", len(text))
	}
}
