package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

// Postgres returns the URL of a new, empty database on a server that all tests of
// the process share. The database is dropped at the end of the test. That server
// does not wait for its disk; see [NewPostgres] for one that does.
func Postgres(t T) string {
	t.Helper()
	s, err := sharedPostgres()
	if err != nil {
		t.Fatal(err)
	}
	name, err := createDatabase(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The test's own context has been cancelled by now.
		if err := postgresDo(context.WithoutCancel(t.Context()), s, "drop database "+name+" with (force)"); err != nil {
			t.Error(err)
		}
	})
	return databaseURL(s, name)
}

var sharedPostgres = sync.OnceValues(func() (*Server, error) {
	return launch(context.Background(), postgresKind("fsync=off", "synchronous_commit=off", "full_page_writes=off"))
})

// PostgresServer is a PostgreSQL of the test's own.
type PostgresServer struct{ *Server }

// NewPostgres starts a PostgreSQL that is as durable as it is shipped, and that the
// test may stop and start. Its Kill is a stop in mode [Immediate]: to the data that
// is the same as SIGKILL, which would leave the server's child processes behind.
func NewPostgres(t T) *PostgresServer {
	t.Helper()
	return &PostgresServer{newServer(t, postgresKind())}
}

// URL returns the URL of a new, empty database.
func (p *PostgresServer) URL(t T) string {
	t.Helper()
	name, err := createDatabase(t.Context(), p.Server)
	if err != nil {
		t.Fatal(err)
	}
	return databaseURL(p.Server, name)
}

// How PostgreSQL is told to stop, named as pg_ctl does.
const (
	Fast      = "fast"      // open transactions are rolled back, and everything is written
	Immediate = "immediate" // at once: the next start recovers as after a crash
)

// Stop stops the server and waits until it is gone. The mode is [Fast] or
// [Immediate].
func (p *PostgresServer) Stop(mode string) {
	p.t.Helper()
	switch mode {
	case Fast:
		p.process.end(syscall.SIGINT)
	case Immediate:
		p.process.end(syscall.SIGQUIT)
	default:
		p.t.Fatalf("PostgreSQL cannot be stopped in mode %q", mode)
	}
}

var databases atomic.Int64

func createDatabase(ctx context.Context, s *Server) (string, error) {
	name := fmt.Sprintf("test%d", databases.Add(1))
	return name, postgresDo(ctx, s, "create database "+name)
}

func databaseURL(s *Server, name string) string {
	return fmt.Sprintf("postgres://postgres@%s/%s?sslmode=disable", s.Address(), name)
}

func postgresDo(ctx context.Context, s *Server, sql string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := postgresAsk(ctx, databaseURL(s, "postgres"), sql)
	return err
}

// postgresAsk runs one statement and returns its rows.
func postgresAsk(ctx context.Context, url, sql string) ([][][]byte, error) {
	conn, err := pgconn.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err = errors.Join(err, conn.Close(ctx)); err != nil || len(results) == 0 {
		return nil, err
	}
	return results[0].Rows, results[0].Err
}

func postgresKind(settings ...string) kind {
	return kind{
		name: "postgres", user: postgresUser(),
		killing: syscall.SIGQUIT, // its children would go on if it were killed outright
		command: func(dir string, port int) ([]string, error) {
			data := filepath.Join(dir, "data")
			if err := newCluster(data); err != nil {
				return nil, err
			}
			path, err := program("postgres", postgresFolders()...)
			args := []string{path, "-D", data, "-p", strconv.Itoa(port)}
			for _, setting := range append([]string{
				"listen_addresses=127.0.0.1",
				"unix_socket_directories=", // their paths may be short only
				"max_connections=300",
			}, settings...) {
				args = append(args, "-c", setting)
			}
			return args, err
		},
		ready: func(ctx context.Context, s *Server) error {
			rows, err := postgresAsk(ctx, databaseURL(s, "postgres"), "show data_directory")
			if err == nil && string(rows[0][0]) != filepath.Join(s.dir, "data") {
				return errOther
			}
			return err
		},
	}
}

// Debian's and Homebrew's folders hold one version each.
func postgresFolders() []string {
	return []string{
		"/usr/lib/postgresql/*/bin",
		"/opt/homebrew/opt/postgresql@*/bin",
		"/usr/local/opt/postgresql@*/bin",
	}
}

// PostgresProgram finds a program that belongs to PostgreSQL, such as pgbench, where
// the server itself is found.
func PostgresProgram(name string) (string, error) { return program(name, postgresFolders()...) }

// newCluster puts a copy of the process's template where there is no data yet.
func newCluster(data string) error {
	if _, err := os.Stat(data); err == nil {
		return nil
	}
	template, err := clusterTemplate()
	if err != nil {
		return err
	}
	return runAs(postgresUser(), filepath.Dir(data), "cp", "-Rp", template, data)
}

// clusterTemplate makes a folder of data, which takes the better part of a second.
var clusterTemplate = sync.OnceValues(func() (string, error) {
	initdb, err := program("initdb", postgresFolders()...)
	if err != nil {
		return "", err
	}
	guard, err := theGuard()
	if err != nil {
		return "", err
	}
	dir, err := guard.folder("template", postgresUser())
	if err != nil {
		return "", err
	}
	data := filepath.Join(dir, "data")
	return data, runAs(postgresUser(), dir, initdb, "-D", data, "-U", "postgres", "-A", "trust",
		"-E", "UTF8", "--no-locale", "--no-sync", "--no-instructions")
})

// postgresUser is whom PostgreSQL and PgBouncer run as: they refuse root. Debian's
// package makes the user. Nil: whoever runs the tests.
var postgresUser = sync.OnceValue(func() *syscall.Credential {
	if os.Geteuid() != 0 {
		return nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil // the program itself will say that it refuses root
	}
	uid, uidErr := strconv.ParseUint(account.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(account.Gid, 10, 32)
	if uidErr != nil || gidErr != nil {
		return nil
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
})

func runAs(user *syscall.Credential, dir, name string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = environment(dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: user}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("run %s: %w:\n%s", filepath.Base(name), err, out)
	}
	return nil
}
