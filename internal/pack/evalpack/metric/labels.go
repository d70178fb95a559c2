package metric

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// maxLabels bounds how many labels a metric remembers.
const maxLabels = 10_000

var errManyLabels = &RowError{Code: "TOO_MANY_LABELS", Detail: "The rows have more than 10000 different labels."}

// labels numbers labels from 0, in the order in which they come.
type labels struct {
	ids   map[string]int
	names []string
}

func (l *labels) id(v jsontext.Value) (int, error) {
	name, err := label(v)
	if err != nil {
		return 0, err
	}
	return l.number(name)
}

func (l *labels) number(name string) (int, error) {
	if id, ok := l.ids[name]; ok {
		return id, nil
	}
	if len(l.names) >= maxLabels {
		return 0, errManyLabels
	}
	if l.ids == nil {
		l.ids = make(map[string]int)
	}
	id := len(l.names)
	l.ids[name], l.names = id, append(l.names, name)
	return id, nil
}

// read gives the labels of a row, of which the reference is the only one.
func (l *labels) read(row Row) (predicted, right int, err error) {
	reference, err := only(row)
	if err != nil {
		return 0, 0, err
	}
	if predicted, err = l.id(row.Prediction); err != nil {
		return 0, 0, err
	}
	right, err = l.id(reference)
	return predicted, right, err
}

// sorted gives the numbers of labels by name; where all are numbers, by size.
func (l *labels) sorted() []int {
	order, sizes := make([]int, len(l.names)), make([]float64, len(l.names))
	numbers := true
	for id, name := range l.names {
		x, err := parseNumber(name)
		order[id], sizes[id] = id, x
		numbers = numbers && err == nil
	}
	slices.SortFunc(order, func(a, b int) int {
		if numbers {
			return cmp.Or(cmp.Compare(sizes[a], sizes[b]), cmp.Compare(l.names[a], l.names[b]))
		}
		return cmp.Compare(l.names[a], l.names[b])
	})
	return order
}

// only is the reference of a row that may have but one.
func only(row Row) (jsontext.Value, error) {
	switch len(row.References) {
	case 0:
		return nil, errNoReference
	case 1:
		return row.References[0], nil
	default:
		return nil, &RowError{Code: "AMBIGUOUS_REFERENCE", Detail: "The metric takes one reference, not " + strconv.Itoa(len(row.References)) + "."}
	}
}
