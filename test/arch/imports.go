package arch

import (
	"path"
	"slices"
	"strings"
)

// Package is what the import rules look at.
type Package struct {
	Dir         string // relative to the module's root, "." for the root itself
	Imports     []string
	TestImports []string // of _test.go files, those of the external test package included
}

// place is where a package stands: its room, and the folder that made it belong
// there, which is one unit with all its subfolders.
type place struct {
	room *Room
	unit string
}

// CheckImports tells which imports of packages go against the rooms' rules.
// Module is the module's path.
func CheckImports(module string, rooms []Room, packages []Package) Findings {
	var found Findings
	for _, p := range packages {
		from, ok := locate(rooms, p.Dir)
		if !ok {
			found.add("%s belongs to no room: add it to the table", p.Dir)
			continue
		}
		check := importCheck{module: module, rooms: rooms, dir: p.Dir, from: from, found: &found}
		check.production(p.Imports)
		check.tests(p.TestImports)
	}
	return found
}

type importCheck struct {
	module string
	rooms  []Room
	dir    string
	from   place
	found  *Findings
}

func (c importCheck) production(imports []string) {
	for _, imported := range imports {
		to, inside := c.target(imported)
		switch {
		case !inside && !c.from.room.TestOnly && slices.Contains(testTools, imported):
			c.found.add("%s imports %s: production code must not depend on test tools", c.dir, imported)
		case !inside && slices.Contains(c.from.room.Never, imported):
			c.forbid(imported, "")
		case inside && !c.allowed(to, c.from.room.May):
			c.forbid(imported, "")
		}
	}
}

func (c importCheck) tests(imports []string) {
	may := slices.Concat(c.from.room.May, c.from.room.Tests)
	for _, imported := range imports {
		if to, inside := c.target(imported); inside && !c.allowed(to, may) {
			c.forbid(imported, "the tests of ")
		}
	}
}

func (c importCheck) forbid(imported, whose string) {
	c.found.add("%s%s must not import %s: %s", whose, c.dir, imported, c.from.room.Why)
}

// target finds the place of an imported package; false where it is not of this
// module. A package of the module without a room has none, and is never allowed.
func (c importCheck) target(imported string) (place, bool) {
	rest, ok := strings.CutPrefix(imported, c.module)
	if !ok || rest != "" && rest[0] != '/' {
		return place{}, false
	}
	to, _ := locate(c.rooms, path.Join(".", strings.TrimPrefix(rest, "/")))
	return to, true
}

func (c importCheck) allowed(to place, may []string) bool {
	if to.room == nil {
		return false
	}
	return to.unit == c.from.unit ||
		slices.Contains(may, anything) ||
		slices.Contains(may, to.room.Name) ||
		slices.Contains(may, ownPort) && to.room.Name == "port" && to.unit == path.Dir(c.from.unit)
}

// locate finds the room of a folder by the longest pattern that matches its
// beginning. Of two as long the later one in the table decides.
func locate(rooms []Room, dir string) (place, bool) {
	var at place
	best := -1
	for i := range rooms {
		for _, pattern := range rooms[i].Dirs {
			unit, ok := beginning(dir, pattern)
			if parts := strings.Count(pattern, "/"); ok && parts >= best {
				at, best = place{&rooms[i], unit}, parts
			}
		}
	}
	return at, at.room != nil
}

// beginning returns as many parts of dir as the pattern has, if they match it.
func beginning(dir, pattern string) (string, bool) {
	parts := strings.Split(dir, "/")
	want := strings.Count(pattern, "/") + 1
	if len(parts) < want {
		return "", false
	}
	unit := path.Join(parts[:want]...)
	ok, err := path.Match(pattern, unit)
	return unit, ok && err == nil
}
