package rule

import (
	"unicode/utf8"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"dpp/internal/pack/compliancepack/recognise"
)

// regex(text, pattern), text.matches(pattern): whether a pattern matches somewhere.
func (e *evaluation) regex(_ string, args ...ref.Val) ref.Val {
	text, ok := textOf(args[0])
	pattern := e.rule.pattern(args[1])
	if !ok || pattern == nil {
		return failed("regex needs text and a literal")
	}
	return types.Bool(pattern.matches(e.ctx, text))
}

// near(a, b, distance), near(text, a, b, distance): whether somewhere matches of two patterns
// stand at most so many code points apart.
func (e *evaluation) near(_ string, args ...ref.Val) ref.Val {
	text, ok := textOf(args[0])
	a, b := e.rule.pattern(args[1]), e.rule.pattern(args[2])
	distance, isInt := args[3].(types.Int)
	if !ok || a == nil || b == nil || !isInt || distance < 0 {
		return failed("near needs two literals and a distance")
	}
	return types.Bool(isNear(e.ctx, text, a, b, int(min(distance, 1<<20))))
}

// json_path(value, path): what stands in a document at a path.
func (e *evaluation) path(_ string, args ...ref.Val) ref.Val {
	text, ok := textOf(args[1])
	steps, known := e.rule.paths[text]
	if !ok || !known {
		return failed("json_path needs a literal")
	}
	found, ok := steps.find(e.ctx, args[0].Value())
	if !ok {
		return failed("json_path found too much")
	}
	return types.DefaultTypeAdapter.NativeToValue(found)
}

// pii(text), pii(text, kind): what the recognisers find, as maps with kind, start and end in
// code points, confidence and detail.
func (e *evaluation) pii(overload string, args ...ref.Val) ref.Val {
	text, ok := textOf(args[0])
	if !ok {
		return failed("pii needs text")
	}
	var want []string
	if overload == "pii_string_string" {
		kind, ok := textOf(args[1])
		if !ok {
			return failed("pii needs the name of a kind")
		}
		want = []string{kind}
	}
	found, cut := recognise.Find(e.ctx, text, want, recognise.Options{Limit: maxFound})
	if cut {
		return failed("pii found too much")
	}
	list := make([]any, len(found))
	at, points := 0, 0
	for i, f := range found {
		points += utf8.RuneCountInString(text[at:f.Start])
		at = f.Start
		length := utf8.RuneCountInString(text[f.Start:f.End])
		list[i] = map[string]any{
			"kind": f.Kind, "start": points, "end": points + length, "confidence": f.Confidence, "detail": f.Detail,
		}
	}
	return types.DefaultTypeAdapter.NativeToValue(list)
}

// maxFound is how many values pii gives.
const maxFound = 1000

// costs says what functions cost that read texts, in units of CEL; nil leaves a function to CEL,
// which takes one for a call, and a tenth for each character of texts that the standard
// functions read.
type costs struct{ rule *Rule }

// CallCost is as large as the work that a call may have been, whatever it found.
func (c costs) CallCost(function, _ string, args []ref.Val, _ ref.Val) *uint64 {
	var cost int
	switch function {
	case callRegex, callMatches:
		cost = c.reading(args[0], args[1])
	case callNear:
		cost = c.reading(args[0], args[1]) + c.reading(args[0], args[2])
	case callPII:
		cost = length(args[0]) / 20
	case callPath:
		cost = 100
	case "contains", "startsWith", "endsWith":
		cost = length(args[0])/1000 + length(args[1])/10
	default:
		return nil
	}
	total := uint64(max(0, cost)) + 1
	return &total
}

// reading is the cost of a pattern on a text: characters times instructions, of which a
// thousand are a unit.
func (c costs) reading(text, expression ref.Val) int {
	p := c.rule.pattern(expression)
	if p == nil {
		return 1
	}
	return length(text) * max(p.size, 16) / 1000
}

func length(v ref.Val) int {
	s, _ := v.(types.String)
	return len(s)
}
