package intake

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"dpp"
	"dpp/internal/runs"
)

const valid = `{"pack_type":"decision","inputs":{"a":1},"reservation":{"max_cost_usd":"0.25"}}`

// with puts other members into the valid body: pairs of a path of names and JSON.
func with(t *testing.T, changes ...string) string {
	t.Helper()
	var body map[string]any
	if err := json.Unmarshal([]byte(valid), &body); err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(changes); i += 2 {
		at, names := body, strings.Split(changes[i], ".")
		for _, name := range names[:len(names)-1] {
			inner, ok := at[name].(map[string]any)
			if !ok {
				inner = map[string]any{}
				at[name] = inner
			}
			at = inner
		}
		at[names[len(names)-1]] = raw(changes[i+1])
	}
	text, err := json.Marshal(body, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// raw is JSON that is written as it stands.
type raw string

func (r raw) MarshalJSON() ([]byte, error) { return []byte(r), nil }

func TestDecodeSubmission(t *testing.T) {
	got, err := DecodeSubmission([]byte(`{"meta":{"trace_id":"t-1","external_id":"é","tags":["a","b"]},"options":{"inline":true,"allow_partial":false},
		"reservation":{"max_cost_usd":"1","timebox_sec":6e1,"min_reliability_score":0.85},"pack_type":"url","inputs":{"urls":[null,1.50],"x":null}}`))
	want := Submission{
		PackType: "url", Inputs: []byte(`{"urls":[null,1.50]}`),
		Reservation: dpp.Reservation{MaxCost: dpp.USD, Timebox: time.Minute, MinReliability: 850_000},
		Options:     dpp.Options{Inline: true}, Meta: dpp.Meta{TraceID: "t-1", ExternalID: "é", Tags: []string{"a", "b"}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v", got, err)
	}
}

func TestDecodeSubmissionFillsIn(t *testing.T) {
	want, err := DecodeSubmission([]byte(valid))
	if err != nil || want.Reservation.Timebox != 90*time.Second || want.Reservation.MinReliability != 0 || !want.Options.AllowPartial || want.Options.Inline {
		t.Fatalf("%+v %v", want, err)
	}
	for _, body := range []string{
		with(t, "options", "null", "meta", "null", "reservation.timebox_sec", "null", "reservation.min_reliability_score", "null", "inputs.b", "null", "unheard_of", "null"),
		with(t, "options", "{}", "meta", "{}", "meta.tags", "null", "reservation.timebox_sec", "90.0", "reservation.max_cost_usd", `"0.2500"`),
	} {
		got, err := DecodeSubmission([]byte(body))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v %v", body, got, err)
		}
	}
}

func TestDecodeSubmissionRefuses(t *testing.T) {
	text := func(n int) string { return fmt.Sprintf("%q", strings.Repeat("é", n)) }
	for _, c := range []struct {
		name, body string
		reason     dpp.Reason
		at         []string // "pointer code"
	}{
		{"nothing", "", dpp.ReasonBadRequest, nil},
		{"no JSON", "{", dpp.ReasonBadRequest, nil},
		{"null", "null", dpp.ReasonValidationFailed, []string{" type"}},
		{"an array", "[]", dpp.ReasonValidationFailed, []string{" type"}},
		{"an empty object", "{}", dpp.ReasonValidationFailed, []string{"/inputs required", "/pack_type required", "/reservation required"}},
		{"null counts as absent", with(t, "inputs", "null", "reservation.max_cost_usd", "null"), dpp.ReasonValidationFailed, []string{"/reservation/max_cost_usd required", "/inputs required"}},
		{"a duplicate", valid[:len(valid)-1] + `,"pack_type":"url"}`, dpp.ReasonValidationFailed, []string{"/pack_type duplicate"}},
		{"trailing data", valid + "{}", dpp.ReasonValidationFailed, []string{" trailing_data"}},
		{"another case", with(t, "PACK_TYPE", `"x"`), dpp.ReasonUnknownField, []string{"/PACK_TYPE unknown_field"}},
		{"a webhook", with(t, "options.webhook_url", `"https://example.com"`), dpp.ReasonUnknownField, []string{"/options/webhook_url unknown_field"}},
		{"a simulation", with(t, "options.simulate", `{}`), dpp.ReasonUnknownField, []string{"/options/simulate unknown_field"}},
		{"unknown everywhere", with(t, "a", "1", "reservation.b", "1", "options.c", "1", "meta.d", "1"), dpp.ReasonUnknownField, []string{"/a unknown_field", "/meta/d unknown_field", "/options/c unknown_field", "/reservation/b unknown_field"}},
		{"a name too long to tell", with(t, strings.Repeat("n", 65), "1"), dpp.ReasonUnknownField, []string{" unknown_field"}},
		{"pack_type", with(t, "pack_type", "7"), dpp.ReasonValidationFailed, []string{"/pack_type type"}},
		{"pack_type empty", with(t, "pack_type", `""`), dpp.ReasonValidationFailed, []string{"/pack_type too_short"}},
		{"pack_type long", with(t, "pack_type", text(65)), dpp.ReasonValidationFailed, []string{"/pack_type too_long"}},
		{"inputs", with(t, "inputs", "[]"), dpp.ReasonValidationFailed, []string{"/inputs type"}},
		{"reservation", with(t, "reservation", `"0.25"`), dpp.ReasonValidationFailed, []string{"/reservation type"}},
		{"timebox 0", with(t, "reservation.timebox_sec", "0"), dpp.ReasonValidationFailed, []string{"/reservation/timebox_sec out_of_range"}},
		{"timebox 91", with(t, "reservation.timebox_sec", "91"), dpp.ReasonValidationFailed, []string{"/reservation/timebox_sec out_of_range"}},
		{"timebox 1.5", with(t, "reservation.timebox_sec", "1.5"), dpp.ReasonValidationFailed, []string{"/reservation/timebox_sec type"}},
		{"timebox text", with(t, "reservation.timebox_sec", `"60"`), dpp.ReasonValidationFailed, []string{"/reservation/timebox_sec type"}},
		{"score", with(t, "reservation.min_reliability_score", "1.01"), dpp.ReasonValidationFailed, []string{"/reservation/min_reliability_score out_of_range"}},
		{"score negative", with(t, "reservation.min_reliability_score", "-0.1"), dpp.ReasonValidationFailed, []string{"/reservation/min_reliability_score out_of_range"}},
		{"score text", with(t, "reservation.min_reliability_score", `"1"`), dpp.ReasonValidationFailed, []string{"/reservation/min_reliability_score type"}},
		{"inline", with(t, "options.inline", `"true"`), dpp.ReasonValidationFailed, []string{"/options/inline type"}},
		{"allow_partial", with(t, "options.allow_partial", "0"), dpp.ReasonValidationFailed, []string{"/options/allow_partial type"}},
		{"trace_id", with(t, "meta.trace_id", `"a b"`), dpp.ReasonValidationFailed, []string{"/meta/trace_id pattern"}},
		{"trace_id long", with(t, "meta.trace_id", `"`+strings.Repeat("a", 65)+`"`), dpp.ReasonValidationFailed, []string{"/meta/trace_id pattern"}},
		{"trace_id number", with(t, "meta.trace_id", "1"), dpp.ReasonValidationFailed, []string{"/meta/trace_id type"}},
		{"external_id long", with(t, "meta.external_id", text(201)), dpp.ReasonValidationFailed, []string{"/meta/external_id too_long"}},
		{"external_id control", with(t, "meta.external_id", `"a\nb"`), dpp.ReasonValidationFailed, []string{"/meta/external_id pattern"}},
		{"tags", with(t, "meta.tags", `"a"`), dpp.ReasonValidationFailed, []string{"/meta/tags type"}},
		{"tags inside", with(t, "meta.tags", `["a",1,""]`), dpp.ReasonValidationFailed, []string{"/meta/tags/1 type", "/meta/tags/2 too_short"}},
		{"tags many", with(t, "meta.tags", "["+strings.Repeat(`"a",`, 20)+`"a"]`), dpp.ReasonValidationFailed, []string{"/meta/tags too_many"}},
		{"a tag long", with(t, "meta.tags", "["+text(65)+"]"), dpp.ReasonValidationFailed, []string{"/meta/tags/0 too_long"}},
		{"several kinds", with(t, "x", "1", "reservation.max_cost_usd", `"1e3"`, "inputs", "1"), dpp.ReasonValidationFailed, []string{"/x unknown_field", "/reservation/max_cost_usd invalid_money", "/inputs type"}},
	} {
		_, err := DecodeSubmission([]byte(c.body))
		checkRefusal(t, c.name, err, c.reason, c.at)
	}
}

func checkRefusal(t *testing.T, name string, err error, reason dpp.Reason, at []string) {
	t.Helper()
	var refusal *runs.Refusal
	if !errors.As(err, &refusal) || refusal.Reason != reason {
		t.Errorf("%s: %v, want %s", name, err, reason)
		return
	}
	var got []string
	for _, f := range refusal.Fields {
		if f.Pointer == nil || f.Message == "" || f.Parameter != "" || f.Header != "" {
			t.Errorf("%s: %+v", name, f)
			continue
		}
		got = append(got, *f.Pointer+" "+f.Code)
	}
	slices.Sort(got)
	slices.Sort(at)
	if !slices.Equal(got, at) {
		t.Errorf("%s: %q, want %q", name, got, at)
	}
}

func TestDecodeMoney(t *testing.T) {
	for text, want := range map[string]dpp.Reason{
		`"0"`: "", `"0.0050"`: "", `"1000000"`: "", `"1000000.0000"`: "", `"0000000000000000001"`: "",
		`"1000000.0001"`: dpp.ReasonMaxCostExceeded, `"99999999999999999999999"`: dpp.ReasonMaxCostExceeded, `"1000001.5"`: dpp.ReasonMaxCostExceeded,
		`"0.12345"`: dpp.ReasonInvalidMoneyScale, `"99999999999999999999999.00000"`: dpp.ReasonInvalidMoneyScale,
		`0.25`: dpp.ReasonInvalidMoney, `1`: dpp.ReasonInvalidMoney, `true`: dpp.ReasonInvalidMoney, `{}`: dpp.ReasonInvalidMoney, `[]`: dpp.ReasonInvalidMoney,
		`""`: dpp.ReasonInvalidMoney, `"-1"`: dpp.ReasonInvalidMoney, `"+1"`: dpp.ReasonInvalidMoney, `"1e3"`: dpp.ReasonInvalidMoney, `" 1"`: dpp.ReasonInvalidMoney,
		`"1."`: dpp.ReasonInvalidMoney, `".5"`: dpp.ReasonInvalidMoney, `"1,0"`: dpp.ReasonInvalidMoney, `"0x10"`: dpp.ReasonInvalidMoney, `"NaN"`: dpp.ReasonInvalidMoney,
		`"１.0"`: dpp.ReasonInvalidMoney, `"1.0.0"`: dpp.ReasonInvalidMoney, `"9999999999999x"`: dpp.ReasonInvalidMoney,
	} {
		_, err := DecodeSubmission([]byte(with(t, "reservation.max_cost_usd", text)))
		var refusal *runs.Refusal
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", text, err)
		case want != "" && (!errors.As(err, &refusal) || refusal.Reason != want):
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestFindingsAreBounded(t *testing.T) {
	var body strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&body, `"f%d":1,`, i)
	}
	_, err := DecodeSubmission([]byte("{" + body.String() + valid[1:]))
	var refusal *runs.Refusal
	if !errors.As(err, &refusal) || len(refusal.Fields) != maxFindings || refusal.Reason != dpp.ReasonUnknownField {
		t.Errorf("%v", err)
	}
}

// The document describes the body with Go types of its own; they must name what the
// decoder knows, no more and no less.
func TestTheDocumentedBodyIsTheDecoded(t *testing.T) {
	var probe func(at string, form reflect.Type)
	probe = func(at string, form reflect.Type) {
		for i := range form.NumField() {
			field := form.Field(i)
			name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
			path := strings.TrimPrefix(at+"."+name, ".")
			_, err := DecodeSubmission([]byte(with(t, path, `false`)))
			var refusal *runs.Refusal
			if errors.As(err, &refusal) && refusal.Reason == dpp.ReasonUnknownField {
				t.Errorf("%s is documented but not known", path)
			}
			_, err = DecodeSubmission([]byte(with(t, path, `null`)))
			if optional := strings.Contains(options, "omit"); optional != (err == nil) {
				t.Errorf("%s: documented as optional %t, absent gives %v", path, optional, err)
			}
			if field.Type.Kind() == reflect.Struct {
				probe(path, field.Type)
			}
		}
	}
	probe("", reflect.TypeFor[SubmitBody]())
}

// Whatever comes in, the decoder answers, always the same, and what it accepts it
// accepts again when it is written anew, with the same payload.
func FuzzDecodeSubmission(f *testing.F) {
	for _, seed := range []string{
		valid, "", "{}", "null", valid + "x", `{"reservation":{"max_cost_usd":0.25}}`,
		`{"pack_type":"url","inputs":{"a":[1e5,null,{"b":null}]},"reservation":{"max_cost_usd":"1.0","timebox_sec":1e1,"min_reliability_score":1e-3},"options":{"inline":false},"meta":{"tags":["x"]}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := DecodeSubmission(body)
		again, errAgain := DecodeSubmission(body)
		if !reflect.DeepEqual(got, again) && err == nil || (err == nil) != (errAgain == nil) {
			t.Fatal("two answers to the same body")
		}
		if err != nil {
			var refusal *runs.Refusal
			if !errors.As(err, &refusal) || len(refusal.Fields) > maxFindings {
				t.Fatalf("%v", err)
			}
			return
		}
		hash, err := dpp.PayloadHash(got.PackType, got.Inputs, got.Reservation, got.Options.AllowPartial)
		if err != nil {
			t.Fatalf("accepted, but has no hash: %v", err)
		}
		rewritten, err := json.Marshal(map[string]any{
			"pack_type": got.PackType, "inputs": got.Inputs, "options": map[string]bool{"allow_partial": got.Options.AllowPartial},
			"reservation": map[string]any{"max_cost_usd": got.Reservation.MaxCost, "timebox_sec": int64(got.Reservation.Timebox / time.Second), "min_reliability_score": got.Reservation.MinReliability},
		})
		if err != nil {
			t.Fatal(err)
		}
		same, err := DecodeSubmission(rewritten)
		if err != nil {
			t.Fatalf("%s became %s: %v", body, rewritten, err)
		}
		if h, err := dpp.PayloadHash(same.PackType, same.Inputs, same.Reservation, same.Options.AllowPartial); err != nil || h != hash {
			t.Fatalf("%s became %s: another payload", body, rewritten)
		}
	})
}
