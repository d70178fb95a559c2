package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var write = flag.Bool("write", false, "write the golden files anew")

// examples is one chart of each kind.
func examples() map[string][]byte {
	caption := Caption{Title: "Suppliers <by> score & interval", Text: "Harbour leads; the intervals of North and Mill overlap."}
	return map[string][]byte{
		"bars": Bars{Caption: caption, Axis: "score", Rows: []Bar{
			{Label: "Harbour", Value: .71, Low: .64, High: .78, Interval: true},
			{Label: "North", Value: .56, Low: .5, High: .6, Interval: true},
			{Label: "A name that is much too long to stand beside its row", Value: -.1},
		}}.SVG(),
		"dots": Bars{Caption: caption, Axis: "flow", Dots: true, Rows: []Bar{{Label: "한국어 이름이 아주 길어서 다 들어가지 않는다", Value: 12345.5}, {Label: "B", Value: 12344}}}.SVG(),
		"lines": Lines{
			Caption: caption, XAxis: "weight of price", YAxis: "score",
			Lines: []Line{{Label: "Harbour", Points: []Point{{0, .9}, {.5, .6}, {1, .1}}}, {Label: "North", Points: []Point{{0, .2}, {1, .7}}}},
			Marks: []Mark{{Label: "now", X: .4}, {Label: "outside", X: 2}},
		}.SVG(),
		"shares": Shares{
			Caption: caption, Axis: "share of the draws", Parts: []string{"rank 1", "rank 2", "rank 3"},
			Rows: []Stack{{Label: "Harbour", Shares: []float64{.9, .1, 0}}, {Label: "North", Shares: []float64{.1, .7, .2}}},
		}.SVG(),
		"calibration": Calibration{Caption: caption, Bins: []Bin{{.1, .05, 40}, {.5, .55, 10}, {.9, .8, 160}, {.3, .3, 0}}}.SVG(),
		"nothing":     Bars{}.SVG(),
	}
}

// TestGoldenCharts: the bytes are the same on every machine, until a drawing is
// changed on purpose (go test -write).
func TestGoldenCharts(t *testing.T) {
	for name, got := range examples() {
		file := filepath.Join("testdata", name+".svg")
		if *write {
			if err := os.WriteFile(file, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is drawn otherwise:\n%s\nwant\n%s", name, got, want)
		}
	}
}

// wellFormed reads a drawing and returns its texts; it fails where it is no XML,
// runs or loads something, or is too large.
func wellFormed(t interface{ Fatalf(string, ...any) }, drawing []byte) string {
	if len(drawing) > MaxBytes {
		t.Fatalf("%d bytes", len(drawing))
	}
	var texts strings.Builder
	d := xml.NewDecoder(bytes.NewReader(drawing))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return texts.String()
		}
		if err != nil {
			t.Fatalf("%v in %s", err, drawing)
		}
		switch token := token.(type) {
		case xml.CharData:
			texts.Write(token)
			texts.WriteByte('\n')
		case xml.StartElement:
			known(t, token)
		}
	}
}

func known(t interface{ Fatalf(string, ...any) }, element xml.StartElement) {
	if !strings.Contains(" svg title desc style rect line circle polyline text ", " "+element.Name.Local+" ") {
		t.Fatalf("element %s", element.Name.Local)
	}
	for _, a := range element.Attr {
		if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" || strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
			t.Fatalf("attribute %s=%q", a.Name.Local, a.Value)
		}
	}
}

