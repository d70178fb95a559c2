package metric

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxSystems bounds how many systems a metric compares.
const maxSystems = 200

var (
	errNotGame     = &RowError{Code: "NOT_COMPARISON", Detail: `The prediction is no comparison {"a": system, "b": another, "winner": "a", "b" or "tie"}.`}
	errManySystems = &RowError{Code: "TOO_MANY_SYSTEMS", Detail: "The rows compare more than 200 systems."}
)

// game is a comparison of two systems, by number: points of a are 1, ½ or 0.
type game struct {
	a, b   int
	points float64
}

// systems numbers those that are compared.
type systems struct{ labels labels }

func (s *systems) read(v jsontext.Value) (game, error) {
	if v.Kind() != jsontext.KindBeginObject {
		return game{}, errNotGame
	}
	var sides struct {
		A      jsontext.Value `json:"a"`
		B      jsontext.Value `json:"b"`
		Winner string         `json:"winner"`
	}
	if err := json.Unmarshal(v, &sides, json.RejectUnknownMembers(true)); err != nil {
		return game{}, errNotGame
	}
	points, ok := map[string]float64{"a": 1, "b": 0, "tie": 0.5}[sides.Winner]
	a, errA := label(sides.A)
	b, errB := label(sides.B)
	if !ok || errA != nil || errB != nil || a == b {
		return game{}, errNotGame
	}
	return s.number(a, b, points)
}

func (s *systems) number(a, b string, points float64) (game, error) {
	missing := 0
	for _, name := range [2]string{a, b} {
		if _, ok := s.labels.ids[name]; !ok {
			missing++
		}
	}
	if len(s.labels.names)+missing > maxSystems {
		return game{}, errManySystems
	}
	idA, err := s.labels.number(a)
	if err != nil {
		return game{}, err
	}
	idB, err := s.labels.number(b)
	return game{a: idA, b: idB, points: points}, err
}

// systemParam reads a parameter that names a system; empty without it.
func systemParam(v jsontext.Value) (string, error) {
	if len(v) == 0 {
		return "", nil
	}
	name, err := label(v)
	if err != nil || name == "" {
		return "", &ParamError{Pointer: "/system", Code: "invalid", Message: "A system is named by a text of 1 to 256 bytes, a number or a boolean."}
	}
	return name, nil
}

// orBest names what the value of ratings is about.
func orBest(system string) string {
	if system == "" {
		return "best"
	}
	return digest(system)
}

// chosen is the rating of the system with the name, or without one the highest; false where
// there is none. Ratings that are not there are marked by played.
func (s *systems) chosen(system string, ratings []float64, played []bool) (float64, bool) {
	if system != "" {
		id, ok := s.labels.ids[system]
		if !ok || id >= len(ratings) || !played[id] {
			return 0, false
		}
		return ratings[id], true
	}
	best, found := 0.0, false
	for id, rating := range ratings {
		if played[id] && (!found || rating > best) {
			best, found = rating, true
		}
	}
	return best, found
}
