package metric

import (
	"context"
	"math"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/number"
)

// bradleyTerry estimates strengths of systems from comparisons: i wins against j with
// probability p_i/(p_i+p_j) (Bradley and Terry, Rank Analysis of Incomplete Block Designs,
// 1952). The estimate is the one of maximum likelihood, by the MM algorithm (Hunter, MM
// algorithms for generalized Bradley-Terry models, 2004); a tie is half a win of each. Of a
// row it keeps the two systems and the points of the first.
type bradleyTerry struct {
	systems systems
	system  string
	scale   string
	prior   float64
}

// Bounds of the iteration.
const (
	maxRounds = 10_000
	// settled is the relative change of all strengths at which it ends.
	settled = 1e-13
	// leastPrior keeps strengths far from where floats end.
	leastPrior = 0.001
)

func newBradleyTerry(params jsontext.Value) (Metric, error) {
	p := struct {
		System jsontext.Value `json:"system"`
		Scale  string         `json:"scale"`
		Prior  float64        `json:"prior"`
	}{Scale: "strength"}
	if err := decode(params, &p); err != nil {
		return nil, err
	}
	if p.Prior > 0 && p.Prior < leastPrior {
		return nil, &ParamError{Pointer: "/prior", Code: "out_of_range", Message: "A prior is 0 or at least 0.001 comparisons."}
	}
	system, err := systemParam(p.System)
	return &bradleyTerry{system: system, scale: p.Scale, prior: p.Prior}, err
}

func (b *bradleyTerry) Info() Info {
	info := fraction("bradley_terry", "bradley_terry|mm|ties:half|prior:"+decimal(b.prior)+"|of:"+orBest(b.system)+"|scale:"+b.scale+"|version:"+version)
	info.Unit = "share of strength"
	if b.scale == "elo" {
		info.Low, info.High, info.Unit = math.Inf(-1), math.Inf(1), "rating"
	}
	return info
}

func (b *bradleyTerry) Width() int { return 3 }

func (b *bradleyTerry) Observe(_ context.Context, row Row, into []float64) error {
	g, err := b.systems.read(row.Prediction)
	if err != nil {
		return err
	}
	into[0], into[1], into[2] = float64(g.a), float64(g.b), g.points
	return nil
}

// Value is the strength of a system, of which all have a sum of 1, or its rating. There is
// none where strengths of maximum likelihood are not, which is so unless from every system a
// chain of wins leads to every other (Ford, 1957), or prior comparisons help.
func (b *bradleyTerry) Value(s Sample) (float64, bool) {
	f := b.fit(s)
	if !f.connected {
		return 0, false
	}
	if b.scale == "elo" {
		return b.systems.chosen(b.system, f.ratings(), f.played)
	}
	return b.systems.chosen(b.system, f.strengths, f.played)
}

// fitted are strengths by the number of the system, and which systems were compared.
type fitted struct {
	strengths []float64
	played    []bool
	connected bool
	converged bool
}

// wins counts the wins of each system against each other, half for ties and prior ones.
func (b *bradleyTerry) wins(s Sample) (wins [][]float64, played []bool) {
	n := len(b.systems.labels.names)
	wins, played = make([][]float64, n), make([]bool, n)
	for i := range wins {
		wins[i] = make([]float64, n)
	}
	for row, times := range s.all() {
		i, j := int(row[0]), int(row[1])
		wins[i][j] += float64(float64(times) * row[2])
		wins[j][i] += float64(float64(times) * (1 - row[2]))
		played[i], played[j] = true, true
	}
	for i := range wins {
		for j := range wins {
			if i != j && played[i] && played[j] {
				wins[i][j] += b.prior / 2
			}
		}
	}
	return wins, played
}

func (b *bradleyTerry) fit(s Sample) fitted {
	wins, played := b.wins(s)
	f := fitted{played: played, connected: connected(wins, played)}
	if !f.connected {
		return f
	}
	f.strengths = make([]float64, len(wins))
	for i := range wins {
		f.strengths[i] = zeroOne(played[i])
	}
	normalize(f.strengths)
	for range maxRounds {
		next := improved(wins, f.strengths)
		change := 0.0
		for i, p := range next {
			if played[i] {
				change = max(change, math.Abs(p-f.strengths[i])/p)
			}
		}
		f.strengths = next
		if change < settled {
			f.converged = true
			break
		}
	}
	return f
}

// improved is one step: a system's wins by the sum over its comparisons of one by the sum of
// the two strengths.
func improved(wins [][]float64, strengths []float64) []float64 {
	next := make([]float64, len(strengths))
	for i := range wins {
		won, expected := 0.0, 0.0
		for j := range wins {
			if games := wins[i][j] + wins[j][i]; games > 0 {
				won += wins[i][j]
				expected += games / (strengths[i] + strengths[j])
			}
		}
		next[i] = share(won, expected, 0)
	}
	normalize(next)
	return next
}

func normalize(strengths []float64) {
	sum := total(strengths)
	for i := range strengths {
		strengths[i] /= sum
	}
}

// connected tells whether from every system that played a chain of wins leads to every other.
func connected(wins [][]float64, played []bool) bool {
	first := slices.Index(played, true)
	if first < 0 {
		return false
	}
	forward := func(i, j int) bool { return wins[i][j] > 0 }
	backward := func(i, j int) bool { return wins[j][i] > 0 }
	return reaches(first, played, forward) && reaches(first, played, backward)
}

func reaches(first int, played []bool, leads func(i, j int) bool) bool {
	seen := make([]bool, len(played))
	seen[first] = true
	for queue := []int{first}; len(queue) > 0; queue = queue[1:] {
		for j := range played {
			if !seen[j] && leads(queue[0], j) {
				seen[j] = true
				queue = append(queue, j)
			}
		}
	}
	return slices.Equal(seen, played)
}

// ratings put strengths on the scale of Elo: 400 points are a factor of ten, and the mean is
// 1000.
func (f fitted) ratings() []float64 {
	sum, n := 0.0, 0.0
	for i, p := range f.strengths {
		if f.played[i] {
			sum += math.Log10(p)
			n++
		}
	}
	ratings := make([]float64, len(f.strengths))
	for i, p := range f.strengths {
		if f.played[i] {
			ratings[i] = 1000 + float64(400*(math.Log10(p)-sum/n))
		}
	}
	return ratings
}

// systemRating is a line of a table of systems, the best first.
type systemRating struct {
	System   string   `json:"system"`
	Rating   float64  `json:"rating"`
	Strength *float64 `json:"strength,omitempty"`
	Games    float64  `json:"games"`
	Points   float64  `json:"points"`
}

// Detail has strength and rating of every system.
func (b *bradleyTerry) Detail(s Sample) any {
	f := b.fit(s)
	out := struct {
		Connected bool           `json:"connected"`
		Converged bool           `json:"converged"`
		Systems   []systemRating `json:"systems"`
	}{Connected: f.connected, Converged: f.converged}
	if f.connected {
		out.Systems = b.systems.table(s, f.ratings(), f.played)
		for i := range out.Systems {
			strength := number.Round(f.strengths[b.systems.labels.ids[out.Systems[i].System]])
			out.Systems[i].Strength = &strength
		}
	}
	return out
}
