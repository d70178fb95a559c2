package metric

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/number"
)

// elo rates systems by comparisons one after the other (Elo, The Rating of Chessplayers,
// 1978): after each, K times what was scored beyond what the ratings expect is moved from
// one to the other. So the order of rows moves ratings; a row that a sample takes several
// times is played so often in a row.
type elo struct {
	systems  systems
	system   string
	k, start float64
}

func newElo(params jsontext.Value) (Metric, error) {
	p := struct {
		System jsontext.Value `json:"system"`
		K      float64        `json:"k"`
		Start  float64        `json:"start"`
	}{K: 32, Start: 1000}
	if err := decode(params, &p); err != nil {
		return nil, err
	}
	system, err := systemParam(p.System)
	return &elo{system: system, k: p.K, start: p.Start}, err
}

func (e *elo) Info() Info {
	return Info{
		Name: "elo", Signature: "elo|k:" + decimal(e.k) + "|start:" + decimal(e.start) + "|scale:400|order:rows|of:" + orBest(e.system) + "|version:" + version,
		Low: math.Inf(-1), High: math.Inf(1), HigherIsBetter: true, Unit: "rating",
	}
}

func (e *elo) Width() int { return 3 }

func (e *elo) Observe(_ context.Context, row Row, into []float64) error {
	g, err := e.systems.read(row.Prediction)
	if err != nil {
		return err
	}
	into[0], into[1], into[2] = float64(g.a), float64(g.b), g.points
	return nil
}

// Value is the rating of a system in the end.
func (e *elo) Value(s Sample) (float64, bool) {
	ratings, played := e.rate(s)
	return e.systems.chosen(e.system, ratings, played)
}

func (e *elo) rate(s Sample) (ratings []float64, played []bool) {
	n := len(e.systems.labels.names)
	ratings, played = slices.Repeat([]float64{e.start}, n), make([]bool, n)
	for row, times := range s.all() {
		i, j := int(row[0]), int(row[1])
		played[i], played[j] = true, true
		for range times {
			expected := 1 / (1 + math.Pow(10, (ratings[j]-ratings[i])/400))
			moved := float64(e.k * (row[2] - expected))
			ratings[i] += moved
			ratings[j] -= moved
		}
	}
	return ratings, played
}

// Detail has the rating of every system.
func (e *elo) Detail(s Sample) any {
	ratings, played := e.rate(s)
	return struct {
		Systems []systemRating `json:"systems"`
	}{e.systems.table(s, ratings, played)}
}

// table lists systems, the best rating first and then by name, with games and points.
func (s *systems) table(sample Sample, ratings []float64, played []bool) []systemRating {
	games, points := make([]float64, len(ratings)), make([]float64, len(ratings))
	for row, times := range sample.all() {
		i, j, n := int(row[0]), int(row[1]), float64(times)
		games[i], games[j] = games[i]+n, games[j]+n
		points[i] += float64(n * row[2])
		points[j] += float64(n * (1 - row[2]))
	}
	var table []systemRating
	for id, name := range s.labels.names {
		if played[id] {
			table = append(table, systemRating{System: name, Rating: number.Round(ratings[id]), Games: games[id], Points: points[id]})
		}
	}
	slices.SortFunc(table, func(a, b systemRating) int {
		return cmp.Or(cmp.Compare(b.Rating, a.Rating), cmp.Compare(a.System, b.System))
	})
	return table
}
