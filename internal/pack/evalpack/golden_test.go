package evalpack

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"dpp"
	"dpp/internal/pack"
	"dpp/internal/pack/packtest"
)

var write = flag.Bool("write", false, "write the golden files anew")

// golden is what the files have: the data, and of the artifacts their sums.
type golden struct {
	Data        any               `json:"data"`
	Reliability dpp.Score         `json:"reliability"`
	Artifacts   map[string]string `json:"artifacts"`
}

// TestGoldenResults: the same inputs and seed give the same bytes on every machine, until
// something is changed on purpose (go test -write).
func TestGoldenResults(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*.json")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		inputs, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d, o := runOn(t, inputs)
		found := golden{Data: d, Reliability: o.Reliability, Artifacts: map[string]string{}}
		for _, a := range o.Artifacts {
			if a.MediaType != svg { // how charts look is held where they are drawn
				found.Artifacts[a.Name] = pack.SumHex(a.Content)
			}
		}
		got := packtest.JSON(t, found)
		if err := got.Indent(jsontext.WithIndent(" ")); err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(file, ".json") + ".golden"
		if *write {
			if err := os.WriteFile(name, append(got, '\n'), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(bytes.TrimSpace(want), got) {
			t.Errorf("%s: the result is not what it was:\n%s", file, got)
		}
	}
}
