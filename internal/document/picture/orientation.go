package picture

// Orientation is by how many degrees, clockwise, a picture has to be turned for its text
// to stand upright, as far as can be seen without reading it: 0, 90, 180 or 270. It is a
// guess at what to try first, and 0 where nothing speaks for another.
//
// The lower edges of letters stand in rows where text is upright: most letters end on
// the base line, while upper edges are divided among small letters and tall ones. Edges
// to the left and to the right are everywhere.
func (g *Gray) Orientation() int {
	const (
		across     = 1.5   // times as sharp lines on their side are, at least
		flipped    = 1.08  // the same, of lines upside down
		flipsEdges = 1_000 // fewer letters may happen to have more above than below
		pixels     = 1_200 // of the longer side that is looked at
	)
	small := g.sampled((max(g.Width, g.Height) + pixels - 1) / pixels)
	var sharp [4]float64
	few := false
	for i := range sharp {
		edges := small.Turn(90 * i).letterEdges()
		sharp[i] = sharpest(edges, small)
		few = few || len(edges) < flipsEdges
	}
	first := 0
	if max(sharp[1], sharp[3]) > across*max(sharp[0], sharp[2]) {
		first = 1
	}
	if !few && sharp[first+2] > flipped*sharp[first] {
		return 90 * (first + 2)
	}
	return 90 * first
}

// sampled is one pixel out of many, in either direction.
func (g *Gray) sampled(factor int) *Gray {
	if factor == 1 {
		return g
	}
	return g.mapped(max(g.Width/factor, 1), max(g.Height/factor, 1), func(x, y int) (int, int) { return x * factor, y * factor })
}

// letterEdges are the edges of [Gray.edges] but those that run on, as those of rules and
// pictures do.
func (g *Gray) letterEdges() []point {
	const longest = 40 // pixels, of some hundred to over a thousand across
	all := g.edges(1)
	kept := all[:0]
	for len(all) > 0 {
		run := 1
		for run < len(all) && all[run].y == all[0].y && all[run].x == all[0].x+run {
			run++
		}
		if run <= longest {
			kept = append(kept, all[:run]...)
		}
		all = all[run:]
	}
	return kept
}

// sharpest is how many edges share a row with another one, on average, at the angle where
// that is the most; 0 where there are too few to tell.
func sharpest(edges []point, of *Gray) float64 {
	if len(edges) < minEdges {
		return 0
	}
	above := max(of.Width, of.Height)
	rows, most := make([]float64, 3*above), 0.0
	for angle := -maxSkew; angle <= maxSkew; angle += coarse {
		most = max(most, sharpness(edges, angle, above, rows))
	}
	return most / float64(len(edges))
}
