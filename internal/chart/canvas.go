package chart

import (
	"bytes"
	"encoding/xml"
	"math"
	"strconv"
	"strings"

	"golang.org/x/text/width"
)

// style has both schemes, so that a drawing can be read on either.
const style = `.dpp-chart{font:13px system-ui,sans-serif}` +
	`.dpp-chart .page{fill:#fff}.dpp-chart text{fill:#1c1c1f}.dpp-chart .title{font-size:16px;font-weight:600}` +
	`.dpp-chart .dim{fill:#5a5a62}.dpp-chart .grid{stroke:#d8d8de}.dpp-chart .axis{stroke:#77777f}` +
	`.dpp-chart .whisker,.dpp-chart .ring{stroke:#1c1c1f;stroke-width:1.5;fill:none}.dpp-chart .mark{stroke:#77777f;stroke-dasharray:4 3}` +
	`.dpp-chart .fill{fill:#2f6fb3}.dpp-chart .curve{fill:none;stroke-width:2}` +
	`.dpp-chart .c0{stroke:#2f6fb3}.dpp-chart .c1{stroke:#c2570c}.dpp-chart .c2{stroke:#2e7d4f}.dpp-chart .c3{stroke:#a23b72}` +
	`.dpp-chart .c4{stroke:#6b5bb5}.dpp-chart .c5{stroke:#8a6d00}.dpp-chart .c6{stroke:#00798c}.dpp-chart .c7{stroke:#6e6e76}` +
	`@media(prefers-color-scheme:dark){.dpp-chart .page{fill:#18181b}.dpp-chart text{fill:#ececf1}.dpp-chart .dim{fill:#a9a9b3}` +
	`.dpp-chart .grid{stroke:#3a3a42}.dpp-chart .axis,.dpp-chart .mark{stroke:#8b8b95}.dpp-chart .whisker,.dpp-chart .ring{stroke:#ececf1}` +
	`.dpp-chart .fill{fill:#6ea8e6}.dpp-chart .c0{stroke:#6ea8e6}.dpp-chart .c1{stroke:#f0924c}.dpp-chart .c2{stroke:#6cc08f}` +
	`.dpp-chart .c3{stroke:#e07fb0}.dpp-chart .c4{stroke:#a99bf0}.dpp-chart .c5{stroke:#d9b83a}.dpp-chart .c6{stroke:#4fc3d6}.dpp-chart .c7{stroke:#b4b4bd}}`

// Most columns of texts, where a wide letter takes two.
const (
	titleColumns = 80
	labelColumns = 26
	axisColumns  = 90
	textColumns  = 400
)

// canvas gathers the elements of one drawing.
type canvas struct{ b bytes.Buffer }

// newCanvas begins a drawing of this height with its caption.
func newCanvas(caption Caption, height float64) *canvas {
	c := new(canvas)
	c.b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" class="dpp-chart" role="img"`)
	c.number("width", pageWidth).number("height", height)
	c.b.WriteString(` viewBox="0 0 ` + shown(pageWidth) + " " + shown(height) + `"><title>`)
	c.escape(cut(caption.Title, titleColumns))
	c.b.WriteString("</title><desc>")
	c.escape(cut(caption.Text, textColumns))
	c.b.WriteString("</desc><style>" + style + "</style>")
	c.rect("page", 0, 0, pageWidth, height, 1)
	c.text("title", "start", edge, 28, cut(caption.Title, titleColumns))
	return c
}

// end closes the drawing.
func (c *canvas) end() []byte {
	c.b.WriteString("</svg>\n")
	return c.b.Bytes()
}

func (c *canvas) number(name string, x float64) *canvas {
	c.b.WriteString(" " + name + `="` + shown(x) + `"`)
	return c
}

func (c *canvas) open(element, class string) *canvas {
	c.b.WriteString("<" + element + ` class="` + class + `"`)
	return c
}

func (c *canvas) rect(class string, x, y, w, h, opacity float64) {
	c.open("rect", class).number("x", x).number("y", y).number("width", w).number("height", h)
	if opacity != 1 {
		c.b.WriteString(` fill-opacity="` + strconv.FormatFloat(opacity, 'f', 2, 64) + `"`)
	}
	c.b.WriteString("/>")
}

func (c *canvas) line(class string, x1, y1, x2, y2 float64) {
	c.open("line", class).number("x1", x1).number("y1", y1).number("x2", x2).number("y2", y2)
	c.b.WriteString("/>")
}

func (c *canvas) circle(class string, x, y, r float64) {
	c.open("circle", class).number("cx", x).number("cy", y).number("r", r)
	c.b.WriteString("/>")
}

// curve joins places on the canvas.
func (c *canvas) curve(class string, places []Point) {
	c.open("polyline", class)
	c.b.WriteString(` points="`)
	for i, p := range places {
		if i > 0 {
			c.b.WriteByte(' ')
		}
		c.b.WriteString(shown(p.X) + "," + shown(p.Y))
	}
	c.b.WriteString(`"/>`)
}

// text writes a text at its anchor: start, middle or end.
func (c *canvas) text(class, anchor string, x, y float64, text string) {
	c.open("text", class).number("x", x).number("y", y)
	if anchor != "start" {
		c.b.WriteString(` text-anchor="` + anchor + `"`)
	}
	c.b.WriteByte('>')
	c.escape(text)
	c.b.WriteString("</text>")
}

// escape writes a text so that it can be nothing but text; what XML does not allow
// becomes U+FFFD.
func (c *canvas) escape(text string) {
	if err := xml.EscapeText(&c.b, []byte(text)); err != nil { // a buffer takes everything
		return
	}
}

// shown is a coordinate with at most one decimal.
func shown(x float64) string {
	text := strings.TrimSuffix(strconv.FormatFloat(x, 'f', 1, 64), ".0")
	if text == "-0" {
		return "0"
	}
	return text
}

// cut shortens a text to some columns.
func cut(text string, columns int) string {
	used, last := 0, 0 // last is where a mark for what is left out still has room
	for at, r := range text {
		if used < columns {
			last = at
		}
		if used += columnsOf(r); used > columns {
			return strings.TrimSpace(text[:last]) + "…"
		}
	}
	return text
}

func columnsOf(r rune) int {
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}

func finite(numbers ...float64) bool {
	for _, x := range numbers {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}

// note says below the title how many of all are not shown.
func (c *canvas) note(kept, all int, what string) {
	if kept < all {
		c.text("dim", "start", edge, 46, "not shown: "+strconv.Itoa(all-kept)+" of "+strconv.Itoa(all)+" "+what)
	}
}
