package arch

// Room is a kind of package: where its packages stand and what they may import
// of this project. A package may always import its own subfolders.
type Room struct {
	Name string
	// Dirs are folders relative to the module's root, with everything below them;
	// "*" stands for one part of a path. The longest match decides.
	Dirs []string
	// May names the rooms that production files may import; ownPort is the port
	// in whose folder the package stands.
	May []string
	// Tests names the rooms that test files may import besides; anything lifts
	// the limits.
	Tests []string
	// Never names packages from outside that production files may not import.
	Never []string
	// TestOnly rooms may import testing packages, and production files never
	// import them.
	TestOnly bool
	Why      string
}

const (
	ownPort  = "its own port"
	anything = "anything"
)

// Whoever does input or output, waits or logs is no part of a rule about money.
var outside = []string{"os", "os/exec", "net", "net/http", "database/sql", "log", "log/slog"}

// testing packages: production code must not depend on them, as they bring flags
// and helpers that end the process.
var testTools = []string{
	"testing", "testing/fstest", "testing/iotest", "testing/quick", "testing/synctest", "net/http/httptest",
	"pgregory.net/rapid", "go.uber.org/goleak", "github.com/rogpeppe/go-internal/testscript",
	"github.com/pb33f/libopenapi-validator",
}

// Rooms is the house, from the ground floor up.
func Rooms() []Room {
	floors01 := []string{"domain", "ledger", "budget", "batch"}
	lower := func(more ...string) []string { return append(more, floors01...) }
	return []Room{
		{
			Name: "domain", Dirs: []string{"."}, Never: outside,
			Why: "the domain is what everybody speaks, the public client included; it must be usable, and provable, with nothing else",
		},
		{
			Name: "ledger", Dirs: []string{"internal/ledger"}, May: []string{"domain"}, Never: outside,
			Why: "postings are pure arithmetic: every store has its money rules from here",
		},
		{
			Name: "budget", Dirs: []string{"internal/budget"}, May: []string{"domain", "ledger"}, Never: outside,
			Why: "decisions about spends are pure functions of the ledger's accounts, and the reference for every store and gate",
		},
		{
			Name: "batch", Dirs: []string{"internal/batch"}, May: []string{"domain"}, Never: outside,
			Why: "coalescing callers is independent of what they want",
		},
		{
			Name: "port",
			Dirs: []string{"internal/store", "internal/gate", "internal/blob", "internal/queue", "internal/pack"},
			May:  lower(), Tests: []string{anything}, Never: []string{"database/sql"},
			Why: "a port says what is needed, in the domain's words: it knows neither its adapters, nor a driver's types, nor another port",
		},
		{
			Name: "adapter",
			Dirs: []string{"internal/store/*", "internal/gate/*", "internal/blob/*", "internal/queue/*"},
			May:  lower(ownPort, "rules", "ops"), Tests: []string{"suite", "servers"},
			Why: "an adapter can be replaced alone: it knows its own port and nothing of other adapters, packs or use cases",
		},
		{
			Name: "rules", Dirs: []string{"internal/store/rules"}, May: lower(ownPort), Never: outside,
			Why: "what a store decides between reading and writing is the same on every engine, and pure",
		},
		{
			Name: "pack", Dirs: []string{"internal/pack/*"},
			May: lower(ownPort, "service"), Tests: []string{"suite"},
			Why: "a pack is one kind of work: it never touches money, stores or another pack, so a new one cannot break them",
		},
		{
			Name: "suite", Dirs: []string{"internal/*/*test"},
			May: lower(ownPort), TestOnly: true,
			Why: "a contract suite is written against the port, so that every adapter and every pack passes the same one",
		},
		{
			Name: "service",
			Dirs: []string{"internal/fetch", "internal/sandbox", "internal/document", "internal/inputs", "internal/number", "internal/chart", "internal/llm"},
			May:  lower("port", "service"), Tests: []string{anything},
			Why: "services work for packs and faces, and know neither",
		},
		{
			Name: "use case",
			Dirs: []string{"internal/runs", "internal/tenants", "internal/auth", "internal/audit"},
			May:  lower("port", "ops"), Tests: []string{anything},
			Why: "use cases are the same on every backend: they know ports, never an adapter",
		},
		{
			Name: "problem", Dirs: []string{"internal/problem"},
			May: lower("port", "use case"), Tests: []string{anything},
			Why: "what callers are told of an error stands in one table, which every face uses and which knows none of them",
		},
		{
			Name: "face",
			Dirs: []string{
				"internal/api", "internal/mcp", "internal/console",
				"internal/worker", "internal/reaper", "internal/webhook",
			},
			May: lower("port", "service", "use case", "problem", "telemetry"), Tests: []string{anything},
			Why: "faces and loops call use cases; which adapters stand behind them, and which other faces there are, is the composition root's affair",
		},
		{
			Name: "config", Dirs: []string{"internal/config"}, May: []string{"domain"}, Tests: []string{anything},
			Why: "configuration is read once, by the composition root, which hands each part what it needs",
		},
		{
			Name: "telemetry", Dirs: []string{"internal/telemetry"}, May: []string{"domain"}, Tests: []string{anything},
			Why: "measuring wraps the parts from outside, so it depends on none of them",
		},
		{
			Name: "tracing", Dirs: []string{"internal/tracing"}, May: lower("port", "use case", "problem", "face"), Tests: []string{anything},
			Why: "following runs wraps the parts from outside: none of them knows the tracing library, and each can do without it",
		},
		{
			Name: "ops", Dirs: []string{"internal/ops"}, May: []string{"domain"}, Tests: []string{anything},
			Why: "the words of reports to operators: those who find them out and those who print them share them, and nothing else",
		},
		{
			Name: "cli", Dirs: []string{"internal/cli"},
			May: lower("port", "use case", "config", "ops", "client"), Tests: []string{anything},
			Why: "the command line reads arguments and prints answers; the parts that do the work are handed to it",
		},
		{
			Name: "client", Dirs: []string{"client"}, May: []string{"domain"}, Tests: []string{anything},
			Why: "the public client speaks the API alone, as any other program would",
		},
		{
			Name: "app", Dirs: []string{"internal/app"},
			May: lower("port", "adapter", "pack", "service", "use case", "problem", "face", "config", "telemetry", "tracing", "ops", "client", "cli"), Tests: []string{anything},
			Why: "the composition root is the one place that knows every part",
		},
		{
			Name: "command", Dirs: []string{"cmd/*"}, May: []string{"domain", "app", "cli"}, Tests: []string{anything},
			Why: "a main function joins the command line and the composition root, both of which a test can start too",
		},
		{
			Name: "whole", Dirs: []string{"sim", "test/*"},
			May: lower(
				"port", "adapter", "pack", "suite", "service", "use case", "problem", "face",
				"config", "telemetry", "tracing", "ops", "client", "cli", "app", "whole", "servers",
			),
			Tests: []string{anything}, TestOnly: true,
			Why: "tests and measurements of the whole may use every part, and nobody depends on them",
		},
		{
			Name: "scale", Dirs: []string{"test/benchscale"},
			May:   lower("port", "adapter", "rules", "use case", "servers"),
			Tests: []string{anything}, TestOnly: true,
			Why: "a database that is filled for measuring has its books from the rules of the stores, so that it could be the product's own",
		},
		{
			Name: "servers", Dirs: []string{"test/servers"}, Tests: []string{anything}, TestOnly: true,
			Why: "tests of adapters and of the whole start the same real servers, which know nothing of this project",
		},
		{
			Name: "script", Dirs: []string{"scripts/*"}, Tests: []string{anything},
			Why: "a developer's script works on the sources, also where they do not compile",
		},
	}
}
