package servers

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// S3 returns an S3 store that all tests of the process share: each makes buckets of
// its own. It checks signatures.
func S3(t T) Cloud {
	t.Helper()
	s, err := sharedS3()
	if err != nil {
		t.Fatal(err)
	}
	return s3Cloud(s)
}

var sharedS3 = sync.OnceValues(func() (*Server, error) {
	return launch(context.Background(), s3Kind(""))
})

// NewS3 starts an S3 store of the test's own. It keeps its objects over a restart.
func NewS3(t T) (*Server, Cloud) {
	t.Helper()
	s := newServer(t, s3Kind(""))
	return s, s3Cloud(s)
}

// memory is a folder that is kept there, on Linux.
const memory = "/dev/shm"

// NewS3InMemory is [NewS3] with the objects in memory where the system has a folder for
// that: what a service elsewhere does with its disks costs nothing here.
func NewS3InMemory(t T) (*Server, Cloud) {
	t.Helper()
	folder := ""
	if info, err := os.Stat(memory); err == nil && info.IsDir() {
		if folder, err = os.MkdirTemp(memory, "dpp-s3-"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := os.RemoveAll(folder); err != nil {
				t.Error(err)
			}
		})
	}
	s := newServer(t, s3Kind(folder))
	return s, s3Cloud(s)
}

func s3Cloud(s *Server) Cloud {
	return Cloud{Endpoint: "http://" + s.Address(), Region: region, AccessKey: "dpp-tests", SecretKey: "dpp-tests-secret"}
}

// s3Kind keeps objects in the folder, or in the server's own where that is empty.
func s3Kind(folder string) kind {
	// Nobody else answers at this path, so it tells that the server is this one.
	healthy := "/" + rand.Text()
	return kind{
		name: "versitygw", killing: syscall.SIGKILL,
		command: func(dir string, port int) ([]string, error) {
			path := filepath.Join(checkout, "bin", "tools", "versitygw")
			if _, err := os.Stat(path); err != nil {
				return nil, notInstalled("versitygw")
			}
			buckets := folder
			if buckets == "" {
				buckets = filepath.Join(dir, "buckets")
			}
			if err := os.MkdirAll(buckets, 0o700); err != nil {
				return nil, err
			}
			keys := s3Cloud(&Server{port: port})
			return []string{
				path, "--port", localAddress(port), "--region", keys.Region,
				"--access", keys.AccessKey, "--secret", keys.SecretKey,
				"--keep-alive", "--health", healthy, "--quiet", "posix", buckets,
			}, nil
		},
		ready: func(ctx context.Context, s *Server) error {
			return get(ctx, "http://"+s.Address()+healthy)
		},
	}
}

func get(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		err = fmt.Errorf("answer %s", response.Status)
	}
	_ = response.Body.Close()
	return err
}
