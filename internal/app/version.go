package app

import (
	"runtime"
	"runtime/debug"

	"dpp/internal/ops"
)

// Version is which build this is, as the Go toolchain recorded it.
func Version() ops.Version {
	v := ops.Version{Version: "devel", Commit: "unknown", Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		v.Version = info.Main.Version
	}
	changed := false
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.modified":
			changed = s.Value == "true"
		}
	}
	if changed {
		v.Commit += "+changes"
	}
	return v
}
