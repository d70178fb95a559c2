package delivery

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"dpp/internal/config"
)

// unit is a systemd unit: section → key → values.
type unit map[string]map[string][]string

// Keys that the units use. A slip of the pen is a key that systemd would ignore.
var unitKeys = map[string][]string{
	"Unit": {"Description", "Wants", "After", "StartLimitIntervalSec"},
	"Service": {
		"Type", "User", "Group", "Environment", "EnvironmentFile", "ExecStart", "Restart", "RestartSec", "RestartPreventExitStatus",
		"TimeoutStartSec", "TimeoutStopSec", "KillMode", "LimitNOFILE", "StateDirectory", "StateDirectoryMode", "CacheDirectory", "CacheDirectoryMode",
		"NoNewPrivileges", "CapabilityBoundingSet", "AmbientCapabilities", "ProtectSystem", "ProtectHome", "ProtectProc", "ProtectClock",
		"ProtectHostname", "ProtectControlGroups", "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables", "PrivateDevices",
		"PrivateTmp", "PrivateUsers", "RestrictAddressFamilies", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID",
		"LockPersonality", "MemoryDenyWriteExecute", "RemoveIPC", "SystemCallArchitectures", "SystemCallFilter", "SystemCallErrorNumber", "UMask",
	},
	"Install": {"WantedBy"},
}

// Keys that may stand more than once, and add up.
var repeatable = []string{"Environment", "EnvironmentFile", "SystemCallFilter"}

var (
	sectionLine = regexp.MustCompile(`^\[([A-Z][a-z]+)\]$`)
	keyLine     = regexp.MustCompile(`^([A-Z][A-Za-z]+)=(.*)$`)
)

const unitFolder = "infra/systemd"

func unitOf(t *testing.T, name string) unit {
	t.Helper()
	u := unit{}
	section := ""
	for i, line := range strings.Split(text(t, unitFolder+"/"+name), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if found := sectionLine.FindStringSubmatch(line); found != nil {
			if section = found[1]; unitKeys[section] == nil || u[section] != nil {
				t.Fatalf("%s:%d: section %s is unknown, or there twice", name, i+1, section)
			}
			u[section] = map[string][]string{}
			continue
		}
		found := keyLine.FindStringSubmatch(line)
		if found == nil || section == "" || !slices.Contains(unitKeys[section], found[1]) {
			t.Fatalf("%s:%d: not known: %s", name, i+1, line)
		}
		if before := u[section][found[1]]; before != nil && !slices.Contains(repeatable, found[1]) {
			t.Fatalf("%s:%d: %s stands twice", name, i+1, found[1])
		}
		u[section][found[1]] = append(u[section][found[1]], strings.ReplaceAll(found[2], "%i", "8001"))
	}
	return u
}

func (u unit) service(key string) string { return strings.Join(u["Service"][key], "\n") }

// arguments are those of ExecStart, whose program is the binary.
func (u unit) arguments(t *testing.T) []string {
	t.Helper()
	words := strings.Fields(u.service("ExecStart"))
	if len(words) < 2 || words[0] != imageBinary {
		t.Fatalf("ExecStart is %q", words)
	}
	return words[1:]
}

// environment is what the unit sets, and what is in the file of settings that it must
// have. Files stand above variables.
func (u unit) environment(t *testing.T) map[string]string {
	t.Helper()
	env := map[string]string{}
	for _, line := range u["Service"]["Environment"] {
		name, value, ok := strings.Cut(line, "=")
		if !ok || strings.ContainsAny(value, " \"'") {
			t.Fatalf("Environment=%s: one variable a line, without quotes", line)
		}
		env[name] = value
	}
	if slices.Contains(u["Service"]["EnvironmentFile"], "/etc/dpp/dpp.env") {
		for i, line := range strings.Split(text(t, unitFolder+"/dpp.env"), "\n") {
			if line == "" || line[0] == '#' {
				continue
			}
			name, value, ok := strings.Cut(line, "=")
			if !ok || strings.ContainsAny(value, " \"'\\#") {
				t.Fatalf("dpp.env:%d would be read in more than one way", i+1)
			}
			env[name] = value
		}
	}
	return env
}

