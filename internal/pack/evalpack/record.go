package evalpack

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack/evalpack/metric"
)

// record is one row as it came in, and what is known of it besides its texts.
type record struct {
	index    int            // among all rows of the inputs, from 0
	line     int            // of the file, from 1; 0 where the rows stand in the inputs
	id       jsontext.Value // nil: none
	row      metric.Row
	baseline jsontext.Value // what the baseline system gave; nil: nothing
	groups   []string       // sorted, each once
	fault    *metric.RowError
}

// The reasons why a row cannot be read. Metrics have reasons of their own.
const (
	rowNotJSON      = "NOT_JSON"
	rowNotObject    = "NOT_AN_OBJECT"
	rowNotUTF8      = "NOT_UTF8"
	rowTooLarge     = "ROW_TOO_LARGE"
	rowBadQuotes    = "BAD_QUOTES"
	rowColumns      = "COLUMN_COUNT"
	rowNoPrediction = "NO_PREDICTION"
	rowTwoForms     = "REFERENCE_TWICE"
	rowReferences   = "BAD_REFERENCES"
	rowBadID        = "BAD_ID"
	rowBadGroups    = "BAD_GROUPS"
)

func fault(code, detail string) *metric.RowError { return &metric.RowError{Code: code, Detail: detail} }

// readObject makes a record of a row that is a JSON object. Members that are null are
// as if they were not there.
func readObject(text jsontext.Value, names columns) record {
	var r record
	var members map[string]jsontext.Value
	if err := json.Unmarshal(text, &members); err != nil || members == nil {
		if text.IsValid() {
			r.fault = fault(rowNotObject, "The row is no JSON object.")
		} else {
			r.fault = fault(rowNotJSON, "The row is no well-formed JSON, or names a member twice.")
		}
		return r
	}
	get := func(name string) jsontext.Value {
		if v := members[name]; v.Kind() != 'n' {
			return v
		}
		return nil
	}
	r.row.Prediction, r.baseline = get(names.Prediction), get(names.Baseline)
	if r.row.Prediction == nil {
		r.fail(rowNoPrediction, "The row has no prediction.")
	}
	r.readID(get(names.ID))
	r.readReferences(get, names)
	r.readGroups(get, names)
	return r
}

func (r *record) fail(code, detail string) {
	if r.fault == nil {
		r.fault = fault(code, detail)
	}
}

func (r *record) readID(id jsontext.Value) {
	switch {
	case id == nil:
	case id.Kind() == '"' && len(id) <= maxIDBytes+2, id.Kind() == '0' && len(id) <= maxIDBytes:
		r.id = id
	default:
		r.fail(rowBadID, "The row's id is neither a text nor a number of at most "+strconv.Itoa(maxIDBytes)+" bytes.")
	}
}

// readReferences takes the one reference, or the columns that hold one each, or the list.
func (r *record) readReferences(get func(string) jsontext.Value, names columns) {
	for _, name := range names.Reference {
		if v := get(name); v != nil {
			r.row.References = append(r.row.References, v)
		}
	}
	list := get(names.References)
	switch {
	case list == nil:
	case len(r.row.References) > 0:
		r.fail(rowTwoForms, "The row has both a reference and a list of references.")
	case list.Kind() != '[' || json.Unmarshal(list, &r.row.References) != nil:
		r.fail(rowReferences, "The row's references are no list.")
	}
	r.row.References = slices.DeleteFunc(r.row.References, func(v jsontext.Value) bool { return v.Kind() == 'n' })
	if len(r.row.References) > maxReferences {
		r.fail(rowReferences, "The row has more than "+strconv.Itoa(maxReferences)+" references.")
	}
}

// readGroups takes the groups that a row is in: a list of their names, or an object, in
// which case each is called "name=value"; or the members that the columns name.
func (r *record) readGroups(get func(string) jsontext.Value, names columns) {
	members := map[string]jsontext.Value{}
	for _, name := range names.GroupBy {
		if v := get(name); v != nil {
			members[name] = v
		}
	}
	given := get(names.Groups)
	switch given.Kind() {
	case '{':
		var more map[string]jsontext.Value
		if json.Unmarshal(given, &more) != nil {
			r.fail(rowBadGroups, "The row's groups are not well-formed.")
		}
		for name, v := range more {
			members[name] = v
		}
	case '[':
		var list []string
		if json.Unmarshal(given, &list) != nil {
			r.fail(rowBadGroups, "The row's groups are a list, but not of texts.")
		}
		r.groups = append(r.groups, list...)
	case 0:
	default:
		r.fail(rowBadGroups, "The row's groups are neither an object nor a list.")
	}
	for name, v := range members {
		if value, ok := groupValue(v); ok {
			r.groups = append(r.groups, name+"="+value)
		} else if v.Kind() != 'n' {
			r.fail(rowBadGroups, "The row is grouped by something that is no text, number or truth value.")
		}
	}
	r.tidyGroups()
}

func (r *record) tidyGroups() {
	slices.Sort(r.groups)
	r.groups = slices.Compact(r.groups)
	if len(r.groups) > maxGroupsPerRow || slices.ContainsFunc(r.groups, func(g string) bool { return len(g) > maxGroupBytes || g == "" }) {
		r.groups = nil
		r.fail(rowBadGroups, "The row is in too many groups, or the name of one is empty or too long.")
	}
}

// groupValue is a scalar as part of a group's name: numbers in their shortest form.
func groupValue(v jsontext.Value) (string, bool) {
	switch v.Kind() {
	case '"':
		var text string
		return text, json.Unmarshal(v, &text) == nil
	case '0':
		v = v.Clone()
		return string(v), v.Canonicalize() == nil
	case 't', 'f':
		return string(v), true
	default:
		return "", false
	}
}

// fromCells makes a record of a row of a table, whose cells become the members of an
// object. Empty cells are texts where a prediction or the first reference is meant, and
// else as if they were not there.
func fromCells(cells, header []string, names columns, asJSON bool) record {
	at := func(name string) int { return slices.Index(header, name) }
	value := func(name string, emptyCounts bool) jsontext.Value {
		i := at(name)
		if i < 0 || cells[i] == "" && (!emptyCounts || asJSON) {
			return nil
		}
		return cellValue(cells[i], asJSON)
	}
	var r record
	r.row.Prediction, r.baseline = value(names.Prediction, true), value(names.Baseline, true)
	if r.row.Prediction == nil {
		r.fail(rowNoPrediction, "The row has no prediction.")
	}
	if i := at(names.ID); i >= 0 && cells[i] != "" {
		r.readID(quoted(cells[i]))
	}
	for k, name := range names.Reference {
		if v := value(name, k == 0); v != nil {
			r.row.References = append(r.row.References, v)
		}
	}
	for _, name := range names.GroupBy {
		if i := at(name); i >= 0 && cells[i] != "" {
			r.groups = append(r.groups, strings.TrimPrefix(name, groupPrefix)+"="+cells[i])
		}
	}
	r.tidyGroups()
	return r
}

// cellValue is a cell as a text, or as the JSON that it holds where that is wanted.
func cellValue(cell string, asJSON bool) jsontext.Value {
	if v := jsontext.Value(bytes.TrimSpace([]byte(cell))); asJSON && v.IsValid() {
		if v.Kind() == 'n' {
			return nil
		}
		return v
	}
	return quoted(cell)
}

func quoted(text string) jsontext.Value {
	quoted, err := jsontext.AppendQuote(nil, text)
	if err != nil { // it is no UTF-8, which was refused before
		return jsontext.Value(`""`)
	}
	return quoted
}
