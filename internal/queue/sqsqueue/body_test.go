package sqsqueue

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"dpp"
)

func someRuns(n int) []dpp.RunID {
	runs := make([]dpp.RunID, n)
	for i := range runs {
		runs[i] = dpp.NewRunID()
	}
	return runs
}

func TestBodiesAreReadAsWritten(t *testing.T) {
	for _, n := range []int{0, 1, runsWritten, runsRead} {
		runs := someRuns(n)
		text, err := writeBody(runs)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := readBody(text); err != nil || !slices.Equal(got, runs) {
			t.Errorf("%d runs came back as %d: %v", n, len(got), err)
		}
	}
}

// The form is what other versions of the program read.
func TestTheFormOfABody(t *testing.T) {
	const id = "run_06avw4ar1wy7bcx5m1qhdzt0g8"
	if text, err := writeBody([]dpp.RunID{id}); text != `{"v":1,"runs":["`+id+`"]}` || err != nil {
		t.Errorf("%s, %v", text, err)
	}
	if text, err := writeBody(nil); text != `{"v":1,"runs":[]}` || err != nil {
		t.Errorf("%s, %v", text, err)
	}
}

// A message holds no more than this, whatever is sent: the limit of SQS is 256 KiB.
func TestBodiesAreSmall(t *testing.T) {
	for _, n := range []int{1, 10, 11, 1024, 4096} {
		bodies, err := split(someRuns(n))
		if err != nil {
			t.Fatal(err)
		}
		told := 0
		for _, body := range bodies {
			runs, err := readBody(body)
			if err != nil || len(body) > 1024 {
				t.Errorf("a body of %d bytes: %v", len(body), err)
			}
			told += len(runs)
		}
		if told != n || n <= batch && len(bodies) != n {
			t.Errorf("%d runs became %d in %d messages", n, told, len(bodies))
		}
	}
}

func TestUnreadableBodies(t *testing.T) {
	id := string(dpp.NewRunID())
	many := `"` + id + `"` + strings.Repeat(`,"`+id+`"`, runsRead)
	for text, want := range map[string]error{
		``:                                 errForm,
		`hello`:                            errForm,
		`null`:                             errVersion,
		`[]`:                               errForm,
		`{}`:                               errVersion,
		`{"v":1}`:                          errForm,
		`{"v":1,"runs":null}`:              errForm,
		`{"v":1,"runs":{}}`:                errForm,
		`{"v":1,"runs":[1]}`:               errForm,
		`{"v":1,"runs":[null]}`:            errIDs,
		`{"v":1,"runs":[]} `:               nil,
		`{"v":1,"runs":[]}x`:               errForm,
		`{"v":1,"runs":[],"x":0}`:          errForm,
		`{"v":1,"v":1,"runs":[]}`:          errForm,
		`{"V":1,"Runs":[]}`:                errVersion,
		`{"v":"1","runs":[]}`:              errForm,
		`{"v":0,"runs":[]}`:                errVersion,
		`{"v":2,"runs":[],"x":0}`:          errVersion,
		`{"v":1e99,"runs":[]}`:             errForm,
		`{"v":1,"runs":["run_1"]}`:         errIDs,
		`{"v":1,"runs":["` + id + `",""]}`: errIDs,
		`{"v":1,"runs":["` + strings.ToUpper(id) + `"]}`:      errIDs,
		`{"v":1,"runs":[` + many + `]}`:                       errMany,
		`{"v":1,"runs":["\ud800"]}`:                           errForm,
		strings.Repeat("[", bodyLength):                       errForm,
		`{"v":1,"runs":[]}` + strings.Repeat(" ", bodyLength): errLong,
	} {
		if runs, err := readBody(text); !errors.Is(err, want) || err != nil && runs != nil {
			t.Errorf("%.80s: %v, %v, want %v", text, runs, err, want)
		}
	}
}

func FuzzReadBody(f *testing.F) {
	for _, seed := range []string{
		`{"v":1,"runs":[]}`, `{"v":1,"runs":["run_06avw4ar1wy7bcx5m1qhdzt0g8"]}`, `{"v":2}`, `{"v":1,"runs":null,"x":[[{}]]}`, "\xff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		runs, err := readBody(text)
		if err != nil {
			if runs != nil || len(err.Error()) > 100 {
				t.Errorf("%v beside %v", runs, err)
			}
			return
		}
		if len(runs) > runsRead || slices.ContainsFunc(runs, func(id dpp.RunID) bool { return !id.Valid() }) {
			t.Errorf("read %v", runs)
		}
		again, err := writeBody(runs)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := readBody(again); err != nil || !slices.Equal(back, runs) {
			t.Errorf("%s was read as %v: %v", again, back, err)
		}
	})
}
