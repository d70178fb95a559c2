package decisionpack

import (
	"maps"
	"slices"
	"strconv"

	"dpp/internal/pack"
)

// form hides in which form the alternatives were given. Its rows hold a value for
// each criterion that has one.
type form struct {
	easy   bool
	matrix bool
	names  []string
	cells  []map[string]*cell // as they were given
	given  []bool             // easy form: the option has an entry in scores
	rows   []map[string]spread
}

func (in *inputs) form() form {
	f := form{easy: in.Options != nil || in.Scores.given, matrix: in.Scores.matrix != nil}
	if !f.easy {
		for _, a := range in.Alternatives {
			f.names, f.cells = append(f.names, a.Name), append(f.cells, a.Values)
		}
		return f
	}
	f.names = in.Options
	for i, name := range in.Options {
		row, given := in.Scores.named[name]
		if f.matrix && i < len(in.Scores.matrix) {
			row, given = byCriterion(in.Criteria, in.Scores.matrix[i]), true
		}
		f.cells, f.given = append(f.cells, row), append(f.given, given)
	}
	return f
}

func byCriterion(criteria []criterion, cells []*cell) map[string]*cell {
	row := make(map[string]*cell, len(cells))
	for j, c := range cells[:min(len(cells), len(criteria))] {
		row[criteria[j].Name] = c
	}
	return row
}

// name points at the name of alternative i.
func (f form) name(i int) string {
	if f.easy {
		return pack.Pointer("options", strconv.Itoa(i))
	}
	return pack.Pointer("alternatives", strconv.Itoa(i), "name")
}

// row points at the values of alternative i. A pointer holds a name only where
// the caller used it as the name of a field.
func (f form) row(i int) string {
	switch {
	case !f.easy:
		return pack.Pointer("alternatives", strconv.Itoa(i), "values")
	case f.matrix:
		return pack.Pointer("scores", strconv.Itoa(i))
	case f.given[i]:
		return below("/scores", f.names[i])
	default:
		return f.name(i)
	}
}

// cell points at a value that alternative i has.
func (f form) cell(i int, criterion string) string {
	if f.matrix {
		return f.row(i)
	}
	return below(f.row(i), criterion)
}

func checkForm(in *inputs, f form, found *findings) {
	switch {
	case f.easy && in.Alternatives != nil:
		found.add("/alternatives", "conflict", "Give alternatives, or options with scores, not both.")
	case len(f.names) == 0:
		found.add("/alternatives", "required", "Give alternatives, or options with scores.")
	}
	checkUnique(f.names, f.name, found)
	if !f.easy {
		return
	}
	if f.matrix {
		checkMatrix(in, found)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(in.Scores.named)) {
		if !slices.Contains(f.names, name) {
			found.add(below("/scores", name), "unknown", "This is not the name of an option.")
		}
	}
}

func checkMatrix(in *inputs, found *findings) {
	if len(in.Scores.matrix) != len(in.Options) {
		found.add("/scores", "size", "The matrix needs one row for each option, in their order.")
	}
	for i, row := range in.Scores.matrix {
		if len(row) != len(in.Criteria) {
			found.add("/scores/"+strconv.Itoa(i), "size", "The row needs one value for each criterion, in their order.")
		}
	}
}

func checkUnique(names []string, pointer func(int) string, found *findings) {
	first := make(map[string]int, len(names))
	for i, name := range names {
		if earlier, seen := first[name]; seen {
			found.add(pointer(i), "duplicate", "This repeats the name at "+pointer(earlier)+".")
			continue
		}
		first[name] = i
	}
}

// resolve turns cells into numbers and distributions.
func (f *form) resolve(criteria []criterion, found *findings) {
	known := make(map[string]criterion, len(criteria))
	for _, c := range criteria {
		known[c.Name] = c
	}
	for i, cells := range f.cells {
		row := make(map[string]spread, len(cells))
		for _, name := range slices.Sorted(maps.Keys(cells)) {
			c, ok := known[name]
			if !ok {
				found.add(f.cell(i, name), "unknown", "This is not the name of a criterion.")
			} else if value := cells[name]; value != nil {
				row[name] = c.spread(f.cell(i, name), *value, found)
			}
		}
		f.rows = append(f.rows, row)
	}
}

// spread is what a cell of the criterion says.
func (c criterion) spread(at string, value cell, found *findings) spread {
	if value.labelled {
		if c.Labels == nil {
			found.add(at, "type", "A text is a value only where the criterion has labels.")
			return spread{}
		}
		x, known := c.Labels.numbers[value.label]
		if !known {
			found.add(at, "unknown", "This is not one of the criterion's labels.")
		}
		return spread{mid: x}
	}
	if !value.spread.valid() {
		found.add(at, "out_of_range", "These parameters make no distribution: low, mode and high go up, sd is 0 or above.")
	}
	for _, x := range value.spread.numbers() {
		checkMagnitude(at, x, found)
	}
	return value.spread
}
