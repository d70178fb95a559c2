package urlpack

import (
	stdjson "encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/fetch"
	"dpp/internal/pack"
	"dpp/internal/pack/packtest"
)

func TestInputsSchema(t *testing.T) {
	schema := packtest.Compile(t, newManifest().InputsSchema)
	for text, ok := range map[string]bool{
		`{"urls":["https://example.com/"]}`: true,
		`{"urls":["x"],"formats":["markdown","text","links","metadata","html"],"max_chars_per_url":20000,"fetch_timeout_sec":30,"max_redirect_hops":0,"allow_http":true,"respect_robots":true}`: true,
		`{"urls":["x"],"max_chars_per_url":2e4}`: true,
		`{}`:                                     false,
		`{"urls":[]}`:                            false,
		`{"urls":[""]}`:                          false,
		`{"urls":[5]}`:                           false,
		`{"urls":"https://example.com/"}`:        false,
		`{"urls":["` + strings.Repeat("x", 2049) + `"]}`:        false,
		`{"urls":["x"` + strings.Repeat(`,"x"`, maxURLs) + `]}`: false,
		`{"urls":["x"],"url":"y"}`:                              false,
		`{"urls":["x"],"formats":[]}`:                           false,
		`{"urls":["x"],"formats":["pdf"]}`:                      false,
		`{"urls":["x"],"formats":["text","text"]}`:              false,
		`{"urls":["x"],"max_chars_per_url":99}`:                 false,
		`{"urls":["x"],"max_chars_per_url":200001}`:             false,
		`{"urls":["x"],"fetch_timeout_sec":0}`:                  false,
		`{"urls":["x"],"fetch_timeout_sec":31}`:                 false,
		`{"urls":["x"],"fetch_timeout_sec":1.5}`:                false,
		`{"urls":["x"],"max_redirect_hops":6}`:                  false,
		`{"urls":["x"],"max_redirect_hops":-1}`:                 false,
		`{"urls":["x"],"allow_http":"yes"}`:                     false,

		`{"urls":["x"],"extract":{"a":{"css":"b","attr":"href","all":true},"b_2-c":{"json_schema":{"type":"string"}}}}`: true,
		`{"urls":["x"],"extract":{}}`:                                                                                      false,
		`{"urls":["x"],"extract":{"2":{"css":"b"}}}`:                                                                       false,
		`{"urls":["x"],"extract":{"a b":{"css":"b"}}}`:                                                                     false,
		`{"urls":["x"],"extract":{"a":{"css":""}}}`:                                                                        false,
		`{"urls":["x"],"extract":{"a":{"css":"b","attr":"on click"}}}`:                                                     false,
		`{"urls":["x"],"extract":{"a":{"xpath":"//b"}}}`:                                                                   false,
		`{"urls":["x"],"extract":{"a":"b"}}`:                                                                               false,
		`{"urls":["x"],"unchanged_since":[{"url":"x","etag":"W/\"v 1\""}]}`:                                                false,
		`{"urls":["x"],"unchanged_since":[{"url":"x","etag":"W/\"v1\"","last_modified":"Wed, 21 Oct 2015 07:28:00 GMT"}]}`: true,
		`{"urls":["x"],"unchanged_since":[{"url":"x","etag":"\"a\r\nb\""}]}`:                                               false,
		`{"urls":["x"],"unchanged_since":[{"url":"x","etag":"v1"}]}`:                                                       false,
		`{"urls":["x"],"unchanged_since":[{"etag":"\"v1\""}]}`:                                                             false,
		`{"urls":["x"],"unchanged_since":[{"url":"x","content_sha256":"ab"}]}`:                                             false,
		`{"urls":["x"],"unchanged_since":[]}`:                                                                              false,
	} {
		if err := schema.Validate(t, []byte(text)); (err == nil) != ok {
			t.Errorf("%.100s: %v", text, err)
		}
	}
}

func TestManifest(t *testing.T) {
	packtest.Manifest(t, New(fetch.New(fetch.Options{}), Options{}))
}

// Every kind of result is of the form that the manifest promises, whichever way
// it is written.
func TestDataSatisfiesItsSchema(t *testing.T) {
	schema := packtest.Compile(t, newManifest().DataSchema)
	synctest.Test(t, func(t *testing.T) {
		j, _ := job(6000, `,"formats":["markdown","text","html","links","metadata"],"max_chars_per_url":100,
			"extract":{"a":{"css":"h1"},"b":{"json_schema":{"type":"string"}}},"unchanged_since":[{"url":"http://a.example/tagged","etag":"\"v1\""}]`,
			"http://a.example/0/a", "http://a.example/tagged", "http://a.example/status/404", "http://127.0.0.1/", "http://gone.example/", "http://a.example/bytes/10",
			"http://b.example/0/x", "http://b.example/0/y", "http://b.example/0/z")
		outcome, err := newWeb(t, oneByOne(site)).pack().Run(t.Context(), j)
		if err != nil || outcome.Stopped != dpp.StopCostLimit {
			t.Fatalf("%+v %v", outcome, err)
		}
		first, err := json.Marshal(outcome.Data)
		if err != nil {
			t.Fatal(err)
		}
		second, err := stdjson.Marshal(outcome.Data)
		if err != nil {
			t.Fatal(err)
		}
		rest, err := json.Marshal(outcome.Remaining)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range [][]byte{first, second} {
			whole := slices.Concat(text[:len(text)-1], []byte(`,"remaining":`), rest, []byte("}"))
			if err := schema.Validate(t, whole); err != nil {
				t.Errorf("%v\n%s", err, whole)
			}
		}
		packtest.Accepted(t, New(fetch.New(fetch.Options{}), Options{}), rest)
	})
}

