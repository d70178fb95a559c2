package evalpack

import (
	"maps"
	"slices"
)

// groups tell which rows are in which group.
type groups struct {
	rows map[string][]int32 // ascending
	left int                // rows in groups that there was no room for
}

func newGroups() *groups { return &groups{rows: make(map[string][]int32)} }

// add puts a row into its groups. The first maxGroups that occur are kept.
func (g *groups) add(names []string, row int32) {
	missed := false
	for _, name := range names {
		if _, known := g.rows[name]; !known && len(g.rows) >= maxGroups {
			missed = true
			continue
		}
		g.rows[name] = append(g.rows[name], row)
	}
	if missed {
		g.left++
	}
}

func (g *groups) names() []string { return slices.Sorted(maps.Keys(g.rows)) }
