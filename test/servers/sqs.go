package servers

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// SQS returns an SQS service that all tests of the process share: each makes queues
// of its own.
func SQS(t T) Cloud {
	t.Helper()
	s, err := sharedSQS()
	if err != nil {
		t.Fatal(err)
	}
	return sqsCloud(s)
}

var sharedSQS = sync.OnceValues(func() (*Server, error) {
	return launch(context.Background(), sqsKind())
})

// NewSQS starts an SQS service of the test's own. It forgets its queues in a
// restart.
func NewSQS(t T) (*Server, Cloud) {
	t.Helper()
	s := newServer(t, sqsKind())
	return s, sqsCloud(s)
}

func sqsCloud(s *Server) Cloud {
	return Cloud{Endpoint: "http://" + s.Address(), Region: region, AccessKey: "dpp-tests", SecretKey: "dpp-tests-secret"}
}

func sqsKind() kind {
	return kind{
		name: "fauxqs", killing: syscall.SIGKILL,
		command: func(_ string, port int) ([]string, error) {
			dir, err := fauxqsFolder()
			if err != nil {
				return nil, err
			}
			// One of its own is there where the system's is too old.
			node, err := program("node", filepath.Join(dir, "node_modules", "node-*", "bin"))
			return []string{node, filepath.Join(dir, "serve.mjs"), strconv.Itoa(port)}, err
		},
		ready: func(_ context.Context, s *Server) error {
			if !strings.Contains(s.process.output.String(), "ready\n") {
				return errors.New("it has not said that it is ready")
			}
			return nil
		},
	}
}

// fauxqsFolder is where scripts/deps puts a copy of tools/fauxqs together with the
// packages that it needs.
func fauxqsFolder() (string, error) {
	dir := filepath.Join(checkout, "bin", "tools", "fauxqs")
	for _, name := range []string{"package-lock.json", "serve.mjs"} {
		wanted, err := os.ReadFile(filepath.Join(checkout, "tools", "fauxqs", name))
		if err != nil {
			return "", err
		}
		if there, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(there, wanted) {
			return "", notInstalled("fauxqs, as the checkout wants it,")
		}
	}
	return dir, nil
}
