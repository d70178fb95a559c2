package urlpack

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack"
)

const shop = `<html><head><meta property=og:title content="Lamp, cheap"><meta property="product:price:currency" content=EUR><meta name=keywords content="lamp, light">
<script type="application/ld+json">{"@context":"https://schema.org","@type":"Product","name":"Lamp","sku":77,"gtin13":"4006381333931","isNew":true,
 "offers":{"@type":"Offer","price":"19.90","priceCurrency":"EUR","availability":"https://schema.org/InStock","inventory":3.0},
 "image":["/a.png","/b.png"],"releaseDate":"2026-01-02T03:04:05Z","brand":{"@type":"Brand","name":"Lumen"},
 "review":[{"@type":"Review","author":{"name":"Ada"},"rating":5},{"@type":"Review","author":{"name":"Bea"},"rating":4.5},{"@type":"Review"}],
 "weight":"1,299","long":"` + "%s" + `"}</script></head>
<body><div class=product><h1>Lamp <small>new</small></h1><span class=price data-cents=1990>19,90 €</span><a class=more href="/lamp?x=1">more</a>
<ul class=tags><li>red<li>blue<li> </ul></div><div itemscope itemtype=https://schema.org/BreadcrumbList><span itemprop=position>2</span><b itemprop=crumb>Home</b></div></body></html>`

