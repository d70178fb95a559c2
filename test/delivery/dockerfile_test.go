package delivery

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// instruction is one of a Dockerfile, such as FROM.
type instruction struct{ name, rest string }

var instructionLine = regexp.MustCompile(`^([A-Z]+) (\S.*)$`)

// stages are the instructions of a Dockerfile without continued lines, each stage
// beginning with its FROM.
func stages(t *testing.T, dockerfile string) [][]instruction {
	t.Helper()
	var all [][]instruction
	for i, line := range strings.Split(dockerfile, "\n") {
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		found := instructionLine.FindStringSubmatch(line)
		if found == nil || strings.HasSuffix(line, `\`) {
			t.Fatalf("line %d is no instruction: %s", i+1, line)
		}
		if found[1] == "FROM" {
			all = append(all, nil)
		}
		if len(all) == 0 {
			t.Fatalf("line %d stands before every FROM", i+1)
		}
		all[len(all)-1] = append(all[len(all)-1], instruction{found[1], found[2]})
	}
	return all
}

// values are what stands behind an instruction, as often as it is there.
func values(stage []instruction, name string) []string {
	var all []string
	for _, i := range stage {
		if i.name == name {
			all = append(all, i.rest)
		}
	}
	return all
}

const imageBinary = "/usr/local/bin/dpp"

func TestTheImageIsTheStaticBinaryAlone(t *testing.T) {
	all := stages(t, text(t, "Dockerfile"))
	if len(all) != 2 {
		t.Fatalf("%d stages, want one that builds and one that runs", len(all))
	}
	build, image := all[0], all[1]
	for name, want := range map[string][]string{
		"COPY": {"go.mod go.sum ./", "third_party third_party", ". ."},
		"RUN": {
			"apt-get update && apt-get install -y --no-install-recommends npm",
			"go mod download", "scripts/assets", "scripts/reproduce /out/dpp",
		},
		"ENTRYPOINT": nil,
	} {
		if got := values(build, name); !slices.Equal(got, want) {
			t.Errorf("the stage that builds has %s %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string][]string{
		"COPY":       {"--from=build /out/dpp " + imageBinary},
		"ENTRYPOINT": {`["` + imageBinary + `"]`},
		"RUN":        nil, // there is no shell
		"ADD":        nil,
		"ENV":        nil,
		"STOPSIGNAL": {"SIGTERM"},
	} {
		if got := values(image, name); !slices.Equal(got, want) {
			t.Errorf("the image has %s %q, want %q", name, got, want)
		}
	}
	if user := values(image, "USER"); len(user) != 1 || !regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`).MatchString(user[0]) {
		t.Errorf("USER %q: want numbers, none of which is root's", user)
	}
	if from := values(image, "FROM")[0]; !regexp.MustCompile(`^gcr\.io/distroless/static-debian\d+:nonroot@sha256:[0-9a-f]{64}$`).MatchString(from) {
		t.Errorf("the image is made from %s: want distroless/static by its digest", from)
	}
}

// What the image's build calls is what developers call.
func TestTheImageIsBuiltAsByMake(t *testing.T) {
	if !strings.Contains(text(t, "scripts/reproduce"), `make -s -C "$work/$1" build DPP=`) {
		t.Error("scripts/reproduce does not call make build")
	}
	recipe := regexp.MustCompile(`(?m)^build:.*\n\t(.+)\n\n`).FindStringSubmatch(text(t, "Makefile"))
	if recipe == nil || recipe[1] != "CGO_ENABLED=0 $(GO) build -trimpath -o $(DPP) ./cmd/dpp" {
		t.Errorf("make build runs %q", recipe)
	}
}

func TestTheImagesToolchainIsNewEnough(t *testing.T) {
	build := stages(t, text(t, "Dockerfile"))[0]
	from := regexp.MustCompile(`^golang:(1\.\d+)\.\d+-bookworm AS build$`).FindStringSubmatch(values(build, "FROM")[0])
	wanted := regexp.MustCompile(`(?m)^go (1\.\d+)\.\d+$`).FindStringSubmatch(text(t, "go.mod"))
	if from == nil || wanted == nil || from[1] != wanted[1] {
		t.Errorf("built by %q, go.mod wants %q", from, wanted)
	}
	if !slices.Contains(values(build, "ENV"), "GOTOOLCHAIN=local") {
		t.Error("another toolchain than the image's may be fetched")
	}
}

// Nothing that git tracks is kept from the build, which would stamp the binary as one
// of a changed source.
func TestTheBuildSeesWhateverGitTracks(t *testing.T) {
	ignored := patterns(text(t, ".gitignore"))
	for _, pattern := range patterns(text(t, ".dockerignore")) {
		if !slices.Contains(ignored, pattern) {
			t.Errorf(".dockerignore has %s, which git does not ignore", pattern)
		}
	}
	for _, needed := range []string{"go.mod", "go.sum", "Makefile", "scripts/reproduce", "scripts/assets", "tools/ocr/package-lock.json"} {
		if _, err := os.Stat(filepath.Join(root, needed)); err != nil {
			t.Error(err)
		}
	}
}

func patterns(file string) []string {
	var all []string
	for line := range strings.Lines(file) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, line)
		}
	}
	return all
}
