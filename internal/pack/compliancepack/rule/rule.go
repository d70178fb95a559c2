// Package rule compiles and evaluates rules over documents, written in CEL (the Common
// Expression Language): expressions that always end, whose types are checked before they run,
// with a bound on what they may cost.
//
// Built-in policies and callers write the same form.
package rule

import (
	"context"
	"errors"
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/types"
)

// Bounds of a rule.
const (
	// MaxLength is how many code points an expression has at most.
	MaxLength = 10_000
	// MaxCost is what an evaluation may cost, in CEL's units: about one for each step, and as
	// [costs] says for functions that read texts.
	MaxCost = 1_000_000
	// MaxLines is how many lines of a document the variable lines can have.
	MaxLines = 200_000
	maxDepth = 64
	maxNodes = 5_000
)

// Document is what a rule looks at.
type Document struct {
	// Text is the whole text.
	Text string
	// Doc is the content of JSON or YAML: maps with string keys, slices, strings, float64,
	// int64, bool and nil. Nil where the text is none of these.
	Doc any
	// Name and MediaType as the caller gave or the loader found them.
	Name, MediaType string
}

// What can become of an evaluation besides a verdict. The errors say nothing of the document.
var (
	// ErrCost: the expression costs more than [MaxCost].
	ErrCost = errors.New("rule: the expression costs more than the limit")
	// ErrNotBoolean: the expression gave something else than true or false.
	ErrNotBoolean = errors.New("rule: the expression is neither true nor false")
	// ErrEvaluation: the expression failed, as by a key that is not there.
	ErrEvaluation = errors.New("rule: the expression failed")
)

// Fault is why an expression was refused.
type Fault uint8

const (
	// FaultSyntax: it is no expression of CEL.
	FaultSyntax Fault = iota + 1
	// FaultType: a name is unknown, or the types of a function's arguments do not fit.
	FaultType
	// FaultResult: it can be neither true nor false.
	FaultResult
	// FaultPattern: a regular expression is none of RE2, is too large, or is not written out.
	FaultPattern
	// FaultPath: a path into a document is malformed, or is not written out.
	FaultPath
	// FaultSize: it is too long or nested too deep.
	FaultSize
)

// Problem says where an expression is wrong, without repeating it.
type Problem struct {
	Fault Fault
	// Line counts from 1, Column from 1 in code points; both are 0 where no place is known.
	Line, Column int
}

func (p *Problem) Error() string {
	if p.Line == 0 {
		return "rule: " + p.Fault.String()
	}
	return fmt.Sprintf("rule: line %d, column %d: %s", p.Line, p.Column, p.Fault)
}

// String says what is wrong in words for the caller.
func (f Fault) String() string {
	switch f {
	case FaultSyntax:
		return "the expression is not well-formed"
	case FaultType:
		return "a name is unknown here, or types do not fit; there are text, lines, doc, name and media_type"
	case FaultResult:
		return "the expression must be true or false"
	case FaultPattern:
		return "a pattern must be a literal of RE2 syntax of moderate size"
	case FaultPath:
		return "a path must be a literal such as \"$.servers[*].port\""
	case FaultSize:
		return "the expression is too long or too deep"
	}
	return "the expression is refused"
}

// Language compiles rules; it may be used by many at once.
type Language struct{ env *cel.Env }

// New prepares the language.
func New() (*Language, error) {
	env, err := cel.NewCustomEnv(environment()...)
	if err != nil {
		return nil, fmt.Errorf("rule: %w", err)
	}
	return &Language{env}, nil
}

// Rule is a compiled expression; it may be evaluated by many at once.
type Rule struct {
	program  cel.Program
	patterns map[string]*pattern
	paths    map[string]path
}

// Compile checks an expression. The error is a [*Problem].
func (l *Language) Compile(text string) (*Rule, error) {
	if len(text) > 4*MaxLength {
		return nil, &Problem{Fault: FaultSize}
	}
	parsed, issues := l.env.Parse(text)
	if issues.Err() != nil {
		return nil, problemOf(FaultSyntax, issues)
	}
	checked, issues := l.env.Check(parsed)
	if issues.Err() != nil {
		return nil, problemOf(FaultType, issues)
	}
	if kind := checked.OutputType(); !kind.IsExactType(types.BoolType) && !kind.IsExactType(types.DynType) {
		return nil, &Problem{Fault: FaultResult, Line: 1, Column: 1}
	}
	r := &Rule{patterns: map[string]*pattern{}, paths: map[string]path{}}
	if err := r.collect(checked.NativeRep()); err != nil {
		return nil, err
	}
	program, err := l.env.Program(checked,
		cel.EvalOptions(cel.OptTrackCost), cel.CostLimit(MaxCost), cel.CostTracking(costs{r}), cel.InterruptCheckFrequency(64))
	if err != nil {
		return nil, &Problem{Fault: FaultType}
	}
	r.program = program
	return r, nil
}

// problemOf takes the place of the first issue.
func problemOf(fault Fault, issues *cel.Issues) *Problem {
	p := &Problem{Fault: fault}
	if all := issues.Errors(); len(all) > 0 && all[0].Location != common.NoLocation && all[0].Location.Line() > 0 {
		p.Line, p.Column = all[0].Location.Line(), max(1, all[0].Location.Column()+1)
	} else if fault == FaultSyntax {
		p.Fault = FaultSize // only the bounds of the parser have no place
	}
	return p
}

// Eval tells whether a document violates the rule. Other errors than those of this package are
// the context's.
func (r *Rule) Eval(ctx context.Context, d Document) (violated bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	run := &evaluation{ctx: ctx, rule: r, document: d}
	variables, err := run.variables()
	if err != nil {
		return false, err
	}
	result, details, err := r.program.ContextEval(ctx, variables)
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err != nil:
		if cost := details.ActualCost(); cost != nil && *cost > MaxCost {
			return false, ErrCost
		}
		return false, ErrEvaluation
	}
	verdict, ok := result.(types.Bool)
	if !ok {
		return false, ErrNotBoolean
	}
	return bool(verdict), nil
}
