package main

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"dpp": main}) }

// TestScripts runs testdata/script. Beside the usual commands the scripts have
//
//	exits CODE PROGRAM ARGS…    runs a program that must end with that exit code
//	refused CODE PROGRAM ARGS…  repeats a program until it is refused for that reason, within 5 s
//	await FILE                  waits until a file has content
//	pick NAME POINTER           puts a member of the JSON document on stdout into a variable
//	read NAME FILE              puts a file's text into a variable
//	site NAME                   starts a web site whose address is in a variable, and that answers nobody
//	site-asked                  waits until somebody asks the site
//	site-answer                 lets the site answer
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			// Nothing of whoever runs the tests reaches the program.
			env.Vars = withoutSettings(env.Vars)
			env.Values[siteKey] = newSite(env)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits, "refused": refused, "await": await, "pick": pick, "read": read,
			"site": startSite, "site-asked": siteAsked, "site-answer": siteAnswer,
		},
	})
}

func withoutSettings(vars []string) []string {
	kept := vars[:0]
	for _, v := range vars {
		if !strings.HasPrefix(v, "DPP_") {
			kept = append(kept, v)
		}
	}
	return kept
}

func need(ts *testscript.TestScript, neg bool, args []string, least int, usage string) {
	if neg || len(args) < least {
		ts.Fatalf("usage: %s", usage)
	}
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "exits CODE PROGRAM ARGS…")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	err = ts.Exec(args[1], args[2:]...)
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended):
		code = ended.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if code != want {
		ts.Fatalf("exit %d, want %d", code, want)
	}
}

// effect bounds how long what an operator does may take to hold everywhere.
const effect = 5 * time.Second

func refused(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "refused CODE PROGRAM ARGS…")
	for began := time.Now(); ; {
		late := time.Since(began) > effect
		err := ts.Exec(args[1], args[2:]...)
		if err != nil && strings.Contains(ts.ReadFile("stderr"), args[0]) {
			return
		}
		if late {
			ts.Fatalf("not refused for %s within %v", args[0], effect)
		}
	}
}

// patience bounds how long a script waits for a server.
const patience = 30 * time.Second

func await(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "await FILE")
	path := ts.MkAbs(args[0])
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			return
		}
		select {
		case <-look.C:
		case <-late.C:
			ts.Fatalf("%s is not there after %v", args[0], patience)
		}
	}
}

func pick(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "pick NAME POINTER")
	value, ok := member(ts.ReadFile("stdout"), jsontext.Pointer(args[1]))
	if !ok {
		ts.Fatalf("stdout has no %s", args[1])
	}
	ts.Setenv(args[0], value)
}

// member returns a text or number of a JSON document.
func member(document string, at jsontext.Pointer) (string, bool) {
	d := jsontext.NewDecoder(strings.NewReader(document))
	for {
		token, err := d.ReadToken()
		if err != nil {
			return "", false
		}
		isName := d.StackDepth() > 0 && func() bool { kind, n := d.StackIndex(d.StackDepth()); return kind == '{' && n%2 == 1 }()
		if d.StackPointer() == at && !isName && token.Kind() != '}' && token.Kind() != ']' {
			return token.String(), true
		}
	}
}

func read(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "read NAME FILE")
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
}
