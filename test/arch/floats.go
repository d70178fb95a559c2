package arch

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"

	"golang.org/x/tools/go/packages"
)

// Float is a place in the source where something has a floating-point or complex type.
type Float struct {
	File string
	Line int
	What string
}

func (f Float) String() string { return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.What) }

// FindFloats lists the expressions and declarations of a package whose type is, or
// is made of, a float or a complex number: variables, constants, fields,
// parameters, conversions and calls, inferred types included. It gives one finding
// a line. The package must have been loaded with [packages.NeedSyntax],
// [packages.NeedTypes] and [packages.NeedTypesInfo].
func FindFloats(p *packages.Package) []Float {
	var found []Float
	seen := map[Float]bool{}
	for _, file := range p.Syntax {
		ast.Inspect(file, func(node ast.Node) bool {
			expr, ok := node.(ast.Expr)
			if !ok || !floating(p.TypesInfo, expr) {
				return true
			}
			at := p.Fset.Position(expr.Pos())
			line := Float{File: filepath.Base(at.Filename), Line: at.Line}
			if !seen[line] {
				seen[line] = true
				line.What = types.ExprString(expr)
				found = append(found, line)
			}
			return true
		})
	}
	return found
}

func floating(info *types.Info, expr ast.Expr) bool {
	if literal, ok := expr.(*ast.BasicLit); ok && (literal.Kind == token.FLOAT || literal.Kind == token.IMAG) {
		return true // also where it becomes an integer, as in: var micros int64 = 1e6
	}
	if ident, ok := expr.(*ast.Ident); ok {
		if object := info.ObjectOf(ident); object != nil && !isPackageName(object) {
			return hasFloat(object.Type(), 0)
		}
	}
	return hasFloat(info.TypeOf(expr), 0)
}

func isPackageName(object types.Object) bool {
	_, ok := object.(*types.PkgName)
	return ok
}

// No type of real code is nested as deeply; recursive types without a name do not exist.
const deepest = 50

// hasFloat looks through everything a type is made of, except into named types:
// what those are made of is told where they are declared, or is somebody else's.
func hasFloat(t types.Type, depth int) bool {
	if t == nil || depth > deepest {
		return false
	}
	has := func(t types.Type) bool { return hasFloat(t, depth+1) }
	switch t := t.(type) {
	case *types.Basic:
		return t.Info()&(types.IsFloat|types.IsComplex) != 0
	case *types.Named:
		return hasNamedFloat(t, has)
	case *types.Alias:
		return has(types.Unalias(t))
	case *types.Pointer:
		return has(t.Elem())
	case *types.Slice:
		return has(t.Elem())
	case *types.Array:
		return has(t.Elem())
	case *types.Chan:
		return has(t.Elem())
	case *types.Map:
		return has(t.Key()) || has(t.Elem())
	case *types.Struct:
		return anyOf(t.NumFields(), func(i int) bool { return has(t.Field(i).Type()) })
	case *types.Tuple:
		return anyOf(t.Len(), func(i int) bool { return has(t.At(i).Type()) })
	case *types.Signature:
		return has(t.Params()) || has(t.Results())
	case *types.Union:
		return anyOf(t.Len(), func(i int) bool { return has(t.Term(i).Type()) })
	default:
		return false
	}
}

// hasNamedFloat tells of a named type whether it is a number of that kind, or a
// generic type that was given one.
func hasNamedFloat(t *types.Named, has func(types.Type) bool) bool {
	if object := t.Obj(); object.Pkg() != nil && object.Pkg().Path() == "math/big" && object.Name() == "Float" {
		return true
	}
	if basic, ok := t.Underlying().(*types.Basic); ok && has(basic) {
		return true
	}
	return anyOf(t.TypeArgs().Len(), func(i int) bool { return has(t.TypeArgs().At(i)) })
}

func anyOf(count int, holds func(int) bool) bool {
	for i := range count {
		if holds(i) {
			return true
		}
	}
	return false
}
