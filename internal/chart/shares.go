package chart

// SVG draws the chart.
func (s Shares) SVG() []byte {
	kept := s.Rows[:min(len(s.Rows), maxRows)]
	parts := min(len(s.Parts), maxParts)
	top := head + legendStep
	base := top + float64(float64(len(kept))*rowStep)
	c := newCanvas(s.Caption, base+foot)
	c.note(len(kept), len(s.Rows), "rows")
	s.legend(c, parts, head+6)
	axis := newScale(0, 1, gutter, pageWidth-edge, 5)
	c.bottom(axis, top, base, s.Axis)
	for i, row := range kept {
		y := top + float64((float64(i)+0.5)*rowStep)
		c.text("label", "end", gutter-10, y+4, cut(row.Label, labelColumns))
		at := 0.0
		for k, share := range together(row.Shares, parts) {
			from, to := axis.at(at), axis.at(at+share)
			if at += share; to-from >= 0.05 { // narrower ones cannot be seen
				c.rect("fill", from, y-9, max(to-from-0.5, 0.1), 18, strength(k, parts))
			}
		}
	}
	return c.end()
}

// together divides shares by their sum, and joins those from the last part on.
func together(shares []float64, parts int) []float64 {
	out := make([]float64, parts)
	sum := 0.0
	for k, share := range shares {
		if parts > 0 && finite(share) && share > 0 {
			out[min(k, parts-1)] += share
			sum += share
		}
	}
	for k := range out {
		if sum > 0 {
			out[k] /= sum
		}
	}
	return out
}

// strength is how opaque part k is: the first is full, the last a tint.
func strength(k, parts int) float64 {
	if parts < 2 {
		return 1
	}
	return 1 - float64(0.86*float64(k))/float64(parts-1)
}

func (s Shares) legend(c *canvas, parts int, y float64) {
	if parts == 0 {
		return
	}
	wide := (pageWidth - 2*edge) / float64(parts)
	for k := range parts {
		name := s.Parts[k]
		if k == parts-1 && len(s.Parts) > parts {
			name += "+" // and those after it
		}
		left := edge + float64(float64(k)*wide)
		c.rect("fill", left, y-9, 10, 10, strength(k, parts))
		c.text("label", "start", left+14, y, cut(name, max(4, int((wide-16)/7))))
	}
}
