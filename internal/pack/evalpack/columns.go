package evalpack

import (
	"errors"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// columns say under which names a row has its parts: members of objects, or columns of
// a table.
type columns struct {
	ID         string `json:"id,omitzero"`
	Prediction string `json:"prediction,omitzero"`
	// Reference names one reference, or several that hold one each.
	Reference names `json:"reference,omitzero"`
	// References names a list of references, where rows are objects.
	References string `json:"references,omitzero"`
	Baseline   string `json:"baseline_prediction,omitzero"`
	// GroupBy names what rows are grouped by.
	GroupBy names `json:"groups,omitzero"`
	// Groups names the object or list with the groups of a row that is an object.
	Groups string `json:"-"`
}

// The names that parts of a row have by default.
const (
	nameID         = "id"
	namePrediction = "prediction"
	nameReference  = "reference"
	nameReferences = "references"
	nameBaseline   = "baseline_prediction"
	nameGroups     = "groups"
	groupPrefix    = "groups."
)

// usual fills in the names that the caller left out.
func (c columns) usual() columns {
	for _, part := range []struct {
		name  *string
		usual string
	}{{&c.ID, nameID}, {&c.Prediction, namePrediction}, {&c.References, nameReferences}, {&c.Baseline, nameBaseline}, {&c.Groups, nameGroups}} {
		if *part.name == "" {
			*part.name = part.usual
		}
	}
	if len(c.Reference) == 0 {
		c.Reference = names{nameReference}
	}
	return c
}

// ofTable are the columns of a table with this header. By default every column that is
// called reference, reference_2, reference_3 … holds a reference, and every one whose
// name begins with "groups." groups the rows.
func (c columns) ofTable(header []string) columns {
	given := c
	c = c.usual()
	for _, name := range header {
		if len(given.Reference) == 0 && isFurtherReference(name) {
			c.Reference = append(slices.Clone(c.Reference), name)
		}
		if len(given.GroupBy) == 0 && strings.HasPrefix(name, groupPrefix) && name != groupPrefix {
			c.GroupBy = append(slices.Clone(c.GroupBy), name)
		}
	}
	return c
}

func isFurtherReference(name string) bool {
	number, ok := strings.CutPrefix(name, nameReference+"_")
	return ok && number != "" && strings.Trim(number, "0123456789") == ""
}

// missing lists the fields of columns that were named and that a table has not. A
// prediction is always needed.
func (c columns) missing(header []string) []string {
	var fields []string
	need := func(field string, names ...string) {
		for _, name := range names {
			if name != "" && !slices.Contains(header, name) {
				fields = append(fields, field)
				return
			}
		}
	}
	need(nameID, c.ID)
	need(nameReference, c.Reference...)
	need(nameBaseline, c.Baseline)
	need(nameGroups, c.GroupBy...)
	need(namePrediction, c.usual().Prediction)
	return fields
}

// unused lists the columns of a table that nothing is read from.
func (c columns) unused(header []string) []string {
	used := append([]string{c.ID, c.Prediction, c.Baseline}, append(slices.Clone(c.Reference), c.GroupBy...)...)
	var rest []string
	for _, name := range header {
		if !slices.Contains(used, name) {
			rest = append(rest, name)
		}
	}
	return rest
}

// names are one name or several, in JSON a text or a list of texts.
type names []string

var errNames = errors.New("neither a name nor names")

// UnmarshalJSON reads a text or a list of texts.
func (n *names) UnmarshalJSON(text []byte) error {
	var one string
	switch jsontext.Value(text).Kind() {
	case '"':
		if err := json.Unmarshal(text, &one); err != nil {
			return err
		}
		*n = names{one}
		return nil
	case '[':
		var list []string
		if err := json.Unmarshal(text, &list); err != nil {
			return err
		}
		*n = list
		return nil
	default:
		return errNames
	}
}
