package arch

import (
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// root is the folder of the module, seen from here.
const root = "../.."

// project lists the packages of this module with what they import.
func project(t *testing.T) (module string, list []Package) {
	t.Helper()
	loaded, err := Load(root, packages.NeedImports|packages.NeedForTest, true, "./...")
	if err != nil {
		t.Fatal(err)
	}
	byPath := map[string]*Package{}
	for _, p := range loaded {
		if strings.HasSuffix(p.ID, ".test") {
			continue // the generated main package of a test binary
		}
		module = p.Module.Path
		subject := p.PkgPath
		if p.ForTest != "" {
			subject = p.ForTest
		}
		at := byPath[subject]
		if at == nil {
			at = &Package{Dir: path.Join(".", strings.TrimPrefix(strings.TrimPrefix(subject, module), "/"))}
			byPath[subject] = at
		}
		imports := slices.Collect(maps.Keys(p.Imports))
		if p.ForTest == "" {
			at.Imports = append(at.Imports, imports...)
		} else {
			at.TestImports = append(at.TestImports, imports...)
		}
	}
	for _, at := range byPath {
		list = append(list, *at)
	}
	return module, list
}

func TestPackagesImportOnlyWhatTheirRoomMay(t *testing.T) {
	module, list := project(t)
	if len(list) < 10 {
		t.Fatalf("only %d packages were found", len(list))
	}
	if found := CheckImports(module, Rooms(), list); len(found) > 0 {
		slices.Sort(found)
		t.Errorf("imports that the rooms do not allow:\n%s", found)
	}
}

// The rules of Go forbid circles of packages; this forbids circles of rooms, which
// would make the word floor meaningless.
func TestRoomsStandOnFloors(t *testing.T) {
	rooms := map[string]Room{}
	for _, room := range Rooms() {
		if _, twice := rooms[room.Name]; twice {
			t.Errorf("two rooms are named %q", room.Name)
		}
		if room.Why == "" {
			t.Errorf("room %q gives no reason", room.Name)
		}
		rooms[room.Name] = room
	}
	var climb func(name string, above []string)
	climb = func(name string, above []string) {
		if slices.Contains(above, name) {
			t.Fatalf("a circle of rooms: %s", strings.Join(append(above, name), " → "))
		}
		room, ok := rooms[name]
		if !ok {
			t.Fatalf("%s may import %q, which is no room", above[len(above)-1], name)
		}
		for _, below := range room.May {
			if below == ownPort {
				below = "port"
			}
			if below != name { // packages of one room may know each other where the table says so
				climb(below, append(slices.Clone(above), name))
			}
		}
	}
	for name := range rooms {
		climb(name, nil)
	}
}

func TestImportRules(t *testing.T) {
	const module = "example.com/dpp"
	tests := []struct {
		name, dir, imported string
		inTests             bool
		want                string // a part of the finding; empty where the import is fine
	}{
		{name: "the domain knows nothing inside", dir: ".", imported: "/internal/ledger", want: ". must not import"},
		{name: "the domain does no input or output", dir: ".", imported: "os", want: ". must not import os"},
		{name: "the domain's tests neither know more", dir: ".", imported: "/internal/runs", inTests: true, want: "the tests of ."},
		{name: "pure code knows the domain", dir: "internal/ledger", imported: ""},
		{name: "and nothing above", dir: "internal/batch", imported: "/internal/store", want: "internal/batch must not"},
		{name: "a port knows the floors below", dir: "internal/store", imported: "/internal/ledger"},
		{name: "no other port", dir: "internal/store", imported: "/internal/blob", want: "internal/store must not"},
		{name: "no adapter", dir: "internal/store", imported: "/internal/store/sqlitestore", want: "internal/store must not"},
		{name: "no driver", dir: "internal/store", imported: "database/sql", want: "internal/store must not"},
		{name: "an adapter knows its port", dir: "internal/store/sqlitestore", imported: "/internal/store"},
		{name: "and its own folders", dir: "internal/store/sqlitestore", imported: "/internal/store/sqlitestore/migrations"},
		{name: "which know the port", dir: "internal/store/sqlitestore/migrations", imported: "/internal/store"},
		{name: "no other port", dir: "internal/store/sqlitestore", imported: "/internal/blob", want: "must not import example.com/dpp/internal/blob"},
		{name: "no other adapter", dir: "internal/store/sqlitestore", imported: "/internal/store/pgstore", want: "replaced alone"},
		{name: "no other adapter in tests", dir: "internal/store/sqlitestore", imported: "/internal/gate/memgate", inTests: true, want: "the tests of"},
		{name: "no use case", dir: "internal/blob/fileblob", imported: "/internal/runs", want: "must not"},
		{name: "its contract suite in tests", dir: "internal/store/sqlitestore", imported: "/internal/store/storetest", inTests: true},
		{name: "but not in production", dir: "internal/store/sqlitestore", imported: "/internal/store/storetest", want: "must not"},
		{name: "a suite may use testing", dir: "internal/store/storetest", imported: "testing"},
		{name: "production may not", dir: "internal/runs", imported: "testing", want: "test tools"},
		{name: "nor other test tools", dir: "internal/app", imported: "pgregory.net/rapid", want: "test tools"},
		{name: "tests may", dir: "internal/runs", imported: "testing", inTests: true},
		{name: "a pack knows its port", dir: "internal/pack/urlpack", imported: "/internal/pack"},
		{name: "and the services", dir: "internal/pack/urlpack", imported: "/internal/fetch"},
		{name: "what the tests of all packs share", dir: "internal/pack/evalpack/metric", imported: "/internal/pack/packtest", inTests: true},
		{name: "but not in production", dir: "internal/pack/urlpack", imported: "/internal/pack/packtest", want: "must not"},
		{name: "which knows no pack", dir: "internal/pack/packtest", imported: "/internal/pack/urlpack", want: "must not"},
		{name: "no other pack", dir: "internal/pack/urlpack", imported: "/internal/pack/ocrpack", want: "cannot break them"},
		{name: "no store", dir: "internal/pack/urlpack", imported: "/internal/store", want: "must not"},
		{name: "no use case", dir: "internal/pack/urlpack", imported: "/internal/runs", want: "must not"},
		{name: "use cases know ports", dir: "internal/runs", imported: "/internal/gate"},
		{name: "no adapter", dir: "internal/runs", imported: "/internal/gate/memgate", want: "never an adapter"},
		{name: "no face", dir: "internal/runs", imported: "/internal/api", want: "must not"},
		{name: "adapters in tests", dir: "internal/runs", imported: "/internal/gate/memgate", inTests: true},
		{name: "a face knows use cases", dir: "internal/api", imported: "/internal/runs"},
		{name: "no adapter", dir: "internal/worker", imported: "/internal/store/sqlitestore", want: "must not"},
		{name: "no pack", dir: "internal/mcp", imported: "/internal/pack/urlpack", want: "must not"},
		{name: "no other face", dir: "internal/mcp", imported: "/internal/api", want: "must not"},
		{name: "telemetry knows the domain alone", dir: "internal/telemetry", imported: "/internal/runs", want: "must not"},
		{name: "config too", dir: "internal/config", imported: "/internal/store", want: "must not"},
		{name: "the client as well", dir: "client", imported: "/internal/runs", want: "must not"},
		{name: "app knows every part", dir: "internal/app", imported: "/internal/store/sqlitestore"},
		{name: "but not main", dir: "internal/app", imported: "/cmd/dpp", want: "must not"},
		{name: "main hands over", dir: "cmd/dpp", imported: "/internal/app"},
		{name: "and does nothing itself", dir: "cmd/dpp", imported: "/internal/runs", want: "must not"},
		{name: "nobody depends on tests", dir: "internal/app", imported: "/test/bench", want: "must not"},
		{name: "a name that begins alike is not ours", dir: ".", imported: "example.com/dppfork"},
		{name: "a new folder needs a room", dir: "internal/misc", imported: "fmt", want: "belongs to no room"},
		{name: "and is no room to import", dir: "internal/runs", imported: "/internal/misc", want: "must not"},
	}
	for _, test := range tests {
		t.Run(test.dir+": "+test.name, func(t *testing.T) {
			imported := test.imported
			if imported == "" || imported[0] == '/' {
				imported = module + imported
			}
			p := Package{Dir: test.dir}
			if test.inTests {
				p.TestImports = []string{imported}
			} else {
				p.Imports = []string{imported}
			}
			got := CheckImports(module, Rooms(), []Package{p}).String()
			if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
				t.Errorf("importing %s: got %q, want %q", imported, got, test.want)
			}
		})
	}
}