func extractFrom(t *testing.T, page, spec string) (string, *Extracted) {
	t.Helper()
	in, err := decodeInputs(jsontext.Value(`{"urls":["x"],"extract":` + spec + `}`))
	if err != nil {
		t.Fatalf("%s: %v", spec, err)
	}
	p := read(t, "text/html", page, in.want())
	text, err := json.Marshal(p.Values, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return string(text), p.Extracted
}

func TestExtract(t *testing.T) {
	page := fmt.Sprintf(shop, strings.Repeat("x", 3000))
	for spec, c := range map[string]struct {
		want, missing string
		from          source
	}{
		`{"a":{"css":".product h1"}}`:                                {`{"a":"Lamp new"}`, "", fromCSS},
		`{"a":{"css":".price","attr":"data-cents"}}`:                 {`{"a":"1990"}`, "", fromCSS},
		`{"a":{"css":"a.more","attr":"HREF"}}`:                       {`{"a":"https://www.example.com/lamp?x=1"}`, "", fromCSS},
		`{"a":{"css":".tags li","all":true}}`:                        {`{"a":["red","blue"]}`, "", fromCSS},
		`{"a":{"css":"meta[property='og:title']","attr":"content"}}`: {`{"a":"Lamp, cheap"}`, "", fromCSS},
		`{"a":{"css":"h1","all":true}}`:                              {`{"a":["Lamp new"]}`, "", fromCSS},
		`{"a":{"css":"h6"}}`:                                         {`{}`, "a", ""},
		`{"a":{"css":"h1","attr":"id"}}`:                             {`{}`, "a", ""},

		`{"name":{"json_schema":{"type":"string"}}}`:                             {`{"name":"Lamp"}`, "", fromJSONLD},
		`{"price":{"json_schema":{"type":"number"}}}`:                            {`{"price":19.90}`, "", fromJSONLD},
		`{"price":{"json_schema":{"type":"string"}}}`:                            {`{"price":"19.90"}`, "", fromJSONLD},
		`{"price":{"json_schema":{"type":"integer"}}}`:                           {`{}`, "price", ""},
		`{"sku":{"json_schema":{"type":["integer","null"]}}}`:                    {`{"sku":77}`, "", fromJSONLD},
		`{"inventory":{"json_schema":{"type":"integer"}}}`:                       {`{"inventory":3}`, "", fromJSONLD},
		`{"price_currency":{"json_schema":{"enum":["USD","EUR"]}}}`:              {`{"price_currency":"EUR"}`, "", fromJSONLD},
		`{"price_currency":{"json_schema":{"const":"USD"}}}`:                     {`{}`, "price_currency", ""},
		`{"isNew":{"json_schema":{"type":"boolean"}}}`:                           {`{"isNew":true}`, "", fromJSONLD},
		`{"weight":{"json_schema":{"type":"number"}}}`:                           {`{}`, "weight", ""},
		`{"brand":{"json_schema":{"type":"string"}}}`:                            {`{"brand":"Lumen"}`, "", fromJSONLD},
		`{"image":{"json_schema":{"type":"string","format":"uri"}}}`:             {`{"image":"https://www.example.com/a.png"}`, "", fromJSONLD},
		`{"image":{"json_schema":{"type":"array","items":{"type":"string"}}}}`:   {`{"image":["/a.png","/b.png"]}`, "", fromJSONLD},
		`{"releaseDate":{"json_schema":{"type":"string","format":"date"}}}`:      {`{"releaseDate":"2026-01-02"}`, "", fromJSONLD},
		`{"releaseDate":{"json_schema":{"type":"string","format":"date-time"}}}`: {`{"releaseDate":"2026-01-02T03:04:05Z"}`, "", fromJSONLD},
		`{"name":{"json_schema":{"type":"string","format":"date"}}}`:             {`{}`, "name", ""},
		`{"position":{"json_schema":{"type":"integer"}}}`:                        {`{"position":2}`, "", fromMicrodata},
		`{"title":{"json_schema":{"type":"string"}}}`:                            {`{"title":"Lamp, cheap"}`, "", fromOpenGraph},
		`{"keywords":{"json_schema":{"type":"string"}}}`:                         {`{"keywords":"lamp, light"}`, "", fromMeta},
		`{"product_price_currency":{"json_schema":{"type":"string"}}}`:           {`{"product_price_currency":"EUR"}`, "", fromMeta},
		`{"nothing":{"json_schema":{"type":"string"}}}`:                          {`{}`, "nothing", ""},

		`{"p":{"json_schema":{"type":"object","properties":{"name":{"type":"string"},"colour":{"type":"string"},"offers":{"type":"object","properties":{"price":{"type":"number"},"availability":{"type":"string"}}}}}}}`: {
			`{"p":{"name":"Lamp","offers":{"availability":"https://schema.org/InStock","price":19.90}}}`, "p.colour", fromJSONLD,
		},
		`{"p":{"json_schema":{"type":"object","properties":{"@type":{"const":"Offer"},"price":{"type":"number"}}}}}`:       {`{}`, "p", ""},
		`{"p":{"json_schema":{"type":"object","properties":{"@type":{"const":"Product"},"name":{"type":"string"}}}}}`:      {`{"p":{"@type":"Product","name":"Lamp"}}`, "", fromJSONLD},
		`{"p":{"json_schema":{"properties":{"name":{"type":"string"},"colour":{"type":"string"}},"required":["colour"]}}}`: {`{}`, "p", ""},
		`{"offers":{"json_schema":{"properties":{"price":{"type":"number"}}}}}`:                                            {`{"offers":{"price":19.90}}`, "", fromJSONLD},
		`{"review":{"json_schema":{"type":"array","items":{"type":"object","properties":{"author":{"type":"string"},"rating":{"type":"number"}},"required":["rating"]}}}}`: {
			`{"review":[{"author":"Ada","rating":5},{"author":"Bea","rating":4.5}]}`, "", fromJSONLD,
		},
	} {
		got, x := extractFrom(t, page, spec)
		name := spec[2 : strings.IndexByte(spec[2:], '"')+2]
		if got != c.want || strings.Join(x.Missing, ",") != c.missing || x.From[name] != c.from || x.Cut {
			t.Errorf("%s\ngave %s, missing %q, from %q, cut %t\nwant %s, missing %q, from %q", spec, got, x.Missing, x.From, x.Cut, c.want, c.missing, c.from)
		}
	}
	if got, x := extractFrom(t, page, `{"long":{"json_schema":{"type":"string"}}}`); len(got) > maxExtracted+20 || !x.Cut {
		t.Errorf("%d bytes, cut %t", len(got), x.Cut)
	}
}

func TestExtractOnlyFromHTML(t *testing.T) {
	in, err := decodeInputs(jsontext.Value(`{"urls":["x"],"extract":{"b":{"css":"a"},"a":{"json_schema":{"type":"string"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if p := read(t, "application/json", `{"a":"x"}`, in.want()); len(p.Values) != 0 || strings.Join(p.Missing, ",") != "a,b" {
		t.Errorf("%v %v", p.Values, p.Missing)
	}
	if p := read(t, "text/html", "<p>x", everything); p.Extracted != nil {
		t.Errorf("%+v", p.Extracted)
	}
}

func TestExtractionsThatAreRefused(t *testing.T) {
	nest := func(n int) string {
		return strings.Repeat(`{"properties":{"a":`, n) + `{"type":"string"}` + strings.Repeat("}}", n)
	}
	var many []string
	for i := range 101 {
		many = append(many, fmt.Sprintf(`"p%d":{"type":"string"}`, i))
	}
	for spec, at := range map[string]string{
		`{"a":{}}`:                           "/extract/a",
		`{"a":{"css":"b","json_schema":{}}}`: "/extract/a",
		`{"a":{"json_schema":{"type":"string"},"attr":"x"}}`:                                        "/extract/a/json_schema",
		`{"a":{"json_schema":{"type":"string"},"all":false}}`:                                       "/extract/a/json_schema",
		`{"a":{"css":"b:has(c)"}}`:                                                                  "/extract/a/css",
		`{"a":{"css":"b["}}`:                                                                        "/extract/a/css",
		`{"a":{"json_schema":{}}}`:                                                                  "/extract/a/json_schema/type",
		`{"a":{"json_schema":{"type":"null"}}}`:                                                     "/extract/a/json_schema/type",
		`{"a":{"json_schema":{"type":["string","number"]}}}`:                                        "/extract/a/json_schema/type",
		`{"a":{"json_schema":{"type":5}}}`:                                                          "/extract/a/json_schema/type",
		`{"a":{"json_schema":{"$ref":"http://x/"}}}`:                                                "/extract/a/json_schema/$ref",
		`{"a":{"json_schema":{"type":"string","pattern":"(x+)+"}}}`:                                 "/extract/a/json_schema/pattern",
		`{"a":{"json_schema":{"type":"string","format":"email"}}}`:                                  "/extract/a/json_schema/format",
		`{"a":{"json_schema":{"type":"string","enum":[]}}}`:                                         "/extract/a/json_schema/enum",
		`{"a":{"json_schema":{"type":"string","const":5}}}`:                                         "/extract/a/json_schema/const",
		`{"a":{"json_schema":{"type":"number","const":"5"}}}`:                                       "/extract/a/json_schema",
		`{"a":{"json_schema":{"type":"object"}}}`:                                                   "/extract/a/json_schema/properties",
		`{"a":{"json_schema":{"properties":[]}}}`:                                                   "/extract/a/json_schema/properties",
		`{"a":{"json_schema":{"properties":{"":{"type":"string"}}}}}`:                               "/extract/a/json_schema/properties",
		`{"a":{"json_schema":{"properties":{"b":true}}}}`:                                           "/extract/a/json_schema/properties/b",
		`{"a":{"json_schema":{"properties":{"b":{"type":"string"}},"required":["c"]}}}`:             "/extract/a/json_schema/required/0",
		`{"a":{"json_schema":{"properties":{"b":{"type":"string"}},"required":"b"}}}`:               "/extract/a/json_schema/required",
		`{"a":{"json_schema":{"type":"array"}}}`:                                                    "/extract/a/json_schema/items",
		`{"a":{"json_schema":{"type":"array","items":{"type":"array","items":{"type":"string"}}}}}`: "/extract/a/json_schema/items",
		`{"a":{"json_schema":` + nest(4) + `}}`:                                                     "/extract/a/json_schema/properties/a/properties/a/properties/a/properties/a",
		`{"a":{"json_schema":{"properties":{` + strings.Join(many, ",") + `}}}}`:                    "/extract/a/json_schema/properties",
		`{"a":{"json_schema":{"title":"` + strings.Repeat("x", maxSchema) + `"}}}`:                  "/extract/a/json_schema",
		`{"a":{"css":"` + strings.Repeat("b ", 10) + `"}` + manyFields(10) + `}`:                    "/extract",
	} {
		_, err := decodeInputs(jsontext.Value(`{"urls":["x"],"extract":` + spec + `}`))
		var e *pack.InputError
		if !errors.As(err, &e) || e.Fields[0].Pointer != at || e.Fields[0].Message == "" || e.Fields[0].Code == "" {
			t.Errorf("%.80s: %v, want it at %s", spec, err, at)
		}
	}
	if _, err := decodeInputs(jsontext.Value(`{"urls":["x"],"extract":{"a":{"json_schema":` + nest(3) + `}}}`)); err != nil {
		t.Errorf("three levels: %v", err)
	}
}

func manyFields(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"f%d":{"css":"%s"}`, i, strings.Repeat("b ", 10))
	}
	return b.String()
}

// What is asked of what page can grow neither time nor the result without bound.
func TestExtractionIsBounded(t *testing.T) {
	nested := "<body>" + strings.Repeat("<div>", 90) + strings.Repeat("<p>x</p>", 40_000)
	if got, x := extractFrom(t, nested, `{"a":{"css":"x div div div div div div div div div div p"},"b":{"css":"p:nth-last-child(9999999)"},"c":{"css":"p","all":true}}`); x.Missing[0] != "a" ||
		x.Missing[1] != "b" || strings.Count(got, `"x"`) != maxValues || !x.Cut {
		t.Errorf("missing %v, %d bytes", x.Missing, len(got))
	}
	wide := `{"@type":"A"` + strings.Repeat(`,"k`+strings.Repeat("y", 20)+`":{"b":[1,2,3]}`, 10_000) + "}"
	var keys strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&keys, `,"k%d":"v"`, i)
	}
	many := `[` + strings.TrimSuffix(strings.Repeat(`{"@type":"A","a":{"b":"`+strings.Repeat("z", 1000)+`"}},`, 400), ",") + `]`
	page := "<script type=application/ld+json>" + wide + `</script><script type=application/ld+json>{"@type":"A"` + keys.String() + "}</script><script type=application/ld+json>" + many + "</script>"
	var fields []string
	for i := range maxFields {
		fields = append(fields, fmt.Sprintf(`"f%d":{"json_schema":{"type":"array","items":{"properties":{"a_":{"properties":{"B":{"type":"string"}}}}}}}`, i))
	}
	got, x := extractFrom(t, page, "{"+strings.Join(fields, ",")+"}")
	if len(got) > maxAllExtracted+maxFields*20 || len(x.Missing) == 0 {
		t.Errorf("%d bytes, %d missing", len(got), len(x.Missing))
	}
}

func TestExtractionStopsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := enter(t, "<p>x")
	if err := d.describe(pageURL, nil).extract(ctx, []field{{}}, newExtracted([]field{{}})); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// FuzzExtract: whatever schema is accepted, and whatever the page says, what is
// found is JSON of the kind that the schema names, within its bounds.
func FuzzExtract(f *testing.F) {
	f.Add(`{"type":"number"}`, `{"@type":"A","f":"1.5"}`)
	f.Add(`{"type":"array","items":{"properties":{"a":{"type":"string","format":"date"}},"required":["a"]}}`, `[{"@type":"A","f":[{"a":"2026-01-02"}]}]`)
	f.Add(`{"properties":{"@type":{"const":"B"},"a":{"type":["integer","null"]}}}`, `{"@graph":[{"@type":"B","a":1e3}]}`)
	f.Add(`{"type":"boolean"}`, `{"@type":"A","F_":{"@value":"true"}}`)
	f.Fuzz(func(t *testing.T, schema, data string) {
		w, findings := readWanted(jsontext.Value(schema), []string{"extract", "f", "json_schema"})
		if !jsontext.Value(schema).IsValid() {
			return
		}
		if len(findings) > 0 {
			for _, e := range findings {
				if e.Pointer == "" || e.Message == "" || e.Code == "" {
					t.Fatalf("%+v", e)
				}
			}
			return
		}
		page := &described{base: pageURL, says: []statement{{fromJSONLD, (&facts{data: []string{data}}).jsonLD()}}}
		x := newExtracted([]field{{}})
		x.byData(field{name: "f", wanted: w}, page)
		value, ok := x.Values["f"]
		if !ok {
			if len(x.Missing) != 1 || x.Missing[0] != "f" {
				t.Fatalf("missing %q", x.Missing)
			}
			return
		}
		text, err := json.Marshal(value, jsontext.AllowInvalidUTF8(true))
		if err != nil || len(text) > maxAllExtracted {
			t.Fatalf("%d bytes: %v", len(text), err)
		}
		want := map[string]string{"string": `"`, "number": "0", "integer": "0", "boolean": "tf", "object": "{", "array": "["}[w.kind]
		if !strings.ContainsRune(want, rune(jsontext.Value(text).Kind())) {
			t.Fatalf("%s is no %s", text, w.kind)
		}
	})
}
