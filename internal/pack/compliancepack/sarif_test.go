package compliancepack

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"dpp/internal/pack/packtest"
)

// sarifSchemaText is the schema of SARIF 2.1.0, out of a module that the linters bring along.
func sarifSchemaText(t *testing.T) jsontext.Value {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", "-modfile="+filepath.Join("tools", "go.mod"), "github.com/securego/gosec/v2")
	cmd.Dir = filepath.Join("..", "..", "..")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v %s", err, out)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(module.Dir, "report", "sarif", "testdata", "sarif-schema-2.1.0.json"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestReportIsSARIF(t *testing.T) {
	schema := packtest.Compile(t, sarifSchemaText(t))
	for _, in := range []m{
		{"documents": []m{text("a", "fine")}, "policies": policies("pii")},
		{
			"documents": []m{text("an odd näme?#/%.json", `{"a":"jo@example.org"}`), text("b.html", "<p>4111 1111 1111 1111"), {"text": "key AKIA2OGYBAH6QLNVKQ5A"}, text("n", "privacy")},
			"policies":  policies("pii", "secrets", "gdpr-art13"),
			"rules":     []m{{"id": "r", "cel": "doc.x", "severity": "info", "message": "m"}, {"id": "s", "cel": "true", "severity": "medium", "message": "m"}},
		},
	} {
		r := must(t, in)
		report := jsontext.Value(r.files[artifactSARIF])
		if err := schema.Validate(t, report); err != nil {
			t.Errorf("%v\n%.500s", err, report)
		}
		var log sarifLog
		if err := json.Unmarshal(report, &log); err != nil {
			t.Fatal(err)
		}
		run := log.Runs[0]
		if len(run.Results) != len(r.data.Findings) || len(run.Artifacts) != len(r.data.Documents) {
			t.Errorf("%d results, %d findings", len(run.Results), len(r.data.Findings))
		}
		for i, result := range run.Results {
			f := r.data.Findings[i]
			if result.RuleID != f.RuleID || result.Properties.Precision != f.Precision || result.Properties.Confidence != f.Confidence || run.Tool.Driver.Rules[result.RuleIndex].ID != f.RuleID || result.Fingerprints["dpp/v1"] != f.Fingerprint ||
				result.Locations[0].Physical.Region.CharOffset != f.Location.Start || run.Artifacts[f.Index].Location.URI != result.Locations[0].Physical.Artifact.URI {
				t.Errorf("%+v is not %+v", result, f)
			}
		}
	}
	if schema.Validate(t, jsontext.Value(`{"version":"2.1.0","runs":[{"tool":{"driver":{}}}]}`)) == nil {
		t.Error("the schema takes anything")
	}
}
