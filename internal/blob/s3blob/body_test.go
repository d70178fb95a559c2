package s3blob

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// paced gives a byte when somebody reads, after a while, for as long as its request
// lasts.
type paced struct {
	request context.Context //nolint:containedctx // that of the request
	pace    time.Duration
	left    int
}

func (p *paced) Read(b []byte) (int, error) {
	if p.left == 0 {
		return 0, io.EOF
	}
	p.left--
	select {
	case <-time.After(p.pace):
		b[0] = 'x'
		return 1, nil
	case <-p.request.Done():
		return 0, p.request.Err()
	}
}

func (p *paced) Close() error { return nil }

// Only the server's silence counts: neither a long content nor a slow reader.
func TestPatience(t *testing.T) {
	for name, test := range map[string]struct {
		server, reader time.Duration
		want           error
	}{
		"a steady server":          {server: 9 * time.Second},
		"a reader that takes time": {server: time.Second, reader: time.Hour},
		"a silent server":          {server: 11 * time.Second, want: context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &Store{opts: Options{Timeout: 10 * time.Second}}
				w := s.watch(t.Context())
				time.Sleep(9 * time.Second) // until the answer
				body := w.over(&paced{request: w.context, pace: test.server, left: 5})
				var err error
				n := 0
				for err == nil {
					time.Sleep(test.reader)
					_, err = body.Read(make([]byte, 10))
					n++
				}
				if err := body.Close(); test.want == nil && err != nil {
					t.Error(err)
				}
				if test.want == nil && (!errors.Is(err, io.EOF) || n != 6) || test.want != nil && (!errors.Is(err, test.want) || n != 1) {
					t.Errorf("read %d times, then %v", n, err)
				}
				if w.context.Err() == nil {
					t.Error("the request goes on")
				}
			})
		})
	}
}