func TestSchemaHoldsResultsToTheirKind(t *testing.T) {
	schema := packtest.Compile(t, newManifest().DataSchema)
	for _, text := range []string{
		`{"results":[]}`,
		`{"results":[{"url":"x","ok":false,"reliability":0}]}`,
		`{"results":[{"url":"x","ok":true,"reliability":1}]}`,
		`{"results":[{"url":"x","ok":false,"reliability":0,"title":"t","error":{"reason_code":"A","detail":"d","retryable":true}}]}`,
		`{"results":[{"url":"x","ok":false,"reliability":0,"surprise":1,"error":{"reason_code":"A","detail":"d","retryable":true}}]}`,
	} {
		if schema.Validate(t, []byte(text)) == nil {
			t.Errorf("%s is accepted", text)
		}
	}
}

func TestEstimate(t *testing.T) {
	p := New(fetch.New(fetch.Options{}), Options{})
	estimate, err := p.Estimate(jsontext.Value(`{"urls":["ftp://nonsense","b","c"]}`))
	if err != nil {
		t.Fatalf("one bad URL is refused at submit: %v", err)
	}
	for name, c := range map[string]struct {
		got        []pack.Quantity
		urls, mibs int64
	}{
		"minimum": {estimate.Minimum, 1, 1},
		"all":     {estimate.All, 3, 1},
		"low":     {estimate.Low, 3, 1},
		"likely":  {estimate.Likely, 3, 1},
		"high":    {estimate.High, 3, 48},
	} {
		if !slices.Equal(c.got, quantities(c.urls, c.mibs)) {
			t.Errorf("%s: %v", name, c.got)
		}
	}
	known := `,"unchanged_since":[{"url":"b","etag":"\"v1\""}]`
	for text, want := range map[string][2][]pack.Quantity{ // the minimum, and all
		`{"urls":["b"]` + known + `}`:                                         {quantities(1, 0), quantities(1, 0)},
		`{"urls":["b","c"]` + known + `}`:                                     {quantities(1, 0), quantities(2, 1)},
		`{"urls":["b"],"unchanged_since":[{"url":"b","content_sha256":"x"}]}`: {quantities(1, 1), quantities(1, 1)},
	} {
		estimate, err := p.Estimate(jsontext.Value(text))
		if err != nil || !slices.Equal(estimate.Minimum, want[0]) || !slices.Equal(estimate.All, want[1]) || !slices.Equal(estimate.Low, want[1]) {
			t.Errorf("%s: %+v %v", text, estimate, err)
		}
	}
	for _, text := range []string{
		`{"urls":[]}`, `{}`, `[]`, `{"urls":["x"],"max_redirect_hops":1.5}`,
		`{"urls":["x"],"extract":{"a":{"css":"b["}}}`, `{"urls":["x"],"unchanged_since":[{"url":"y","etag":"\"v\""}]}`,
		`{"urls":["x"],"unchanged_since":[{"url":"x"}]}`, `{"urls":["x"],"unchanged_since":[{"url":"x","last_modified":"yesterday"}]}`,
		`{"urls":["x"],"unchanged_since":[{"url":"x","etag":"\"v\""},{"url":"x","etag":"\"w\""}]}`,
	} {
		var e *pack.InputError
		if _, err := p.Estimate(jsontext.Value(text)); !errors.As(err, &e) || len(e.Fields) == 0 || e.Fields[0].Message == "" {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestDefaults(t *testing.T) {
	in, err := decodeInputs(jsontext.Value(`{"urls":["x"],"formats":null,"max_redirect_hops":null}`))
	if err != nil {
		t.Fatal(err)
	}
	if w := in.want(); !reflect.DeepEqual(w, want{markdown: true, chars: 20_000}) {
		t.Errorf("%+v", w)
	}
	if r := in.request("x"); r.MaxHops != 5 || r.Timeout.Seconds() != 15 || r.AllowHTTP || r.Robots || r.MaxBodyOf("text/html") != 4*mib || r.MaxBodyOf("application/pdf; v=1") != 16*mib {
		t.Errorf("%+v", r)
	}
	in, err = decodeInputs(jsontext.Value(`{"urls":["x"],"formats":["links"],"max_redirect_hops":0.0,"fetch_timeout_sec":3e0,"max_chars_per_url":500,"allow_http":true,"respect_robots":true}`))
	if err != nil {
		t.Fatal(err)
	}
	if w := in.want(); !reflect.DeepEqual(w, want{links: true, chars: 500}) {
		t.Errorf("%+v", w)
	}
	if r := in.request("x"); r.MaxHops != 0 || r.Timeout.Seconds() != 3 || !r.AllowHTTP || !r.Robots {
		t.Errorf("%+v", r)
	}
}
