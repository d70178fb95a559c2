package metric

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// knownError tells whether an error is one that Observe or New may give.
func knownError(err error) bool {
	var row *RowError
	var param *ParamError
	return errors.As(err, &row) && row.Code != "" && row.Detail != "" || errors.As(err, &param) && param.Code != "" && param.Message != ""
}

func FuzzParams(f *testing.F) {
	names := Catalog()
	for i, e := range names {
		f.Add(i, "{}")
		f.Add(i, string(e.Params))
	}
	f.Add(2, `{"max_order":16,"smooth":"floor","smooth_value":0}`)
	f.Add(25, `{"pattern":"(?:a|b)*"}`)
	f.Add(15, `{"schema":{"$ref":"#"}}`)
	f.Fuzz(func(t *testing.T, i int, params string) {
		if i < 0 || i >= len(names) {
			return
		}
		m, err := New(names[i].Name, jsontext.Value(params))
		if err != nil {
			if !knownError(err) {
				t.Fatal(err)
			}
			return
		}
		if info := m.Info(); info.Name != names[i].Name || m.Width() < 1 || m.Width() > 100 || !utf8.ValidString(info.Signature) || len(info.Signature) > 500 {
			t.Fatalf("%+v", info)
		}
	})
}

// FuzzRows: whatever the values of rows are, a metric refuses them in its own words or keeps
// numbers of which it makes values within its bounds.
func FuzzRows(f *testing.F) {
	names := Catalog()
	for i := range names {
		for _, values := range [][2]string{
			{`"a cat"`, `"the cat"`},
			{`0.5`, `1`},
			{`{"a":0.25,"b":0.75}`, `"b"`},
			{`["a","b"]`, `{"b":2}`},
			{`[1,2]`, `[0,3]`},
			{`{"a":"x","b":"y","winner":"tie"}`, `null`},
			{`{"n":9,"c":3}`, `{}`},
			{`"win"`, `"\\d+"`},
		} {
			f.Add(i, values[0], values[1])
		}
	}
	f.Fuzz(func(t *testing.T, i int, prediction, reference string) {
		if i < 0 || i >= len(names) || len(prediction)+len(reference) > 1<<16 || !jsontext.Value(prediction).IsValid() || !jsontext.Value(reference).IsValid() {
			return
		}
		m := build(t, names[i].Name, "")
		s := Sample{Width: m.Width()}
		for _, row := range []Row{raw(prediction, reference), raw(prediction), raw(prediction, reference, reference), raw(reference, prediction)} {
			into := make([]float64, m.Width())
			if err := m.Observe(t.Context(), row, into); err == nil {
				s.Data = append(s.Data, into...)
			} else if !knownError(err) {
				t.Fatal(err)
			}
		}
		if v, ok := m.Value(s); ok && (!within(v, m.Info()) || math.IsInf(v, 0)) {
			t.Fatalf("%s is %v", names[i].Name, v)
		}
		if d, ok := m.(Detailer); ok {
			if text, err := json.Marshal(d.Detail(s)); err != nil || strings.Contains(string(text), "NaN") {
				t.Fatal(err)
			}
		}
	})
}
