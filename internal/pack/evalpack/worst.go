package evalpack

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/number"
	"dpp/internal/pack/evalpack/metric"
)

// worstRow is a row on which a metric is worst, with the beginnings of its texts.
type worstRow struct {
	Metric     string         `json:"metric"`
	Row        int            `json:"row"`
	Line       int            `json:"line,omitzero"`
	ID         jsontext.Value `json:"id,omitzero"`
	Value      float64        `json:"value"`
	Prediction string         `json:"prediction"`
	Reference  string         `json:"reference,omitzero"`
}

// worstList keeps the rows with the worst values of a metric, the worst first; of equal
// ones the earlier. What is as good as can be is not among them.
type worstList struct {
	room   int
	higher bool // is better
	best   float64
	rows   []worstRow
}

func newWorstList(m metric.Metric, room int) *worstList {
	info := m.Info()
	best := info.High
	if !info.HigherIsBetter {
		best = info.Low
	}
	return &worstList{room: room, higher: info.HigherIsBetter, best: best}
}

// worse tells whether a value is worse than another.
func (l *worstList) worse(a, b float64) bool {
	if l.higher {
		return a < b
	}
	return a > b
}

func (l *worstList) offer(r *record, value float64) {
	value = number.Round(value)
	if l.room == 0 || value == l.best || len(l.rows) == l.room && !l.worse(value, l.rows[l.room-1].Value) {
		return
	}
	at := slices.IndexFunc(l.rows, func(other worstRow) bool { return l.worse(value, other.Value) })
	if at < 0 {
		at = len(l.rows)
	}
	row := worstRow{Row: r.index, Line: r.line, ID: r.id, Value: value, Prediction: excerpt(r.row.Prediction)}
	if len(r.row.References) > 0 {
		row.Reference = excerpt(r.row.References[0])
	}
	l.rows = slices.Insert(l.rows, at, row)
	l.rows = l.rows[:min(len(l.rows), l.room)]
}

// excerpt is the beginning of a text, or of the JSON of anything else.
func excerpt(v jsontext.Value) string {
	text := string(v)
	if v.Kind() == '"' {
		if plain, err := jsontext.AppendUnquote(nil, v); err == nil {
			text = string(plain)
		}
	}
	if utf8.RuneCountInString(text) <= maxExcerpt {
		return strings.Clone(text)
	}
	runes := []rune(text[:min(len(text), 4*maxExcerpt)])
	return string(runes[:maxExcerpt-1]) + "…"
}
