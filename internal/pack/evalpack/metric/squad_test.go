package metric

import (
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// build makes a metric or ends the test.
func build(t testing.TB, name, params string) Metric {
	t.Helper()
	m, err := New(name, jsontext.Value(params))
	if err != nil {
		t.Fatalf("%s %s: %v", name, params, err)
	}
	return m
}

func quoted(t testing.TB, s string) jsontext.Value {
	t.Helper()
	v, err := jsontext.AppendQuote(nil, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func texts(t testing.TB, prediction string, references ...string) Row {
	t.Helper()
	row := Row{Prediction: quoted(t, prediction)}
	for _, r := range references {
		row.References = append(row.References, quoted(t, r))
	}
	return row
}

// observe reads rows into a sample of all of them.
func observe(t testing.TB, m Metric, rows ...Row) Sample {
	t.Helper()
	s := Sample{Width: m.Width()}
	for i, row := range rows {
		into := make([]float64, m.Width())
		if err := m.Observe(t.Context(), row, into); err != nil {
			t.Fatalf("row %d: %v", i, err)
		}
		s.Data = append(s.Data, into...)
	}
	return s
}

// value is the metric of some rows.
func value(t testing.TB, m Metric, rows ...Row) float64 {
	t.Helper()
	got, ok := m.Value(observe(t, m, rows...))
	if !ok {
		t.Fatal("there is no value")
	}
	return got
}

func near(got, want, tolerance float64) bool { return got-want <= tolerance && want-got <= tolerance }

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		prediction string
		references []string
		exact, f1  float64
	}{
		{"the  Cat!", []string{"a cat"}, 1, 1},
		{"dog", []string{"cat"}, 0, 0},
		{"Denver Broncos", []string{"Broncos", "The Denver Broncos"}, 1, 1},
		{"in the year 1066", []string{"1066"}, 0, 0.5},
		{"the the", []string{"an"}, 1, 0}, // no words are left, which version 1.1 calls wrong
		{"x x y", []string{"x y y"}, 0, 2.0 / 3},
		{"l\u2019a b", []string{"l\u2019 b"}, 1, 1}, // an apostrophe that is not ASCII stays, and ends a word
		{"a_b", []string{"ab"}, 1, 1},
	} {
		row := texts(t, c.prediction, c.references...)
		if got := value(t, build(t, "exact_match", ""), row); got != c.exact {
			t.Errorf("%q: exact match %v, want %v", c.prediction, got, c.exact)
		}
		if got := value(t, build(t, "token_f1", ""), row); !near(got, c.f1, 1e-12) {
			t.Errorf("%q: F1 %v, want %v", c.prediction, got, c.f1)
		}
	}
	if got := value(t, build(t, "token_f1", `{"squad":"2.0"}`), texts(t, "the the", "an")); got != 1 {
		t.Errorf("no words in version 2.0: %v", got)
	}
	if got := value(t, build(t, "exact_match", `{"normalize":"none"}`), texts(t, "A", "a")); got != 0 {
		t.Errorf("raw: %v", got)
	}
	for _, values := range [][2]string{{`5`, `"5"`}, {`5.0`, `5`}, {`true`, `"true"`}, {`{"a":1,"b":[2.0]}`, `{"b":[2],"a":1}`}, {`"\u0061"`, `"a"`}} {
		if got := value(t, build(t, "exact_match", `{"normalize":"none"}`), raw(values[0], values[1])); got != 1 {
			t.Errorf("%s is not %s", values[0], values[1])
		}
	}
	if err := build(t, "exact_match", "").Observe(t.Context(), raw(`null`, `"a"`), make([]float64, 1)); err == nil {
		t.Error("null is taken")
	}
}
