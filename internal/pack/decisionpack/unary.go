package decisionpack

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// Bounds of one cell of a decision table.
const (
	maxTestBytes = 2000
	maxTests     = 200 // alternatives in one cell
)

// sort of a value in a decision table.
type sort string

const (
	numberSort  sort = "number"
	stringSort  sort = "string"
	booleanSort sort = "boolean"
	dateSort    sort = "date" // YYYY-MM-DD, which is in order as a text
)

// literal is a value in a decision table. The zero value is null.
type literal struct {
	sort   sort // empty: null
	number float64
	text   string // of a string or a date
	truth  bool
}

// less orders numbers and dates.
func (l literal) less(m literal) bool {
	if l.sort == numberSort {
		return l.number < m.number
	}
	return l.text < m.text
}

// unary is a cell: what a value must be like. Values are alternatives, of which one
// must hold, or none where negated; without any everything holds.
type unary struct {
	anything, negated bool
	tests             []test
}

// test is one comparison, or an interval where op is empty.
type test struct {
	op                string
	low, high         literal
	openLow, openHigh bool
}

func (u unary) holds(value literal) bool {
	if u.anything {
		return true
	}
	for _, t := range u.tests {
		if t.holds(value) {
			return !u.negated
		}
	}
	return u.negated
}

// holds compares; null equals null and is in no order with anything.
func (t test) holds(value literal) bool {
	switch {
	case t.op == "=":
		return value == t.low
	case t.op == "!=":
		return value != t.low
	case value.sort == "":
		return false
	case t.op == "":
		above := t.low.less(value) || !t.openLow && value == t.low
		return above && (value.less(t.high) || !t.openHigh && value == t.high)
	default:
		less, equal := value.less(t.low), value == t.low
		return map[string]bool{"<": less, "<=": less || equal, ">": !less && !equal, ">=": !less}[t.op]
	}
}

// String writes the cell as it is parsed, in one form.
func (u unary) String() string {
	if u.anything {
		return "-"
	}
	parts := make([]string, 0, len(u.tests))
	for _, t := range u.tests {
		parts = append(parts, t.String())
	}
	text := strings.Join(parts, ", ")
	if u.negated {
		return "not(" + text + ")"
	}
	return text
}

func (t test) String() string {
	switch t.op {
	case "=":
		return t.low.String()
	case "":
		from, to := "[", "]"
		if t.openLow {
			from = "("
		}
		if t.openHigh {
			to = ")"
		}
		return from + t.low.String() + ".." + t.high.String() + to
	default:
		return t.op + " " + t.low.String()
	}
}

func (l literal) String() string {
	switch l.sort {
	case numberSort:
		return strconv.FormatFloat(l.number, 'f', -1, 64)
	case stringSort:
		return quoted(l.text)
	case booleanSort:
		return strconv.FormatBool(l.truth)
	case dateSort:
		return `date("` + l.text + `")`
	default:
		return "null"
	}
}

func quoted(text string) string {
	raw, err := json.Marshal(text)
	if err != nil { // only for what is no UTF-8, which no input is
		return `""`
	}
	return string(raw)
}

// What can be wrong with a cell.
var (
	errTestLong     = errors.New("a cell has at most 2000 bytes and 200 alternatives")
	errTestEmpty    = errors.New(`a cell needs a test; "-" stands for anything`)
	errTestLiteral  = errors.New(`a number, a text in double quotes, true, false, null or date("YYYY-MM-DD") is missing`)
	errTestString   = errors.New("a text in double quotes is not finished, or not valid")
	errTestDate     = errors.New(`a date is written date("YYYY-MM-DD"), and is one of the calendar`)
	errTestEnd      = errors.New("something stands behind the end of the test")
	errTestInterval = errors.New("an interval is written [a..b], with ( or ] for a bound that does not belong to it, and a is not above b")
	errTestNot      = errors.New("not is written not(test, test), around the whole cell")
	errTestSort     = errors.New("the test compares with a value of another type than the input has")
	errTestOrder    = errors.New("only numbers and dates have an order")
)

// parseUnary reads a cell for an input of some sort: the unary tests of S-FEEL (OMG,
// Decision Model and Notation 1.5), without arithmetic and names.
func parseUnary(text string, of sort) (unary, error) {
	if len(text) > maxTestBytes {
		return unary{}, errTestLong
	}
	p := &parser{rest: strings.TrimSpace(text), of: of}
	switch p.rest {
	case "":
		return unary{}, errTestEmpty
	case "-":
		return unary{anything: true}, nil
	}
	var u unary
	if rest, ok := strings.CutPrefix(p.rest, "not"); ok {
		p.rest = rest
		if u.negated = true; !p.take("(") {
			return unary{}, errTestNot
		}
	}
	for {
		t, err := p.test()
		if err != nil {
			return unary{}, err
		}
		if u.tests = append(u.tests, t); len(u.tests) > maxTests {
			return unary{}, errTestLong
		}
		if !p.take(",") {
			break
		}
	}
	if u.negated && !p.take(")") {
		return unary{}, errTestNot
	}
	if p.space(); p.rest != "" {
		return unary{}, errTestEnd
	}
	return u, nil
}

