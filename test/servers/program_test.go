package servers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheNewestProgramIsTaken(t *testing.T) {
	dir := t.TempDir()
	for _, version := range []string{"9", "15", "14"} {
		folder := filepath.Join(dir, version, "bin")
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "tool"), nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	got, err := program("tool", filepath.Join(dir, "none"), filepath.Join(dir, "*", "bin"))
	if want := filepath.Join(dir, "15", "bin", "tool"); err != nil || got != want {
		t.Errorf("got %s (%v), want %s", got, err, want)
	}
	if got, err := program("sh", dir); err != nil || filepath.Base(got) != "sh" {
		t.Errorf("from the PATH: %s (%v)", got, err)
	}
}

func TestAMissingProgramNamesTheCommandThatInstallsIt(t *testing.T) {
	_, err := program("no-such-server")
	if err == nil {
		t.Fatal("it was found")
	}
	message := err.Error()
	command := message[strings.LastIndex(message, " ")+1:]
	if !strings.HasPrefix(message, "no-such-server is not installed") || strings.Contains(message, "\n") {
		t.Error(message)
	}
	if info, err := os.Stat(command); err != nil || info.Mode()&0o111 == 0 {
		t.Errorf("%s cannot be run (%v)", command, err)
	}
}
