package chart

// SVG draws the chart.
func (b Bars) SVG() []byte {
	var rows []Bar
	for _, row := range b.Rows {
		if finite(row.Value) {
			rows = append(rows, row)
		}
	}
	kept := rows[:min(len(rows), maxRows)]
	base := head + float64(float64(len(kept))*rowStep)
	c := newCanvas(b.Caption, base+foot)
	c.note(len(kept), len(b.Rows), "values")
	s := b.scale(kept)
	c.bottom(s, head, base, b.Axis)
	for i, row := range kept {
		b.row(c, s, row, head+float64((float64(i)+0.5)*rowStep))
	}
	return c.end()
}

// scale spans all values and intervals, and zero where bars stand on it.
func (b Bars) scale(rows []Bar) scale {
	var values []float64
	if !b.Dots {
		values = append(values, 0)
	}
	for _, row := range rows {
		values = append(values, row.Value)
		if row.Interval {
			values = append(values, row.Low, row.High)
		}
	}
	low, high := span(values)
	if !b.Dots && low == 0 && high == 0 {
		high = 1
	}
	return newScale(low, high, gutter, pageWidth-edge, 6)
}

func (b Bars) row(c *canvas, s scale, row Bar, y float64) {
	c.text("label", "end", gutter-10, y+4, cut(row.Label, labelColumns))
	at := s.at(row.Value)
	if b.Dots {
		c.circle("fill", at, y, 5)
	} else {
		zero := s.at(0)
		c.rect("fill", min(zero, at), y-8, max(zero, at)-min(zero, at), 16, 0.75)
	}
	if row.Interval && finite(row.Low, row.High) {
		low, high := s.at(row.Low), s.at(row.High)
		c.line("whisker", low, y, high, y)
		c.line("whisker", low, y-4, low, y+4)
		c.line("whisker", high, y-4, high, y+4)
	}
}
