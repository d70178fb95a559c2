package config

import (
	"cmp"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"
)

const (
	prefix = "DPP_"
	// FileFlag is the flag that names the file.
	FileFlag = "config"
	// FileVariable is the variable that names the file.
	FileVariable = "DPP_CONFIG"
	// DataVariable names the data folder.
	DataVariable = "DPP_DATA"
	// ClientURL names the server that client commands speak to.
	ClientURL = "DPP_URL"
	// ClientKey names the variable with their API key.
	ClientKey = "DPP_API_KEY"
)

// Load makes the Config of a process. flags holds those that were given, by name
// without dashes, the file's ([FileFlag]) included; env is as [os.Environ] gives it.
// An empty variable counts as not set. The error is an [*Error].
func Load(role Role, flags map[string]string, env []string) (Config, error) {
	variables, err := Environment(env)
	if err != nil {
		return Config{}, err
	}
	var file map[string]string
	path, where := cmp.Or(flags[FileFlag], variables[FileVariable]), FileVariable
	if _, ok := flags[FileFlag]; ok {
		where = "--" + FileFlag
	}
	if path != "" {
		if file, err = readFile(path, where); err != nil {
			return Config{}, err
		}
	}
	c, err := assemble(role, flags, variables, file)
	if err == nil && role != Tool {
		c.Tracing, err = tracing(role, env)
	}
	return c, err
}

// Environment returns the DPP_ variables that are set, or an [*Error] that names
// one that does not exist.
func Environment(env []string) (map[string]string, error) {
	known := []string{FileVariable, ClientURL, ClientKey}
	for _, s := range Settings() {
		known = append(known, s.Variable())
	}
	set := map[string]string{}
	for _, line := range slices.Sorted(slices.Values(env)) {
		name, value, _ := strings.Cut(line, "=")
		if !strings.HasPrefix(name, prefix) {
			continue
		}
		if !slices.Contains(known, name) {
			return nil, &Error{Where: sayable(name), Why: "there is no such variable"}
		}
		if value != "" {
			set[name] = value
		}
	}
	return set, nil
}

var name = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// sayable is a foreign name as it may stand in a message.
func sayable(s string) string {
	if name.MatchString(s) {
		return s
	}
	return "a name with odd characters"
}

// source is where values come from, and how one of them is called there.
type source struct {
	values map[string]string
	name   func(Setting) string
	label  string
}

// assemble applies every source to each setting, the strongest last, so that a
// wrong value stops the start even where a stronger one hides it.
func assemble(role Role, flags, variables, file map[string]string) (Config, error) {
	c := Config{Role: role}
	said := map[string]string{} // setting → where its value was said
	sources := []source{{file, Setting.Key, "file: "}, {variables, Setting.Variable, ""}, {flags, Setting.flag, "--"}}
	for _, s := range Settings() {
		said[s.Name] = s.Variable()
		if s.Default != "" {
			if err := s.set(&c, s.Default); err != nil {
				return Config{}, &Error{Where: s.Name, Why: err.Error()}
			}
		}
		for _, from := range sources {
			value, given := from.values[from.name(s)]
			if !given {
				continue
			}
			said[s.Name] = from.label + from.name(s)
			if err := s.set(&c, value); err != nil {
				return Config{}, &Error{Where: said[s.Name], Why: err.Error()}
			}
		}
	}
	c.fillIn()
	return c, check(&c, said)
}

// fillIn decides what depends on other settings.
func (c *Config) fillIn() {
	c.Shared = strings.HasPrefix(c.DatabaseURL, "postgres://") || strings.HasPrefix(c.DatabaseURL, "postgresql://")
	if c.Listen == "" {
		c.Listen = map[Role]string{API: "0.0.0.0:8000", Worker: "0.0.0.0:8001", Reaper: "0.0.0.0:8002"}[c.Role]
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:8000"
	}
	if c.Timing.ReaperInterval == 0 {
		c.Timing.ReaperInterval = time.Second
		if c.Shared {
			c.Timing.ReaperInterval = 30 * time.Second
		}
	}
	if c.SandboxChildren == 0 {
		c.SandboxChildren = min(max(runtime.NumCPU(), 2), 8)
	}
	if c.QueueURL == inDatabase {
		c.QueueURL = ""
	}
}

// inDatabase is how a queue is written that is none but the database.
const inDatabase = "db:"
