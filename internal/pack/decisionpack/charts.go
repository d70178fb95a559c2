package decisionpack

import (
	"fmt"
	"strconv"

	"dpp/internal/chart"
	"dpp/internal/pack"
)

const mediaSVG = "image/svg+xml"

// Of how much the charts tell.
const (
	chartedCurves = 6
	curvePoints   = 41
)

// charts draws the result: the scores with where they lie in the draws, how likely
// each rank is, and how the scores change with the weight that decides.
func charts(p *problem, f *finding, d *data) []pack.Artifact {
	if !p.charts {
		return nil
	}
	drawings := []pack.Artifact{{Name: "ranking.svg", MediaType: mediaSVG, Content: rankingChart(d)}}
	if len(d.Stability.RankProbabilities) > 0 {
		drawings = append(drawings, pack.Artifact{Name: "ranks.svg", MediaType: mediaSVG, Content: ranksChart(d)})
	}
	if drawing := sensitivityChart(p, f, d); drawing != nil {
		drawings = append(drawings, pack.Artifact{Name: "sensitivity.svg", MediaType: mediaSVG, Content: drawing})
	}
	return drawings
}

func rankingChart(d *data) []byte {
	c := chart.Bars{
		Caption: chart.Caption{Title: "Ranking by " + string(d.Method), Text: lead(d)},
		Axis:    "score, with 5% to 95% of the draws", Dots: true,
	}
	if d.Direction == directionMin {
		c.Axis = "score (less is better), with 5% to 95% of the draws"
	}
	for k, line := range d.Ranking {
		bar := chart.Bar{Label: line.Name, Value: line.Score}
		if k < len(d.Stability.Scores) {
			in := d.Stability.Scores[k]
			bar.Low, bar.High, bar.Interval = in.Low, in.High, true
		}
		c.Rows = append(c.Rows, bar)
	}
	return c.SVG()
}

func ranksChart(d *data) []byte {
	c := chart.Shares{
		Caption: chart.Caption{Title: "How often each alternative has which rank", Text: steadiness(&d.Stability)},
		Axis:    "share of " + strconv.Itoa(d.Stability.Draws) + " draws",
	}
	for k := range d.Ranking {
		c.Parts = append(c.Parts, "rank "+strconv.Itoa(k+1))
	}
	for _, line := range d.Stability.RankProbabilities {
		c.Rows = append(c.Rows, chart.Stack{Label: line.Name, Shares: line.Probabilities})
	}
	return c.SVG()
}

// sensitivityChart varies the weight whose change flips the winner first, or the
// largest where none does; nil where there is only one to vary.
func sensitivityChart(p *problem, f *finding, d *data) []byte {
	j, flips := 0, len(f.flips) > 0
	for k, w := range p.weights {
		if w > p.weights[j] {
			j = k
		}
	}
	if flips {
		j = f.flips[0].criterion
	}
	l := f.standing.lever(j, p.weights)
	if l == nil {
		return nil
	}
	c := chart.Lines{
		Caption: chart.Caption{Title: "Scores by the weight of " + p.criteria[j], Text: fragility(d)},
		XAxis:   "weight of " + p.criteria[j] + ", the others in proportion", YAxis: "score",
		Marks: []chart.Mark{{Label: "now " + short(p.weights[j]), X: p.weights[j]}},
	}
	if flips {
		at := f.flips[0].at
		c.Marks = append(c.Marks, chart.Mark{Label: fmt.Sprintf("%s leads at %s", d.Flips[0].NewWinner, short(at)), X: at})
	}
	shown := f.charted()
	c.Lines = make([]chart.Line, len(shown))
	for k, i := range shown {
		c.Lines[k].Label = p.names[i]
	}
	for step := range curvePoints {
		t := float64(step) / (curvePoints - 1)
		l.scores(t)
		for k, i := range shown {
			c.Lines[k].Points = append(c.Lines[k].Points, chart.Point{X: t, Y: l.rule.shown(l.try[i])})
		}
	}
	return c.SVG()
}

// charted are the best alternatives, and the one that the first flip makes lead.
func (f *finding) charted() []int {
	shown := append([]int(nil), f.standing.order[:min(len(f.standing.order), chartedCurves)]...)
	if len(f.flips) == 0 {
		return shown
	}
	for _, i := range shown {
		if i == f.flips[0].winner {
			return shown
		}
	}
	return append(shown, f.flips[0].winner)
}
