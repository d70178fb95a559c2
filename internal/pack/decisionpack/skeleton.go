package decisionpack

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// proposed are criteria to start from, where a question comes without any.
const proposed = `[{"name":"benefit","weight":1,"direction":"max"},{"name":"cost","weight":1,"direction":"min"},{"name":"risk","weight":1,"direction":"min"}]`

const proposedCriteria = 3

// unscored tells of inputs that name options and have no scores, perhaps no criteria
// either. What is missing is told, with a matrix to be filled with numbers: one row
// for each option, one column for each criterion.
func (in *inputs) unscored(found *findings) bool {
	if !in.bare() {
		return false
	}
	found.set = map[string]jsontext.Value{}
	columns := len(in.Criteria)
	if columns == 0 {
		columns = proposedCriteria
		found.set["/criteria"] = jsontext.Value(proposed)
		found.add("/criteria", "required", "There are no criteria: name those that matter to the question, or keep those in remedy.set.")
	}
	row := "[" + strings.Repeat("null,", columns-1) + "null]"
	found.set["/scores"] = jsontext.Value("[" + strings.Repeat(row+",", len(in.Options)-1) + row + "]")
	found.add("/scores", "required", "There are no scores: put numbers for the nulls in remedy.set, a row for each option and a column for each criterion.")
	return true
}
