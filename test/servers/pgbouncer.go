package servers

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// PgBouncer starts a PgBouncer in transaction mode in front of a database that
// [Postgres] or [PostgresServer.URL] gave, and returns the URL by way of it.
func PgBouncer(t T, databaseURL string) string {
	t.Helper()
	database, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t, pgbouncerKind(database))
	through := *database
	through.Host = s.Address()
	return through.String()
}

const pgbouncerConfig = `
[databases]
* = host=%s port=%s

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = trust
auth_file = %s
admin_users = postgres
pool_mode = transaction
max_client_conn = 1000
`

func pgbouncerKind(database *url.URL) kind {
	return kind{
		name: "pgbouncer", user: postgresUser(), killing: syscall.SIGKILL,
		command: func(dir string, port int) ([]string, error) {
			path, err := program("pgbouncer", "/usr/sbin") // not on everybody's PATH
			if err != nil {
				return nil, err
			}
			users := filepath.Join(dir, "users.txt")
			if err := os.WriteFile(users, []byte("\"postgres\" \"\"\n"), 0o644); err != nil {
				return nil, err
			}
			config := fmt.Sprintf(pgbouncerConfig, database.Hostname(), database.Port(), port, users)
			file := pgbouncerFile(dir)
			return []string{path, file}, os.WriteFile(file, []byte(config), 0o644)
		},
		ready: func(ctx context.Context, s *Server) error {
			rows, err := postgresAsk(ctx, databaseURL(s, "pgbouncer"), "show config")
			if err != nil {
				return err
			}
			for _, row := range rows {
				if string(row[0]) == "conffile" && strings.HasSuffix(string(row[1]), pgbouncerFile(s.dir)) {
					return nil
				}
			}
			return errOther
		},
	}
}

func pgbouncerFile(dir string) string { return filepath.Join(dir, "pgbouncer.ini") }