// parser reads a cell from the left.
type parser struct {
	rest string
	of   sort
}

func (p *parser) space() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

// take reads a mark, if it stands there.
func (p *parser) take(mark string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.rest, mark)
	if ok {
		p.rest = rest
	}
	return ok
}

func (p *parser) test() (test, error) {
	for _, mark := range []string{"[", "(", "]"} {
		if p.take(mark) {
			return p.interval(mark != "[")
		}
	}
	t := test{op: "="}
	for _, op := range []string{"<=", ">=", "!=", "<", ">", "="} {
		if p.take(op) {
			t.op = op
			break
		}
	}
	var err error
	if t.low, err = p.literal(); err != nil {
		return t, err
	}
	if t.op != "=" && t.op != "!=" && !t.low.ordered() {
		return t, errTestOrder
	}
	return t, nil
}

// ordered tells whether a literal has an order with others of its sort.
func (l literal) ordered() bool { return l.sort == numberSort || l.sort == dateSort }

func (p *parser) interval(openLow bool) (test, error) {
	t := test{openLow: openLow}
	var err error
	if t.low, err = p.literal(); err != nil {
		return t, err
	}
	if !p.take("..") {
		return t, errTestInterval
	}
	if t.high, err = p.literal(); err != nil {
		return t, err
	}
	switch {
	case p.take("]"):
	case p.take(")"), p.take("["):
		t.openHigh = true
	default:
		return t, errTestInterval
	}
	if !t.low.ordered() || !t.high.ordered() {
		return t, errTestOrder
	}
	if t.high.less(t.low) {
		return t, errTestInterval
	}
	return t, nil
}

// literal reads a value of the sort that the input has, or null.
func (p *parser) literal() (literal, error) {
	l, err := p.anyLiteral()
	if err != nil {
		return l, err
	}
	if l.sort == stringSort && p.of == dateSort {
		l, err = dateOf(l.text)
		return l, err
	}
	if l.sort != "" && l.sort != p.of {
		return l, errTestSort
	}
	return l, nil
}

func (p *parser) anyLiteral() (literal, error) {
	switch {
	case p.word("true"):
		return literal{sort: booleanSort, truth: true}, nil
	case p.word("false"):
		return literal{sort: booleanSort}, nil
	case p.word("null"):
		return literal{}, nil
	case p.word("date"):
		if !p.take("(") {
			return literal{}, errTestDate
		}
		text, err := p.quoted()
		if err != nil {
			return literal{}, err
		}
		if !p.take(")") {
			return literal{}, errTestDate
		}
		return dateOf(text)
	case strings.HasPrefix(p.rest, `"`):
		text, err := p.quoted()
		return literal{sort: stringSort, text: text}, err
	default:
		return p.number()
	}
}

// word reads a name that no letter or digit follows.
func (p *parser) word(name string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.rest, name)
	if !ok || rest != "" && strings.ContainsAny(rest[:1], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") {
		return false
	}
	p.rest = rest
	return true
}

// quoted reads a text as JSON writes it.
func (p *parser) quoted() (string, error) {
	p.space()
	for end := 1; end < len(p.rest) && p.rest[0] == '"'; end++ {
		switch p.rest[end] {
		case '\\':
			end++
		case '"':
			var text string
			if json.Unmarshal([]byte(p.rest[:end+1]), &text) != nil {
				return "", errTestString
			}
			p.rest = p.rest[end+1:]
			return text, nil
		}
	}
	return "", errTestString
}

func dateOf(text string) (literal, error) {
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return literal{}, errTestDate
	}
	return literal{sort: dateSort, text: text}, nil
}

// number reads digits with a sign, a fraction and an exponent. Two dots belong to an
// interval.
func (p *parser) number() (literal, error) {
	end := 0
	digits := func() int {
		start := end
		for end < len(p.rest) && p.rest[end] >= '0' && p.rest[end] <= '9' {
			end++
		}
		return end - start
	}
	one := func(of string) bool {
		if end < len(p.rest) && strings.IndexByte(of, p.rest[end]) >= 0 {
			end++
			return true
		}
		return false
	}
	one("-")
	count := digits()
	if end+1 < len(p.rest) && p.rest[end] == '.' && p.rest[end+1] != '.' {
		end++
		count += digits()
	}
	if before := end; count > 0 && one("eE") {
		if one("+-"); digits() == 0 {
			end = before
		}
	}
	x, err := strconv.ParseFloat(p.rest[:end], 64)
	if count == 0 || err != nil {
		return literal{}, errTestLiteral
	}
	p.rest = p.rest[end:]
	if x == 0 { // no -0, which would be another value
		x = 0
	}
	return literal{sort: numberSort, number: x}, nil
}
