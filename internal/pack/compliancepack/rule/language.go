package rule

import (
	"context"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// environment is what expressions are written in: the standard library, but for its own
// regular expressions, which no context ends.
func environment() []cel.EnvOption {
	text, list := cel.StringType, cel.ListType(cel.DynType)
	late := cel.LateFunctionBinding()
	found := cel.ListType(cel.MapType(cel.StringType, cel.DynType))
	return []cel.EnvOption{
		cel.StdLib(cel.StdLibSubset(env.NewLibrarySubset().AddExcludedFunctions(env.NewFunction("matches")))),
		cel.ParserRecursionLimit(maxDepth), cel.ParserExpressionSizeLimit(MaxLength), cel.ExpressionNodeLimit(maxNodes),
		cel.ExpressionNestingDepthLimit(maxDepth),
		cel.Variable("text", text), cel.Variable("lines", cel.ListType(text)), cel.Variable("doc", cel.DynType),
		cel.Variable("name", text), cel.Variable("media_type", text),
		cel.Function(callRegex, cel.Overload("regex_string_string", []*cel.Type{text, text}, cel.BoolType, late)),
		cel.Function(callMatches, cel.MemberOverload("string_matches_string", []*cel.Type{text, text}, cel.BoolType, late)),
		cel.Function(callNear, cel.Overload("near_string", []*cel.Type{text, text, text, cel.IntType}, cel.BoolType, late)),
		cel.Macros(cel.GlobalMacro(callNear, 3, nearInText)),
		cel.Function(callPath, cel.Overload("json_path_dyn_string", []*cel.Type{cel.DynType, text}, list, late)),
		cel.Function(
			callPII,
			cel.Overload("pii_string", []*cel.Type{text}, found, late),
			cel.Overload("pii_string_string", []*cel.Type{text, text}, found, late),
		),
	}
}

// Functions of the language besides the standard ones.
const (
	callRegex   = "regex"
	callMatches = "matches"
	callNear    = "near"
	callPath    = "json_path"
	callPII     = "pii"
)

// nearInText writes near(a, b, distance) as near(text, a, b, distance).
func nearInText(f cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
	return f.NewCall(callNear, append([]ast.Expr{f.NewIdent("text")}, args...)...), nil
}

// evaluation is one rule on one document.
type evaluation struct {
	ctx      context.Context //nolint:containedctx // functions of CEL take none; an evaluation lives no longer than its call
	rule     *Rule
	document Document
}

// variables are the values and functions of an evaluation. Lines are split where a rule asks.
func (e *evaluation) variables() (cel.Activation, error) {
	values := map[string]any{
		"text": e.document.Text, "doc": e.document.Doc, "name": e.document.Name, "media_type": e.document.MediaType,
		"lines": e.lines,
	}
	return cel.FunctionVars(values, map[string]cel.LateBoundFunction{
		callRegex: e.regex, callMatches: e.regex, callNear: e.near, callPath: e.path, callPII: e.pii,
	})
}

func (e *evaluation) lines() any {
	if strings.Count(e.document.Text, "\n") >= MaxLines {
		return types.NewErr("more than %d lines", MaxLines)
	}
	lines := strings.Split(strings.TrimSuffix(e.document.Text, "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSuffix(line, "\r")
	}
	return lines
}

// failed is the error of a function.
func failed(why string) ref.Val { return types.NewErr("%s", why) }

// textOf is an argument that the type check has proven to be text, or not.
func textOf(v ref.Val) (string, bool) {
	s, ok := v.(types.String)
	return string(s), ok
}