func unitNames(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, unitFolder, "*.service"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no units: %v", err)
	}
	for i := range paths {
		paths[i] = filepath.Base(paths[i])
	}
	return paths
}

func TestUnitsStartTheBinaryWithSettingsThatItKnows(t *testing.T) {
	want := []string{"dpp-api.service", "dpp-migrate.service", "dpp-reaper.service", "dpp-up.service", "dpp-worker@.service"}
	if got := unitNames(t); !slices.Equal(got, want) {
		t.Errorf("there are %q, want %q", got, want)
	}
	for _, name := range unitNames(t) {
		u := unitOf(t, name)
		args := u.arguments(t)
		role := config.Role(args[0])
		if args[0] == "migrate" {
			role = config.Tool
		}
		cfg, err := config.Load(role, nil, environ(u.environment(t)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		done(t, append(slices.Clone(args), "--help"), nil)
		if role == config.Tool {
			continue
		}
		if !strings.HasPrefix(cfg.Listen, "127.0.0.1:") {
			t.Errorf("%s listens on %s: others reach it through a proxy", name, cfg.Listen)
		}
		grace, err := time.ParseDuration(u.service("TimeoutStopSec") + "s")
		if err != nil || grace < cfg.DrainGrace+stopping {
			t.Errorf("%s has %s to stop (%v), and drains for %s", name, grace, err, cfg.DrainGrace)
		}
	}
}

// A unit that is wrong must not be started again and again.
func TestAWrongSettingEndsWithTheStatusThatUnitsKnow(t *testing.T) {
	for _, name := range unitNames(t) {
		u := unitOf(t, name)
		if u.service("Type") == "oneshot" {
			continue
		}
		if u.service("RestartPreventExitStatus") != "2" || u.service("Restart") != "always" {
			t.Errorf("%s restarts %s, but not after %s", name, u.service("Restart"), u.service("RestartPreventExitStatus"))
		}
		env := u.environment(t)
		env["DPP_LEASE_TTL"] = "soon"
		if out, err := command(t, u.arguments(t), env); err == nil || !strings.Contains(err.Error(), "exit status 2: dpp: DPP_LEASE_TTL") {
			t.Errorf("%s: %v %s", name, err, out)
		}
	}
}

func TestUnitsAreLockedUp(t *testing.T) {
	for _, name := range unitNames(t) {
		u := unitOf(t, name)
		// Where foreign files are read, children compile code and have namespaces of their own.
		compiles, namespaces := "yes", "yes"
		if name == "dpp-worker@.service" || name == "dpp-up.service" {
			compiles, namespaces = "no", "user net"
		}
		for key, want := range map[string]string{
			"User": "dpp", "NoNewPrivileges": "yes", "CapabilityBoundingSet": "", "ProtectSystem": "strict", "ProtectHome": "yes",
			"PrivateDevices": "yes", "PrivateTmp": "yes", "SystemCallFilter": "@system-service\n~@privileged", "SystemCallErrorNumber": "EPERM",
			"MemoryDenyWriteExecute": compiles, "RestrictNamespaces": namespaces, "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX", "UMask": "0077",
		} {
			if got, ok := u["Service"][key]; !ok || strings.Join(got, "\n") != want {
				t.Errorf("%s: %s is %q, want %q", name, key, got, want)
			}
		}
	}
	if !strings.Contains(text(t, unitFolder+"/dpp.conf"), "\nu dpp ") {
		t.Error("nothing makes the user dpp")
	}
}

// TestSystemdKnowsTheUnits asks systemd's own tool where there is one; what the tests
// above hold is held without it, too.
func TestSystemdKnowsTheUnits(t *testing.T) {
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("there is no systemd-analyze here")
		return
	}
	dir := t.TempDir()
	for _, name := range unitNames(t) {
		content := strings.ReplaceAll(text(t, unitFolder+"/"+name), imageBinary, binary(t))
		path := filepath.Join(dir, strings.Replace(name, "@.", "@8001.", 1))
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		said, err := exec.CommandContext(t.Context(), tool, "verify", "--man=no", "--recursive-errors=no", path).CombinedOutput()
		if err != nil || strings.Contains(string(said), name[:len("dpp-")]) {
			t.Errorf("systemd-analyze verify %s: %v\n%s", name, err, said)
		}
	}
}
