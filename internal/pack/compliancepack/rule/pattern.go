package rule

import (
	"context"
	"io"
	"regexp"
	"regexp/syntax"
	"unicode/utf8"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// maxInstructions is how large a compiled pattern may be.
const maxInstructions = 1000

// pattern is a regular expression of RE2.
type pattern struct {
	expression *regexp.Regexp
	size       int  // instructions
	whole      bool // it asks for the beginning or the end of the text
}

// newPattern compiles; nil where that is not possible or the pattern is too large. ^ and $ stand
// for beginnings and ends of lines.
func newPattern(text string) *pattern {
	tree, err := syntax.Parse("(?m:"+text+")", syntax.Perl)
	if err != nil {
		return nil
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil || len(program.Inst) > maxInstructions {
		return nil
	}
	expression, err := regexp.Compile("(?m:" + text + ")")
	if err != nil {
		return nil
	}
	return &pattern{expression, len(program.Inst), asksForEnds(tree)}
}

func asksForEnds(re *syntax.Regexp) bool {
	if re.Op == syntax.OpBeginText || re.Op == syntax.OpEndText {
		return true
	}
	for _, sub := range re.Sub {
		if asksForEnds(sub) {
			return true
		}
	}
	return false
}

// short is the work, in characters times instructions, that is done without looking at the
// context.
const short = 20_000_000

// matches tells whether a pattern matches; false, too, where the context ends.
func (p *pattern) matches(ctx context.Context, text string) bool {
	if len(text)*p.size < short {
		return p.expression.MatchString(text)
	}
	return p.expression.MatchReader(&runes{ctx: ctx, text: text})
}

// runes reads a text until the context ends.
type runes struct {
	ctx  context.Context //nolint:containedctx // io.RuneReader takes none
	text string
	read int
}

// ReadRune gives one code point.
func (r *runes) ReadRune() (rune, int, error) {
	if r.read++; r.read%1024 == 0 && r.ctx.Err() != nil {
		return 0, 0, io.EOF
	}
	if r.text == "" {
		return 0, 0, io.EOF
	}
	c, size := utf8.DecodeRuneInString(r.text)
	r.text = r.text[size:]
	return c, size, nil
}

// collect finds the patterns and paths of an expression, which must be literals so that they
// are checked before the rule runs.
func (r *Rule) collect(checked *ast.AST) error {
	var problem *Problem
	ast.PostOrderVisit(checked.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.CallKind || problem != nil {
			return
		}
		call := e.AsCall()
		for _, argument := range literals(call) {
			if fault := r.keep(call.FunctionName(), argument); fault != 0 {
				at := checked.SourceInfo().GetStartLocation(argument.ID())
				problem = &Problem{Fault: fault, Line: at.Line(), Column: at.Column() + 1}
			}
		}
	}))
	if problem != nil {
		return problem
	}
	return nil
}

// literals are the arguments of a call that must be written out.
func literals(call ast.CallExpr) []ast.Expr {
	args := call.Args()
	switch call.FunctionName() {
	case callMatches:
		return args
	case callRegex, callPath:
		return args[1:]
	case callNear:
		return args[1:3]
	}
	return nil
}

func (r *Rule) keep(function string, argument ast.Expr) Fault {
	fault := FaultPattern
	if function == callPath {
		fault = FaultPath
	}
	if argument.Kind() != ast.LiteralKind {
		return fault
	}
	text, ok := textOf(argument.AsLiteral())
	if !ok {
		return fault
	}
	if function == callPath {
		steps, ok := newPath(text)
		if !ok {
			return fault
		}
		r.paths[text] = steps
		return 0
	}
	p := newPattern(text)
	if p == nil || function == callNear && p.whole {
		return fault
	}
	r.patterns[text] = p
	return 0
}

// pattern is the one of a literal.
func (r *Rule) pattern(v ref.Val) *pattern {
	s, ok := v.(types.String)
	if !ok {
		return nil
	}
	return r.patterns[string(s)]
}