// TestAnyChart: whatever the values and texts are, a drawing is well-formed,
// harmless and of a bounded size.
func TestAnyChart(t *testing.T) {
	number := rapid.OneOf(
		rapid.Float64(), rapid.Float64Range(-10, 10),
		rapid.SampledFrom([]float64{0, 1, 1e-320, 1e15, 1e15 + 1, math.MaxFloat64, -math.MaxFloat64, math.Inf(1), math.NaN()}),
	)
	rapid.Check(t, func(t *rapid.T) {
		caption := Caption{Title: rapid.String().Draw(t, "title"), Text: rapid.String().Draw(t, "text")}
		label := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{`"><script>`, "\x00\xff", strings.Repeat("글", 300)})).Draw(t, "label")
		bars := Bars{Caption: caption, Axis: label, Dots: rapid.Bool().Draw(t, "dots")}
		lines := Lines{Caption: caption, XAxis: label, YAxis: label}
		shares := Shares{Caption: caption, Axis: label}
		var calibration Calibration
		for range rapid.IntRange(0, 60).Draw(t, "rows") {
			a, b, c := number.Draw(t, "a"), number.Draw(t, "b"), number.Draw(t, "c")
			bars.Rows = append(bars.Rows, Bar{Label: label, Value: a, Low: b, High: c, Interval: c > 0})
			lines.Lines = append(lines.Lines, Line{Label: label, Points: []Point{{a, b}, {b, c}}})
			lines.Marks = append(lines.Marks, Mark{Label: label, X: a})
			shares.Parts = append(shares.Parts, label)
			shares.Rows = append(shares.Rows, Stack{Label: label, Shares: []float64{a, b, c}})
			calibration.Bins = append(calibration.Bins, Bin{a, b, rapid.Int64().Draw(t, "count")})
		}
		for _, drawing := range [][]byte{bars.SVG(), lines.SVG(), shares.SVG(), calibration.SVG()} {
			wellFormed(t, drawing)
		}
	})
}

// TestLargestCharts: as much as there can be stays below the bound.
func TestLargestCharts(t *testing.T) {
	wide := strings.Repeat("&", 1000)
	caption := Caption{Title: wide, Text: wide}
	bars, shares := Bars{Caption: caption, Axis: wide}, Shares{Caption: caption, Axis: wide}
	lines := Lines{Caption: caption, XAxis: wide, YAxis: wide}
	for i := range 2000 {
		bars.Rows = append(bars.Rows, Bar{Label: wide, Value: float64(i), Low: -1e6, High: 1e6, Interval: true})
		line := Line{Label: wide}
		for k := range 2000 {
			line.Points = append(line.Points, Point{float64(k) / 7, float64(i * k)})
		}
		lines.Lines = append(lines.Lines[:min(i, 20)], line)
		lines.Marks = append(lines.Marks, Mark{wide, float64(i)})
		shares.Parts = append(shares.Parts, wide)
		shares.Rows = append(shares.Rows, Stack{Label: wide, Shares: make([]float64, 200)})
		for k := range shares.Rows[i].Shares {
			shares.Rows[i].Shares[k] = 1
		}
	}
	for _, drawing := range [][]byte{bars.SVG(), lines.SVG(), shares.SVG()} {
		texts := wellFormed(t, drawing)
		if !strings.Contains(texts, "not shown") && !strings.Contains(texts, "+\n") {
			t.Errorf("nothing says that something is left out: %.300s", texts)
		}
	}
}

// TestTextsAreKept: what fits stands there as it is given, title and description
// for readers included.
func TestTextsAreKept(t *testing.T) {
	texts := wellFormed(t, examples()["bars"])
	for _, want := range []string{"Suppliers <by> score & interval\n", "Harbour leads; the intervals of North and Mill overlap.\n", "North\n", "A name that is much too l…\n"} {
		if !strings.Contains(texts, want) {
			t.Errorf("%q is not in %q", want, texts)
		}
	}
}

// TestNiceSteps: ticks are 1, 2 or 5 times a power of ten, with the decimals that
// they need.
func TestNiceSteps(t *testing.T) {
	for _, c := range []struct {
		least, step float64
		places      int
	}{{1, 1, 0}, {1.1, 2, 0}, {2.5, 5, 0}, {7, 10, 0}, {.03, .05, 2}, {.0011, .002, 3}, {123456, 200000, 0}} {
		if step, places := niceStep(c.least); step != c.step || places != c.places {
			t.Errorf("%v: step %v with %d decimals, want %v with %d", c.least, step, places, c.step, c.places)
		}
	}
}

// TestScale: ends map to ends, ticks lie between them and are few.
func TestScale(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.Float64Range(-1e12, 1e12).Draw(t, "low")
		high := low + rapid.Float64Range(0, 1e12).Draw(t, "more")
		s := newScale(low, high, 100, 500, 6)
		if s.low > low || s.high < high || s.at(s.low) != 100 || math.Abs(s.at(s.high)-500) > 1e-9 {
			t.Fatalf("%+v for %v to %v", s, low, high)
		}
		ticks := s.ticks()
		if len(ticks) < 1 || len(ticks) > 8 {
			t.Fatalf("%d ticks on %+v", len(ticks), s)
		}
		for _, x := range ticks {
			if at := s.at(x); at < 99.9 || at > 500.1 {
				t.Fatalf("tick %v at %v", x, at)
			}
		}
	})
}
