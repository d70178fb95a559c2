package pgstore

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// statementsOfRequests are those that callers, workers and the reaper wait for.
func statementsOfRequests() map[string]string {
	return map[string]string{
		"lockAccounts": lockAccounts, "updateAccounts": updateAccounts, "insertEntries": insertEntries,
		"selectKeys": selectKeys, "insertRuns": insertRuns, "insertQueued": insertQueued, "insertInputs": insertInputs, "insertKeys": insertKeys,
		"selectHeld": selectHeld, "selectReady": selectReady, "selectOldest": selectOldest,
		"updateStarted": updateStarted, "deleteQueued": deleteQueued, "insertLeases": insertLeases, "updateLeases": updateLeases,
		"lockRuns": lockRuns, "updateRuns": updateRuns, "deleteLeases": deleteLeases, "insertEvents": insertEvents,
		"selectPosted": selectPosted, "insertPosted": insertPosted,
		"selectRuns": selectRuns, "selectRunStates": selectRunStates, "selectRunsByKey": selectRunsByKey,
		"selectList": selectList, "selectListOpen": selectListOpen, "selectListEnded": selectListEnded,
		"selectListPack": selectListPack, "selectListExternal": selectListExternal,
		"selectDueLeases": selectDueLeases, "selectDueQueue": selectDueQueue, "selectDueRetention": selectDueRetention, "selectDepth": selectDepth,
		"selectAccounts": selectAccounts, "selectEntries": selectEntries, "selectUsage": selectUsage, "selectUnfolded": selectUnfolded,
		"selectKeysByHash": selectKeysByHash, "selectTenantKeys": selectTenantKeys,
		"selectUnsealed": selectUnsealed, "selectToSeal": selectToSeal, "lockSealed": lockSealed, "updateSeal": updateSeal, "upsertUsage": upsertUsage,
		"updateTaken": updateTaken, "deleteEvents": deleteEvents, "updateRetried": updateRetried,
		"selectUploads": selectUploads, "selectUnusedCount": selectUnusedCount, "insertUploads": insertUploads,
		"lockUploads": lockUploads, "insertUses": insertUses, "updateUsed": updateUsed,
		"selectUnusedUploads": selectUnusedUploads, "deleteUploads": deleteUploads, "lockUsed": lockUsed, "deleteUses": deleteUses, "updateReleased": updateReleased,
		"lockEnded": lockEnded, "updatePurged": updatePurged, "deleteOtherInputs": deleteOtherInputs, "deleteKeys": deleteKeys, "lockForgotten": lockForgotten,
		"deleteForgotten": deleteForgotten, "deleteForgottenInputs": deleteForgottenInputs, "deleteForgottenEvents": deleteForgottenEvents,
	}
}

// statementsOfOperators are rare, or may look at everything.
func statementsOfOperators() map[string]string {
	return map[string]string{
		"begin": begin, "commit": commit, "rollback": rollback, "selectBounds": selectBounds, "selectNow": selectNow,
		"selectSchemaVersion": selectSchemaVersion, "selectEpoch": selectEpoch, "updateEpoch": updateEpoch, "selectServer": selectServer,
		"insertTenant": insertTenant, "insertAccount": insertAccount, "selectTenants": selectTenants,
		"selectTenantAccounts": selectTenantAccounts, "updateSuspended": updateSuspended,
		"insertKey": insertKey, "selectTenantExists": selectTenantExists, "selectAllKeys": selectAllKeys, "lockKeys": lockKeys, "updateRevoked": updateRevoked,
		"selectPart": selectPart, "selectParts": selectParts, "selectMade": selectMade, "lockParts": lockParts, "boundLocks": boundLocks,
		"selectNextSlice": selectNextSlice, "selectUnpurged": selectUnpurged, "selectRemembered": selectRemembered,
		"selectEachAccount": selectEachAccount, "selectEachEntry": selectEachEntry, "selectEachRun": selectEachRun,
		"selectSealed": selectSealed, "selectEachUsage": selectEachUsage, "selectEachUsed": selectEachUsed, "selectStrays": selectStrays,
		"selectTotals": selectTotals,
	}
}

func TestEveryStatementFitsTheSchema(t *testing.T) {
	t.Parallel()
	conn := connect(t, newDatabase(t))
	for _, statements := range []map[string]string{statementsOfRequests(), statementsOfOperators()} {
		for name, query := range statements {
			if _, err := conn.Prepare(t.Context(), "", query); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// fragments begin as statements do, and are parts of some.
var fragments = []string{"listFrom", "runEntries", "ownKey", "ownUnsealed", "inPlace", "fillsAndRoom"}

var statement = regexp.MustCompile(`(?s)^\s*(SELECT|INSERT|UPDATE|DELETE|WITH|BEGIN|COMMIT|ROLLBACK|SET)\b`)

func TestEveryStatementIsListed(t *testing.T) {
	listed := statementsOfRequests()
	for name, query := range statementsOfOperators() {
		if listed[name] != "" {
			t.Errorf("%s is in both lists", name)
		}
		listed[name] = query
	}
	written := constants(t)
	for name, text := range written {
		if isFragment := slices.Contains(fragments, name); statement.MatchString(text) && (listed[name] != "") == isFragment {
			t.Errorf("constant %s begins as a statement does; is in a list: %t, is a fragment: %t", name, listed[name] != "", isFragment)
		}
	}
	for name := range listed {
		if _, ok := written[name]; !ok {
			t.Errorf("%s is no constant", name)
		}
	}
	if len(written) < len(listed) {
		t.Errorf("only %d constants were found", len(written))
	}
}

// constants are the texts of the package's constants, as far as their first part
// says what they are.
func constants(t *testing.T) map[string]string {
	t.Helper()
	expressions := make(map[string]ast.Expr)
	files, err := fs.Glob(os.DirFS("."), "*.go")
	must(t, err)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		must(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			if declared, ok := n.(*ast.GenDecl); !ok || declared.Tok != token.CONST {
				return true
			}
			for _, spec := range n.(*ast.GenDecl).Specs {
				for i, value := range spec.(*ast.ValueSpec).Values {
					expressions[spec.(*ast.ValueSpec).Names[i].Name] = value
				}
			}
			return true
		})
	}
	texts := make(map[string]string, len(expressions))
	for name, value := range expressions {
		texts[name] = firstText(expressions, value)
	}
	return texts
}

func firstText(all map[string]ast.Expr, value ast.Expr) string {
	switch e := value.(type) {
	case *ast.BinaryExpr:
		return firstText(all, e.X)
	case *ast.Ident:
		return firstText(all, all[e.Name])
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		if err == nil && e.Kind == token.STRING {
			return text
		}
	}
	return ""
}
